"""`statistics` on the command line."""

from __future__ import annotations

import json

import pytest

from common.console import run
from metrics.cli import statistics as command
from metrics.statistics import every_statistic
from tests.metrics.pictures import textured


@pytest.fixture
def call(tmp_path, capsys):
    for seed, name in enumerate(("image", "content", "style")):
        textured(seed, 192, 176).save(tmp_path / f"{name}.png")

    def answer(*arguments):
        words = [str(tmp_path / word[1:]) if word.startswith("@") else word for word in arguments]
        code = run("metrics", "", [command.add_commands], words)
        out, err = capsys.readouterr()
        return code, out, err

    return answer


PICTURES = ("--image", "@image.png", "--content", "@content.png", "--style", "@style.png")


def test_it_measures_everything_that_is_installed(call):
    code, out, err = call("statistics", *PICTURES, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    expected = {
        name for kind in every_statistic().values() if not kind.lacks() for name in kind.names
    }
    assert set(found) == expected
    assert all(isinstance(value, float) for value in found.values())


def test_it_measures_what_is_named(call):
    found = json.loads(call("statistics", *PICTURES, "--statistics", "ssim", "gram", "--json")[1])
    assert set(found) == {"ssim", "gram", *(f"gram-R{n}1" for n in range(1, 6))}


def test_without_a_style_it_compares_with_the_content_alone(call):
    found = json.loads(call("statistics", *PICTURES[:4], "--json")[1])
    assert "ssim" in found and "gram" not in found


def test_a_missing_number_is_null_with_a_reason(call, tmp_path):
    textured(1, 96, 96).save(tmp_path / "content.png")
    textured(0, 96, 96).save(tmp_path / "image.png")
    found = json.loads(call("statistics", *PICTURES, "--statistics", "ms-ssim", "--json")[1])
    assert found["ms-ssim"] is None
    assert "176 pixels" in found["reasons"]["ms-ssim"]


def test_it_lists_every_statistic(call):
    rows = json.loads(call("statistics", "--list", "--json")[1])
    assert [row["key"] for row in rows] == list(every_statistic())
    for row in rows:
        assert {"key", "name", "reference", "direction", "source", "installed"} <= set(row)
        assert row["installed"] is not bool(every_statistic()[row["key"]].lacks())
    assert "higher" in call("statistics", "--list")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("statistics",), "give --image"),
        (("statistics", "--image", "@image.png"), "give --content, --style or both"),
        (("statistics", *PICTURES, "--statistics", "sism"), "did you mean ssim"),
        (("statistics", *PICTURES[:4], "--statistics", "gram"), "give --style"),
        (("statistics", *PICTURES, "--statistics", "E", "--basis", "no"), "no"),
        (("statistics", "--image", "@no.png", *PICTURES[2:]), "picture not found"),
        (("statistics", *PICTURES, "--encoder", "vgg20"), "unknown encoder"),
    ],
)
def test_it_answers_bad_input_with_one_line_and_two(call, arguments, message):
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
