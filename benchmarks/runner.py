"""Find the benchmarks, run them, and write their results, one JSON object per line.

A benchmark is a module of this folder with a generator `benchmarks()`. It yields dictionaries with
`name`, `ratio`, `ours`, `reference` and `unit`; for times, `ratio` is our time ÷ the reference's
time in the same run (below 1: we are faster); a throughput says so in its name.
"""

from __future__ import annotations

import importlib
import json
import math
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Sequence
from typing import TextIO

import benchmarks

FIELDS = ("name", "ratio", "ours", "reference", "unit")
_HOUSEKEEPING = {"__main__", "runner", "timing"}
"""Modules without a benchmark; those whose name begins with _ belong to one."""


def available() -> list[str]:
    """The names of all benchmark modules."""
    names = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name for name in names if name not in _HOUSEKEEPING and name[0] != "_")


def run(names: Sequence[str], out: TextIO = sys.stdout) -> int:
    """Run the named benchmarks, or all if none is named, and return the exit code.

    Exit codes: 0 ok; 2 an unknown name; 1 a benchmark failed, and the others were still run.
    """
    known = available()
    if unknown := sorted(set(names) - set(known)):
        print(f"benchmarks: unknown {', '.join(unknown)}: use {', '.join(known)}", file=sys.stderr)
        return 2
    code = 0
    for name in names or known:
        try:
            module = importlib.import_module(f"benchmarks.{name}")
            _write(module.benchmarks(), out)
        except Exception:
            traceback.print_exc()
            code = 1
    return code


def _write(results: Iterable[dict[str, object]], out: TextIO) -> None:
    for result in results:
        if set(result) != set(FIELDS):
            raise ValueError(f"a benchmark must yield {', '.join(FIELDS)}, not {sorted(result)}")
        if not math.isfinite(float(str(result["ratio"]))):
            raise ValueError(f"{result['name']}: the ratio is {result['ratio']}")
        print(json.dumps({field: result[field] for field in FIELDS}), file=out, flush=True)
