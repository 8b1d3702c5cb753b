"""The project's own files, as the tests of the whole project read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("transfer", "studies", "metrics")
LIBRARY = ("config", "library")
"""The folder from which the package `ecspace` is installed."""
FOLDERS = (*APPS, "common", "config", "benchmarks", "tests", "templates", "static", "docs", ".ci")


def files(*suffixes: str, folders: tuple[str, ...] = FOLDERS) -> list[Path]:
    """Files of the project by suffix, sorted; migrations are written by Django and left out."""
    found = (
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in suffixes and "migrations" not in path.parts
    )
    return sorted(found)


def module_name(path: Path) -> str:
    """The dotted name of a module or package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[:2] == LIBRARY:
        parts = parts[2:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def lines(path: Path) -> int:
    """How many lines a file has."""
    return len(path.read_text().splitlines())


def imports(path: Path) -> Iterator[str]:
    """The full names of everything that a module imports, in functions as well."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    if package[:2] == LIBRARY:
        package = package[2:]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*start, *filter(None, [node.module])))
            # `from package import module` imports the module as well.
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def imported_packages(path: Path) -> set[str]:
    """The top-level packages that a module imports."""
    return {name.partition(".")[0] for name in imports(path)}
