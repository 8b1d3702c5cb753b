"""Errors of commands: one line and an exit code."""

from __future__ import annotations

import argparse
import errno
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from common.command import InputCommand
from common.console import run


@pytest.fixture(autouse=True)
def _traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "traces").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "traces"))


def console(answer: Callable[[argparse.Namespace], None], *words: str) -> int:
    def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        parser = subparsers.add_parser("work")
        parser.add_argument("--image", type=Path, action="append", default=[])
        parser.add_argument("--model", action="append", default=[])
        parser.add_argument("--out", type=Path)
        parser.set_defaults(answer=answer)

    return run("tool", "", [add], ["work", *words])


def broken(_: object) -> None:
    raise TypeError("no\nsuch thing")


def full(_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/data/x")


def test_an_internal_error_is_one_line_that_names_the_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert console(broken) == 1
    (line,) = capsys.readouterr().err.splitlines()
    found = re.fullmatch(
        r"tool: internal error, please report it: TypeError: no such thing "
        r"\(traceback in (.*)\)", line,
    )  # fmt: skip
    assert found and "in broken" in Path(found[1]).read_text()


def test_an_internal_error_is_one_line_if_no_traceback_can_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    assert console(broken) == 1
    assert "no file, because" in capsys.readouterr().err


def test_a_full_disk_is_not_an_internal_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert console(full) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tool: cannot write /data/x: the disk is full")


@pytest.mark.parametrize("option", ["--image", "--model"])
def test_an_output_that_is_an_input_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    (tmp_path / "a").write_text("precious")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert console(broken, option, str(tmp_path / "a"), "--out", str(tmp_path / "b")) == 2
    assert "is a file that is read: name another one" in capsys.readouterr().err
    assert (tmp_path / "a").read_text() == "precious"


@pytest.mark.parametrize("out", ["/proc/x", "/dev/null/x", "."])
def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str], out: str
) -> None:
    assert console(broken, "--out", out) == 2
    assert f"tool: cannot write {out}" in capsys.readouterr().err


class Broken(InputCommand):
    error: Exception = TypeError("no\nsuch thing")

    def handle(self, *args: object, **options: object) -> None:
        raise self.error


def from_the_shell(error: Exception, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    command = Broken()
    command.error = error
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", "broken"])
    (line,) = capsys.readouterr().err.splitlines()
    return int(str(ended.value.code)), line


def test_a_management_command_names_the_traceback_of_an_internal_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, line = from_the_shell(TypeError("no\nsuch thing"), capsys)
    assert code == 1
    assert "internal error, please report it: TypeError: no such thing (traceback in" in line


def test_call_command_raises_internal_errors_unchanged() -> None:
    with pytest.raises(TypeError, match="no"):
        Broken().execute(no_color=True, force_color=False, skip_checks=True)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left"), OperationalError("database or disk is full")]
)
@pytest.mark.django_db
def test_a_management_command_says_that_the_disk_is_full(
    capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    code, line = from_the_shell(error, capsys)
    assert code == 2
    assert "the disk is full" in line


@pytest.mark.django_db
def test_a_management_command_says_that_the_database_is_not_migrated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'studies'")
    code, line = from_the_shell(OperationalError("no such table: studies_study"), capsys)
    assert code == 2
    assert "the database is not migrated: run manage.py migrate" in line


def test_other_command_errors_are_unchanged() -> None:
    class Refusing(InputCommand):
        def handle(self, *args: object, **options: object) -> None:
            raise CommandError("stopped", returncode=130)

    with pytest.raises(CommandError, match="stopped") as caught:
        Refusing().execute(no_color=True, force_color=False, skip_checks=True)
    assert caught.value.returncode == 130
    assert list(Path(tempfile.gettempdir()).iterdir()) == []


def test_an_error_whose_causes_form_a_circle_ends(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__context__, second.__context__ = second, first

    def answer(options: argparse.Namespace) -> None:
        raise first

    assert console(answer) == 1
    assert "ValueError: first" in capsys.readouterr().err
