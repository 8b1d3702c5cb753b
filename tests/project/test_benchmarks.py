"""The runner of the benchmarks."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from benchmarks import runner
from tests.project.source import ROOT

GOOD = {"name": "a", "ratio": 0.5, "ours": 1.0, "reference": 2.0, "unit": "s"}
Results = Callable[[], Iterator[dict[str, object]]]


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stand in for the benchmark modules of the project."""

    def replace(**generators: Results) -> None:
        monkeypatch.setattr(runner, "available", lambda: sorted(generators))
        for name, generator in generators.items():
            module = ModuleType(f"benchmarks.{name}")
            module.benchmarks = generator  # type: ignore[attr-defined]
            monkeypatch.setitem(sys.modules, module.__name__, module)

    return replace


def one(**changes: object) -> Results:
    return lambda: iter([GOOD | changes])


def test_it_writes_one_json_object_per_line(modules: Callable[..., None]) -> None:
    modules(first=one(), second=lambda: iter([GOOD, GOOD | {"name": "b"}]))
    out = io.StringIO()
    assert runner.run([], out) == 0
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["name"] for line in lines] == ["a", "a", "b"]
    assert list(lines[0]) == list(runner.FIELDS)


def test_it_runs_only_what_is_named(modules: Callable[..., None]) -> None:
    modules(first=one(name="1"), second=one(name="2"))
    out = io.StringIO()
    assert runner.run(["second"], out) == 0
    assert json.loads(out.getvalue())["name"] == "2"


def test_it_refuses_an_unknown_name(
    modules: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    modules(first=one())
    assert runner.run(["frist"]) == 2
    assert "unknown frist: use first" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [{"ratio": float("nan")}, {"extra": 1}])
def test_it_runs_the_others_if_one_fails(
    modules: Callable[..., None], capsys: pytest.CaptureFixture[str], wrong: dict[str, object]
) -> None:
    modules(broken=one(**wrong), sound=one())
    out = io.StringIO()
    assert runner.run([], out) == 1
    assert json.loads(out.getvalue())["name"] == "a"
    assert "ValueError" in capsys.readouterr().err


def test_it_finds_a_generator_in_every_module_of_the_folder() -> None:
    # Read, not imported: a benchmark may import libraries that only it needs.
    for name in runner.available():
        assert "def benchmarks(" in (ROOT / "benchmarks" / f"{name}.py").read_text()
