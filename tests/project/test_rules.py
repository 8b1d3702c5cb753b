"""Rules for the whole project: length of files, content of templates, entries of folders.

What may import what is in `pyproject.toml` (import-linter) and in test_imports.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.commands import manage, python
from tests.project.source import APPS, ROOT, files, lines


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("app", ["transfer", "metrics"])
def test_it_runs_the_commands_without_django(app: str) -> None:
    code = (
        "import sys, runpy\n"
        "sys.modules['django'] = None\n"  # every import of it now fails
        f"sys.argv = ['{app}', '--help']\n"
        f"runpy.run_module('{app}', run_name='__main__')"
    )
    answer = python("-c", code)
    assert answer.returncode == 0, answer.stderr
    assert "usage" in answer.stdout


def test_it_has_no_file_over_400_lines() -> None:
    long = {
        name_of(path): count
        for path in files(".py", ".html", ".css", ".js")
        if (count := lines(path)) > 400
    }
    assert not long


def test_it_has_half_as_many_lines_of_tests_as_of_source() -> None:
    source = sum(
        lines(path) for path in files(".py", ".js", folders=(*APPS, "common", "config", "static"))
    )
    tests = sum(lines(path) for path in files(".py", folders=("tests",)))
    assert tests >= source / 2


def test_it_has_no_inline_script_or_style_in_a_template() -> None:
    # The content security policy would block each of these in the browser without a visible error.
    inline = re.compile(
        r"<style|\sstyle\s*=|\son[a-z]+\s*=|=\s*.javascript:|"
        r"<script(?![^>]*\ssrc=)(?![^>]*type=.application/json.)",
        re.IGNORECASE,
    )
    wrong = {
        name_of(path): found[0]
        for path in files(".html", folders=("templates", *APPS))
        if (found := inline.search(path.read_text()))
    }
    assert not wrong


def test_it_loads_nothing_from_other_sites() -> None:
    foreign = re.compile(
        r"(?:src|href|action)\s*=\s*.(?:https?:)?//|url\(\s*.?(?:https?:)?//|@import"
    )
    wrong = {
        name_of(path): found[0]
        for path in files(".html", ".css", folders=("templates", "static"))
        if (found := foreign.search(path.read_text()))
    }
    assert not wrong


def test_it_has_a_migration_for_every_model() -> None:
    answer = manage("makemigrations", "--check", "--dry-run")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(("app", "most"), [("studies", 12), ("transfer", 14), ("metrics", 14)])
def test_it_keeps_few_entries_at_the_top_of_an_app(app: str, most: int) -> None:
    usual = {"__init__.py", "apps.py", "urls.py", "models.py", "models"}
    named = {path.relative_to(ROOT / app).parts[0] for path in (ROOT / app).rglob("*.py")}
    entries = sorted(named - usual)
    assert len(entries) <= most, entries
