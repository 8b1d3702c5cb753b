"""Commands with methods that need no content, several styles, or a layer without a decoder."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from common.console import run
from tests.transfer.conftest import draw
from transfer.__main__ import COMMANDS


def call(*arguments: object) -> int:
    return run("transfer", "", COMMANDS, [str(one) for one in arguments])


@pytest.fixture
def pictures(tmp_path):
    return [draw(tmp_path / f"{seed}.png", seed=seed, size=(48, 40)) for seed in range(3)]


def refused(capsys, *arguments: object) -> str:
    assert call(*arguments) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    return said


def test_it_inverts_a_style_and_reports_the_end(pictures, tmp_path, capsys) -> None:
    out = tmp_path / "out.png"
    arguments = (
        "invert", "--loss", "moments", "--moments", 1, "--layer", "relu1_1", "--style", pictures[0],
        "--out", out, "--budget", 1e-4, "--size", 32, "--json",
    )  # fmt: skip
    assert call(*arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["parameters"]["moments"] == 1
    assert 0 < answer["steps"] <= 2 + 24
    assert answer["reached_threshold"] == (answer["loss"] < 1e-5)
    assert not out.with_suffix(".checkpoint").exists()
    first = out.read_bytes()
    assert Image.open(out).width == 32
    assert call(*arguments) == 0
    assert out.read_bytes() == first


def test_it_refuses_moments_of_other_losses(pictures, tmp_path, capsys) -> None:
    base = ("--layer", "relu1_1", "--style", pictures[0], "--out", tmp_path / "out.png")
    assert "belong to --loss moments" in refused(
        capsys, "invert", "--loss", "gram", "--central", *base
    )
    assert "from 1 to 4" in refused(capsys, "invert", "--loss", "moments", "--moments", 5, *base)
    assert "a number from 0 to 1" in refused(
        capsys, "invert", "--loss", "gram", "--budget", 2, *base
    )


def test_content_is_required_or_refused_by_the_method(pictures, tmp_path, capsys) -> None:
    out = tmp_path / "out.png"
    said = refused(
        capsys, "stylise", "--method", "inversion", "--content", pictures[0], "--style",
        pictures[1], "--out", out,
    )  # fmt: skip
    assert "leave --content out" in said
    said = refused(capsys, "stylise", "--method", "ift", "--style", pictures[1], "--out", out)
    assert "needs a content picture" in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("shares", "styles", "says"),
    [
        ("0.3,0.6", 2, "weights that add up to 1"),
        ("0.3,0.7", 1, "2 style shares were given for 1 style picture"),
        ("0.2,0.3,0.5", 2, "3 style shares were given for 2 style pictures"),
    ],
)
def test_shares_fit_the_styles(pictures, tmp_path, capsys, shares, styles, says) -> None:
    given = [word for style in pictures[1 : 1 + styles] for word in ("--style", style)]
    out = tmp_path / "out.png"
    said = refused(
        capsys, "stylise", "--method", "ift", "--content", pictures[0], *given, "--style-share",
        shares, "--out", out,
    )  # fmt: skip
    assert says in said


def test_a_style_is_required(pictures, tmp_path, capsys) -> None:
    said = refused(
        capsys, "stylise", "--method", "ift", "--content", pictures[0], "--out", tmp_path / "o.png"
    )
    assert "--style" in said


def test_a_layer_without_a_decoder_is_refused(pictures, tmp_path, capsys) -> None:
    said = refused(
        capsys, "stylise", "--method", "adain", "--content", pictures[0], "--style", pictures[1],
        "--set", "style_layers=relu4_2", "--out", tmp_path / "out.png",
    )  # fmt: skip
    assert "decoders begin at relu1_1" in said


def test_two_styles_give_another_picture_than_one(pictures, tmp_path, capsys) -> None:
    outs = []
    for shares in ("0.9,0.1", "0.1,0.9"):
        out = tmp_path / f"{shares}.png"
        assert call(
            "stylise", "--method", "ift", "--content", pictures[0], "--style", pictures[1],
            "--style", pictures[2], "--style-share", shares, "--size", 48, "--out", out, "--json",
        ) == 0  # fmt: skip
        answer = json.loads(capsys.readouterr().out)
        assert answer["parameters"]["style_share"] == [float(one) for one in shares.split(",")]
        outs.append(out.read_bytes())
    assert outs[0] != outs[1]


@pytest.mark.parametrize("method", ["adain", "avatar-net", "ift", "universal"])
def test_it_makes_a_picture_with_compact(method: str, pictures, tmp_path, capsys) -> None:
    out = tmp_path / "out.png"
    assert call(
        "stylise", "--method", method, "--content", pictures[0], "--style", pictures[1],
        "--size", 48, "--out", out, "--json",
    ) == 0  # fmt: skip
    answer = json.loads(capsys.readouterr().out)
    # The decoder of relu5_1 is too weak in compact.
    assert "relu5_1" not in answer["parameters"]["style_layers"]
    assert Image.open(out).width == 48
