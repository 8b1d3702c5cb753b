"""What import-linter does not express: cycles of files, and imports inside functions.

The direction of imports between and within the apps is in `pyproject.toml` (`make lint`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.project.commands import python
from tests.project.source import APPS, ROOT, files, imports, module_name

OURS = (*APPS, "common", "config")
SLOW = {
    "torch", "torchvision", "matplotlib", "plotly", "ray", "scipy", "skimage", "sklearn", "pandas",
    "pyarrow", "h5py", "PIL", "firthmodels", "statsmodels", "higra", "pydantic",
    "botocore",
}  # fmt: skip
"""Packages that are slow to import, or optional: a view, a command or a task imports them when it
needs them."""


def modules() -> dict[str, Path]:
    return {module_name(path): path for path in files(".py", folders=OURS)}


def graph() -> dict[str, set[str]]:
    """Module → modules of ours that it imports anywhere, type checking included."""
    known = modules()
    return {name: (set(imports(path)) & set(known)) - {name} for name, path in known.items()}


def test_it_has_no_cycle_of_files() -> None:
    found = graph()
    # A package whose `__init__` re-exports its modules is not a cycle of files.
    for name in found:
        found[name] = {other for other in found[name] if not name.startswith(f"{other}.")}
    try:
        TopologicalSorter(found).prepare()
    except CycleError as error:
        pytest.fail(f"a cycle of files: {' -> '.join(error.args[1])}")


def imports_in_functions(path: Path) -> Iterator[str]:
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield from (name.name for name in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    for name in node.names:
                        full = f"{node.module}.{name.name}"
                        yield full if full in modules() else node.module


def is_slow(name: str, known: dict[str, set[str]], seen: set[str] | None = None) -> bool:
    """Whether importing a module imports a slow package, directly or through modules of ours."""
    if name.partition(".")[0] in SLOW:
        return True
    seen = seen if seen is not None else set()
    seen.add(name)
    return any(is_slow(one, known, seen) for one in known.get(name, ()) if one not in seen)


def test_it_imports_inside_functions_only_what_is_slow_to_import() -> None:
    top = {name: set(at_the_top(path)) for name, path in modules().items()}
    wrong = {
        str(path.relative_to(ROOT)): sorted(found)
        for path in files(".py", folders=OURS)
        if path.name != "apps.py"  # Django loads models before `ready` is called
        and (found := {one for one in imports_in_functions(path) if not is_slow(one, top)})
    }
    assert not wrong


def at_the_top(path: Path) -> Iterator[str]:
    """What importing a module imports: its statements outside functions and type checking."""
    known = modules()

    def visit(nodes: list[ast.stmt]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (
                    full for name in node.names if (full := f"{node.module}.{name.name}") in known
                )
            elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from visit(node.body + node.orelse)
            elif isinstance(node, ast.Try | ast.With | ast.ClassDef):
                yield from visit(node.body)

    yield from visit(ast.parse(path.read_text()).body)


def test_it_starts_django_without_torch() -> None:
    code = (
        "import sys, django; django.setup()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "assert not {'torch', 'matplotlib', 'ray'} & set(sys.modules)"
    )
    answer = python("-c", code, DJANGO_SETTINGS_MODULE="config.settings")
    assert answer.returncode == 0, answer.stderr
