"""`features`, `learn` and `score-learnt` on the command line."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from common.console import run
from metrics.calibration.learnt.features import read_features
from metrics.cli import learnt as command
from tests.metrics.pictures import textured


@pytest.fixture
def folder(tmp_path):
    """Eight stimuli of two methods, whose left or darker one people prefer."""
    rows = []
    for seed in range(2):
        textured(seed, 64, 48).save(tmp_path / f"c{seed}.png")
        textured(seed + 10, 64, 64).save(tmp_path / f"t{seed}.png")
    for number in range(8):
        content, style, method = number % 2, number // 2 % 2, number // 4
        base = np.asarray(textured(content, 64, 48), dtype=float) * (0.5 + 0.06 * number)
        Image.fromarray(base.clip(0, 255).astype(np.uint8)).save(tmp_path / f"s{number}.png")
        files = [f"s{number}.png", f"c{content}.png", f"t{style}.png"]
        rows.append([f"s{number}", *files, f"m{method}"])
    names = ["stimulus", "image", "content", "style", "method"]
    pd.DataFrame(rows, columns=names).to_csv(tmp_path / "pictures.csv", index=False)
    rng = np.random.default_rng(0)
    pairs = [rng.permutation(8)[:2] for _ in range(120)]
    votes = pd.DataFrame(
        {
            "participant": [f"p{n % 12}" for n in range(120)],
            "stimulus_left": [f"s{left}" for left, _ in pairs],
            "stimulus_right": [f"s{right}" for _, right in pairs],
            "choice": ["left" if left < right else "right" for left, right in pairs],
        }
    )
    votes.to_csv(tmp_path / "votes.csv", index=False)
    return tmp_path


@pytest.fixture
def call(folder, capsys):
    def answer(*arguments):
        texts = [str(argument) for argument in arguments]
        words = [str(folder / text[1:]) if text.startswith("@") else text for text in texts]
        code = run("metrics", "", [command.add_commands], words)
        out, err = capsys.readouterr()
        return code, out, err

    return answer


def test_from_pictures_to_scores_without_the_site(call, folder):
    assert call("features", "@pictures.csv", "--out", "@f.safetensors")[0] == 0
    features = read_features(folder / "f.safetensors")
    assert features.stimuli == tuple(f"s{n}" for n in range(8))
    assert features.levels["method"] == ("m0",) * 4 + ("m1",) * 4
    assert features.instrument.startswith("moments-1 compact:")
    assert features.moments["stimulus"].shape == (8, 736)
    assert (features.moments["content"][0] == features.moments["content"][2]).all()
    # The first layer's moments of the stimulus, from the encoder itself.
    from common.pictures import read_picture, to_tensor
    from transfer.encoders import load_encoder

    layer = load_encoder()(to_tensor(read_picture(folder / "s3.png")), ["relu1_1"])["relu1_1"]
    values = layer[0].detach().double().flatten(1).numpy()
    expected = np.concatenate([values.mean(1), values.std(1)])
    assert features.moments["stimulus"][3][:32] == pytest.approx(expected, rel=1e-9, abs=1e-12)

    code, out, err = call("learn", "@votes.csv", "@f.safetensors", "--out", "@model", "--json")
    assert (code, err) == (0, "")
    value = json.loads(out)
    assert value["models"][0]["name"] == "learnt"
    assert value["models"][0]["accuracy"] > 0.9
    said = json.loads((folder / "model" / "learnt.json").read_text())
    assert said | value == said | {"weights": said["weights"]}
    code, out, _ = call("score-learnt", "--model", "@model", "@f.safetensors", "--json")
    assert code == 0
    scores = {row["stimulus"]: row["learnt"] for row in json.loads(out)}
    assert scores["s0"] > scores["s7"]
    call("score-learnt", "--model", "@model", "@f.safetensors", "--out", "@scores.csv")
    rows = list(csv.DictReader((folder / "scores.csv").open()))
    assert {row["stimulus"]: float(row["learnt"]) for row in rows} == scores


def test_a_person_is_told_and_warned(call):
    call("features", "@pictures.csv", "--out", "@f.safetensors")
    code, out, err = call("learn", "@votes.csv", "@f.safetensors", "--out", "@model")
    assert (code, out) == (0, "")
    assert "learnt from 120 votes of 12 participants" in err
    assert "There are 2 methods" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("features", "@none.csv", "--out", "@f"), "no file"),
        (("features", "@votes.csv", "--out", "@f"), "image"),
        (("features", "@pictures.csv", "--encoder", "compakt", "--out", "@f"), "compact"),
        (("features", "@lost.csv", "--out", "@f"), "no.png"),
        (("features", "@twice.csv", "--out", "@f"), "named twice"),
        (("learn", "@votes.csv", "@none"), "python -m metrics features"),
        (("score-learnt", "--model", "@none", "@none"), "no learnt referee"),
    ],
)
def test_it_answers_bad_input_with_one_line_and_two(call, folder, arguments, message):
    table = pd.read_csv(folder / "pictures.csv")
    table.assign(image="no.png").to_csv(folder / "lost.csv", index=False)
    table.assign(stimulus="s").to_csv(folder / "twice.csv", index=False)
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not (folder / "f").exists()
