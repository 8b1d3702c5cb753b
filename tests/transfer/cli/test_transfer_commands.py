from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common.console import run
from common.errors import WeightsError
from tests.common.test_pictures import bomb
from transfer.__main__ import COMMANDS
from transfer.cli import stylise as command
from transfer.encoders import ENCODERS, encoder_spec
from transfer.encoders.architecture import Encoder, random_weights
from transfer.methods import METHODS

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 64)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures, and a small random encoder in the place of every other."""
    generator = np.random.default_rng(0)
    for name in ("content.png", "style.png", "other.png"):
        pixels = generator.integers(0, 255, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)

    def load(name: str, *, weights: Path | None = None, device: str = "cpu") -> Encoder:
        if weights is not None:
            raise WeightsError(f"no weights for encoder '{name}' at {weights}: name a file")
        encoder_spec(name)  # raises for a name that is not known
        return Encoder(random_weights(WIDTHS), name=name, fingerprint="f1").to(device)

    monkeypatch.setattr(command, "load_encoder", load)
    return tmp_path


def arguments(folder: Path, **changes: str | None) -> list[str]:
    options = {
        "method": "gatys",
        "content": str(folder / "content.png"),
        "style": str(folder / "style.png"),
        "out": str(folder / "out.png"),
        "size": "48",
        "iterations": "2",
        "device": "cpu",
    } | changes
    pairs = [(f"--{name.replace('_', '-')}", value) for name, value in options.items()]
    return [
        "stylise",
        *(part for name, value in pairs if value is not None for part in (name, value)),
    ]


def answer(*words: str) -> int:
    return run("transfer", "", COMMANDS, list(words))


def test_it_makes_a_picture_and_reports_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(*arguments(folder, seed="7", style_weight="50"), "--json") == 0
    out, _ = capsys.readouterr()
    said = json.loads(out)
    assert len(out.splitlines()) == 1
    assert said["parameters"]["style_weight"] == 50
    assert said["parameters"]["iterations"] == 2
    assert (said["width"], said["height"], said["seed"]) == (48, 32, 7)
    assert (said["encoder"], said["fingerprint"]) == ("compact", "f1")
    assert set(said["losses"]) == {"content", "style", "total"}
    with Image.open(folder / "out.png") as image:
        assert image.size == (48, 32)


def test_it_keeps_standard_output_clean(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(*arguments(folder, iterations="30")) == 0
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[-1].startswith("wrote ")
    assert "30 of 30 steps" in lines[-2]
    assert len(lines) <= 12


def test_it_reaches_every_parameter(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [
        "--set", "style_layers=relu1_1,relu2_1", "content-layer=relu3_1",
        "--set", "init=content", "--set", "pairs=all",
    ]  # fmt: skip
    assert answer(*arguments(folder, method="cross-layer"), *settings, "--json") == 0
    parameters = json.loads(capsys.readouterr().out)["parameters"]
    assert parameters["style_layers"] == ["relu1_1", "relu2_1"]
    assert parameters["content_layer"] == "relu3_1"
    assert (parameters["init"], parameters["pairs"]) == ("content", "all")


def test_it_takes_a_preset(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(*arguments(folder), "--set", "preset=reference", "--json") == 0
    parameters = json.loads(capsys.readouterr().out)["parameters"]
    assert parameters["content_layer"] == "relu4_2"
    assert parameters["iterations"] == 2


def test_it_takes_several_styles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(*arguments(folder), "--style", str(folder / "other.png"), "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["styles"]) == 2


def bad_picture(folder: Path, kind: str) -> str:
    path = folder / f"{kind}.jpg"
    if kind == "text":
        path.write_text("no picture")
    elif kind == "truncated":
        noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "pixel":
        Image.new("RGB", (1, 1)).save(path)
    elif kind == "bomb":
        bomb(path, 20_000)
    return str(path)


@pytest.mark.parametrize("role", ["content", "style"])
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "not found"),
        ("text", "not a picture"),
        ("truncated", "truncated"),
        ("pixel", "too small"),
        ("bomb", "too large"),
    ],
)
def test_it_refuses_bad_pictures(
    folder: Path, capsys: pytest.CaptureFixture[str], role: str, kind: str, said: str
) -> None:
    assert answer(*arguments(folder, **{role: bad_picture(folder, kind)})) == 2
    assert said in one_line(capsys)
    assert not (folder / "out.png").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": "gatis"}, "use one of gatys, gatys-aggressive"),
        ({"encoder": "vgg"}, "use one of compact"),
        ({"weights": "/nowhere"}, "no weights for encoder 'compact' at /nowhere"),
        ({"size": "20"}, "from 32"),
        ({"size": "big"}, "whole pixels"),
        ({"iterations": "none"}, "iterations=none"),
        ({"style_weight": "-1"}, "style_weight=-1"),
        ({"precision": "half"}, "float32, tf32, bf16"),
        ({"device": "tpu"}, "auto"),
        ({"seed": "-3"}, "seed"),
        ({"out": "picture.jpg"}, "ends in .png"),
        ({"out": "/nowhere/picture.png"}, "does not exist"),
        ({"content": None}, "--content"),
        ({"set": "style_layers=relu9_1"}, "relu1_1, relu1_2"),
        ({"set": "content_layer=conv4_1"}, "relu4_1"),
        ({"set": "strength=3"}, "no parameter 'strength'"),
        ({"set": "init=zeros"}, "one of noise, content"),
        ({"set": "init"}, "NAME=VALUE"),
        ({"set": "preset=mine"}, "reference"),
        ({"set": "iterations=3"}, "twice"),
    ],
)
def test_it_refuses_bad_values(
    folder: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str | None], said: str
) -> None:
    assert answer(*arguments(folder, **changes)) == 2
    assert said in one_line(capsys)
    assert not (folder / "out.png").exists()


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return err


def test_it_refuses_a_picture_that_becomes_too_thin(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (900, 20)).save(folder / "thin.png")
    assert answer(*arguments(folder, content=str(folder / "thin.png"))) == 2
    assert "too small" in one_line(capsys)


def test_it_lists_the_methods(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("methods", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [method["key"] for method in listed] == list(METHODS)
    for method in listed:
        assert method["paper"]
        feedforward = ("universal", "adain", "avatar-net", "ift")
        assert method["needs_decoder"] == (method["key"] in feedforward)
        assert method["needs_content"] == (method["key"] != "inversion")
        for parameter in method["parameters"]:
            assert parameter["source"]
            assert parameter["help"]
    assert answer("methods") == 0
    assert "style_weight=1000" in capsys.readouterr().out


def test_it_lists_the_encoders(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("encoders", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [encoder["name"] for encoder in listed] == list(ENCODERS)
    assert answer("encoders") == 0
    assert "vgg19-caffe" in capsys.readouterr().out


def test_it_starts_without_torch() -> None:
    """Help and errors must not wait for torch, which takes seconds to import."""
    program = (
        "import sys; import transfer.__main__; import transfer.methods; "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_it_ends_with_2_from_the_shell() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "transfer", "stylise", "--method", "none", "--content", "a",
         "--style", "b", "--out", "c.png"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert "unknown method 'none'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
