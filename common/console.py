"""Run the commands of `python -m transfer` and `python -m metrics`: options, answers, exit codes.

Exit codes: 0 ok; 2 bad input, with one line on standard error; 1 an internal error, with one line
that names the file of the traceback.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from common.errors import InputError
from common.faults import disk_problem, fault
from common.outputs import check_out

Answer = Callable[[argparse.Namespace], None]
if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[Any]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse would print the usage as well: one line is easier to read.
        raise InputError(f"{message} (see: {self.prog} --help)")


def run(
    prog: str,
    description: str,
    commands: Sequence[Callable[[Subparsers], None]],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run one command and return the exit code.

    Each of `commands` adds its subparsers and sets `answer`, the function that does the work, by
    `parser.set_defaults(answer=…)`.
    """
    parser = _Parser(prog=prog, description=description)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for add in commands:
        add(subparsers)
    try:
        options = parser.parse_args(arguments)
        check_out(vars(options))
        answer: Answer = options.answer
        answer(options)
    except InputError as error:
        print(f"{prog}: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print(f"{prog}: stopped", file=sys.stderr)  # noqa: T201
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        sys.stderr.close()
        return 0
    except Exception as error:
        problem = disk_problem(error)
        print(f"{prog}: {problem or fault(error)}", file=sys.stderr)  # noqa: T201
        return 2 if problem else 1
    return 0


def write_json(value: Any) -> None:
    """Print `value` as JSON on standard output. NaN and infinity are refused: JSON has none."""
    print(json.dumps(value, allow_nan=False, ensure_ascii=False))  # noqa: T201


def say(line: str) -> None:
    """Print a message on standard error: standard output is for answers."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201
