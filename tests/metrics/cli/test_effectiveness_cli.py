"""`python -m metrics basis` and `effectiveness`: answers, and one line for every bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from common.console import run
from metrics.__main__ import COMMANDS
from metrics.cli.effectiveness import layer_names
from metrics.effectiveness.basis_file import read_basis, write_basis
from tests.metrics.pictures import small_encoder, textured
from transfer import encoders
from transfer.encoders.architecture import Encoder


def metrics(*arguments: object) -> int:
    return run("metrics", "", COMMANDS, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three contents, a style, a stimulus; encoders named shallow, other and compact."""

    def load(name: str, **_: object) -> Encoder:
        if name == "shallow":
            return small_encoder(deepest="relu3_1", name="compact")
        return small_encoder(seed=int(name == "other"), name=name)

    monkeypatch.setattr(encoders, "load_encoder", load)
    (tmp_path / "contents").mkdir()
    for seed in (1, 2, 3):
        textured(seed).save(tmp_path / "contents" / f"{seed}.png")
    (tmp_path / "contents" / "notes.txt").write_text("not a picture")
    textured(10).save(tmp_path / "style.png")
    textured(4).save(tmp_path / "image.png")
    return tmp_path


@pytest.fixture
def basis(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    out = folder / "basis.safetensors"
    assert metrics("basis", "--images", folder / "contents", "--size", 64, "--out", out) == 0
    capsys.readouterr()
    return out


def test_it_makes_a_basis(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "basis.safetensors"
    command = ["basis", "--images", folder / "contents", "--size", 64, "--out", out, "--json"]
    assert metrics(*command) == 0
    output = capsys.readouterr()
    answer = json.loads(output.out)
    basis = read_basis(out)
    assert answer["fingerprint"] == basis.fingerprint
    assert (answer["pictures"], answer["size"], answer["encoder"]) == (3, 64, "compact")
    assert answer["ranks"] == basis.ranks()
    assert "3 of 3 pictures" in output.err


def test_it_makes_the_same_basis_from_covariances(folder: Path, basis: Path) -> None:
    out = folder / "again.safetensors"
    command = ["basis", "--covariances", basis, "--size", 96, "--out", out]
    assert metrics(*command) == 0
    again = read_basis(out)
    assert again.size == 96 and again.encoder_fingerprint == "compact:0"
    assert again.ranks() == read_basis(basis).ranks()


def test_it_measures_several_pictures(
    folder: Path, basis: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["effectiveness", "--style", folder / "style.png", "--basis", basis]
    images = ["--image", folder / "image.png", "--image", folder / "style.png"]
    assert metrics(*command, *images, "--json") == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["image"] == str(folder / "image.png")
    assert second["clamped"] == ["E1", "E2", "E3", "E4", "E5"] and not first["clamped"]
    for name in ("E1", "E2", "E3", "E4", "E5"):
        assert first[name] < second[name] < 20.73
    assert metrics(*command, *images) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split("\t") == ["image", "E1", "E2", "E3", "E4", "E5"] and len(table) == 3


def test_layers_out_of_reach_are_null(
    folder: Path, basis: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["effectiveness", "--style", folder / "style.png", "--image", folder / "image.png"]
    command += ["--basis", basis, "--encoder", "shallow", "--json"]
    assert metrics(*command) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["E4"] is None and row["E5"] is None and row["E3"] is not None
    assert metrics(*command, "--layers", "R21") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert [name for name in ("E1", "E2", "E3", "E4", "E5") if row[name] is not None] == ["E2"]
    assert metrics(*command, "--layers", "relu2_1,relu4_1") == 2
    assert "reaches only relu3_1" in capsys.readouterr().err


def test_layers_have_three_names() -> None:
    assert layer_names("E1, R21,relu3_1") == ["relu1_1", "relu2_1", "relu3_1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--style", "missing.png"], "picture not found"),
        (["--image", "contents/notes.txt"], "not a picture"),
        (["--basis", "missing.safetensors"], "no basis at"),
        (["--basis", "style.png"], "not a safetensors file"),
        (["--encoder", "other"], "made with encoder 'compact'"),
        (["--layers", "relu9_1"], "base E has no layer 'relu9_1'"),
        (["--layers", ","], "no layer was named"),
        (["--style-size", "nine"], "'nine' is not a size"),
    ],
)
def test_bad_input_is_one_line(
    folder: Path,
    basis: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    change: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    command = ["effectiveness", "--style", "style.png", "--basis", basis, "--image", "image.png"]
    assert metrics(*command, *change) == 2
    output = capsys.readouterr()
    assert message in output.err and output.err.count("\n") == 1 and not output.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--images", "empty"], "no picture in empty"),
        (["--images", "missing"], "missing is not a folder"),
        (["--images", "bad"], "truncated or damaged"),
        (["--images", "contents", "--size", "0"], "'0' is not a size"),
        (["--images", "contents", "--out", "missing/basis.safetensors"], "folder does not exist"),
        (["--covariances", "style.png"], "not a safetensors file"),
        ([], "--images --covariances"),
    ],
)
def test_a_basis_from_bad_input_is_one_line(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    (folder / "bad").mkdir()
    whole = (folder / "style.png").read_bytes()
    (folder / "bad" / "half.png").write_bytes(whole[: len(whole) // 2])
    before = set(folder.rglob("*"))
    assert metrics("basis", "--out", "basis.safetensors", *arguments) == 2
    output = capsys.readouterr()
    assert message in output.err and output.err.count("\n") == 1 and not output.out
    assert set(folder.rglob("*")) == before


def test_a_named_encoder_is_found_with_its_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    textured(1).save(tmp_path / "style.png")
    write_basis(_basis(), tmp_path / "basis.safetensors")
    command = ["effectiveness", "--style", tmp_path / "style.png", "--image"]
    command += [tmp_path / "style.png", "--basis", tmp_path / "basis.safetensors"]
    assert metrics(*command, "--encoder", "vgg99") == 2
    assert "unknown encoder 'vgg99'" in capsys.readouterr().err
    assert metrics(*command, "--encoder", "vgg19-16x", "--weights", tmp_path / "none") == 2
    assert "no weights for encoder 'vgg19-16x'" in capsys.readouterr().err


def _basis():
    from metrics.effectiveness.basis import build

    return build([textured(1)], small_encoder(), size=64)
