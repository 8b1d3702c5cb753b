"""The rules of the house: what may import what, how long a file may be, what a page may hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.commands import manage, python
from tests.project.source import APPS, ROOT, files, imported_packages, imports, lines

FORBIDDEN = {
    "transfer": {"studies", "metrics", "config"},
    "studies": {"metrics", "config"},
    "metrics": {"config"},
}
"""App → what it must not import: arrows point transfer ← studies ← metrics."""

WITH_DJANGO = {
    "apps",
    "batches",
    "exchange",
    "forms",
    "management",
    "measurements",
    "media",
    "models",
    "monitoring",
    "planning",
    "presentation",
    "privacy",
    "report",
    "sessions",
    "simulation",
    "templatetags",
    "urls",
    "views",
    "questions",
}
"""Folders and modules that use Django. Every other module is pure."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("app", APPS)
def test_it_imports_in_one_direction_only(app: str) -> None:
    wrong = {
        name_of(path): sorted(found)
        for path in files(".py", folders=(app,))
        if (found := imported_packages(path) & FORBIDDEN[app])
    }
    assert not wrong


def test_it_keeps_the_making_of_stimuli_out_of_studies() -> None:
    machinery = tuple(
        f"transfer.{name}" for name in ("decoders", "encoders", "features", "methods", "optimise")
    )
    wrong = {
        name_of(path): name
        for path in files(".py", folders=("studies",))
        for name in imports(path)
        if name.startswith((*machinery, "transfer.methods.stylise", "torch"))
    }
    assert not wrong


def test_it_keeps_django_out_of_the_pure_modules() -> None:
    wrong = [
        name_of(path)
        for path in files(".py", folders=APPS)
        if not WITH_DJANGO & set(path.relative_to(ROOT).with_suffix("").parts)
        and any(name.startswith("django") for name in imported_packages(path))
    ]
    assert not wrong


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
    source = sum(lines(path) for path in files(".py", ".js", folders=(*APPS, "config", "static")))
    tests = sum(lines(path) for path in files(".py", folders=("tests",)))
    assert tests >= source / 2


def test_it_has_no_inline_script_or_style_in_a_template() -> None:
    # The content security policy would refuse each of these in the browser, silently for readers.
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
