"""The documents agree with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.source import APPS, ROOT, files

README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_it_documents_every_environment_variable_and_no_other() -> None:
    reading = re.compile(r"""(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)\"""")
    code = "\n".join(path.read_text() for path in files(".py", folders=(*APPS, "config")))
    read = set(reading.findall(code)) - {"OMP_NUM_THREADS"}  # not ours: every library reads it
    documented = set(re.findall(r"^\| `([A-Z_]+)`", README, re.MULTILINE))
    assert documented == read


def test_the_readme_names_every_command() -> None:
    table = README.partition("## Commands")[2].partition("## Further")[0]
    named = set(re.findall(r"[a-z]\w+", table))
    managed = {
        path.stem
        for app in APPS
        for path in (ROOT / app / "management" / "commands").glob("[a-z]*.py")
    }
    of_files = {
        name
        for app in ("metrics", "transfer")
        for path in (ROOT / app / "cli").glob("*.py")
        for name in re.findall(r"""add_parser\(\s*"(\w+)\"""", path.read_text())
    }
    assert len(managed) > 15 and len(of_files) > 10
    assert not (managed | of_files) - named


def test_the_readme_names_every_document() -> None:
    linked = set(re.findall(r"\]\((docs/\w[\w-]*\.md)\)", README))
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= linked


def test_every_dependency_has_a_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    given = {
        name.strip()
        for cell in re.findall(r"^\| ([a-z][^|]*) \|", reasons, re.MULTILINE | re.IGNORECASE)
        for name in cell.split(",")
    } - {"package"}
    required = {
        name
        for file in ROOT.glob("requirements*.txt")
        for name in re.findall(r"^([A-Za-z][\w-]*)", file.read_text(), re.MULTILINE)
    }
    assert given == required


def test_it_names_every_target_of_make_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    helped = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)) - {"help"}
    assert helped == set(phony[1].split())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_it_points_only_to_files_that_exist(document: Path) -> None:
    text = document.read_text()
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing


def test_it_names_only_files_of_the_project_in_the_recipes() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    paths = re.findall(r"`((?:transfer|studies|metrics|config|tests|docs|static)/[^`<]*)`", text)
    assert len(paths) > 15
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_it_names_only_tests_that_exist_for_what_stops_attackers() -> None:
    rows = re.findall(r"^\| [a-z].*\|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    threats = [row for row in rows if row.count("|") == 5 and not row.startswith("| who")]
    assert len(threats) > 15
    for row in threats:
        shown = row.split("|")[-2]
        paths = re.findall(r"`(tests/[^`]+)`", shown)
        assert paths or "make chaos" in shown, row
        assert not [path for path in paths if not (ROOT / path).exists()], row
