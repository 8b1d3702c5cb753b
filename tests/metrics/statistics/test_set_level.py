"""ArtFID's form: the formula, few pictures, the commands and the table of methods."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import sqrtm

from common.console import run
from common.errors import InputError
from metrics.calibration.learnt.features import Features
from metrics.cli import set_level as command
from metrics.statistics.set_level import frechet_of_sets, set_level

LAYERS = {"relu1_1": 3, "relu2_1": 5}


def features(seed: int = 0, each: int = 20, shift: float = 1.0) -> Features:
    """Stimuli of two methods; those of `far` have other means."""
    rng = np.random.default_rng(seed)
    count, length = 2 * each, 2 * sum(LAYERS.values())
    methods = ("near",) * each + ("far",) * each
    moments = {
        part: rng.standard_normal((count, length)) for part in ("stimulus", "content", "style")
    }
    moments["stimulus"][each:] += shift
    names = tuple(f"s{n}" for n in range(count))
    return Features(names, moments, "fake:1", {"method": methods}, LAYERS)


def independent(one: np.ndarray, other: np.ndarray) -> float:
    """The Fréchet distance by the matrix square root of SciPy."""
    spread, other_spread = (
        (rows - rows.mean(0)).T @ (rows - rows.mean(0)) / (len(rows) - 1) for rows in (one, other)
    )
    root = sqrtm(spread @ other_spread)
    gap = one.mean(0) - other.mean(0)
    return float(gap @ gap + np.trace(spread + other_spread - 2 * np.real(root)))


@pytest.mark.parametrize("seed", range(6))
def test_it_equals_an_independent_computation(seed):
    rng = np.random.default_rng(seed)
    one = rng.standard_normal((40, 6)) @ rng.standard_normal((6, 6))
    other = rng.standard_normal((30, 6)) + rng.standard_normal(6)
    assert frechet_of_sets(one, other) == pytest.approx(independent(one, other), rel=1e-9)


def test_equal_sets_have_no_distance_and_it_is_symmetric():
    rng = np.random.default_rng(1)
    one, other = rng.standard_normal((2, 30, 4))
    assert frechet_of_sets(one, one) == pytest.approx(0, abs=1e-9)
    assert frechet_of_sets(one, other) == pytest.approx(frechet_of_sets(other, one), rel=1e-9)
    assert frechet_of_sets(one, other + 1) > frechet_of_sets(one, other)


def test_the_form_of_each_method_best_first():
    made = features()
    far = {name: 0.1 + 0.01 * n for n, name in enumerate(made.stimuli)}
    found = set_level(made, made.levels["method"], far, "relu2_1")
    assert [one.method for one in found] == ["near", "far"]
    rows, columns = slice(0, 20), slice(6, 11)  # means of the second layer
    distance = np.mean([far[name] for name in made.stimuli[:20]])
    frechet = independent(
        made.moments["stimulus"][rows, columns], made.moments["style"][rows, columns]
    )
    assert found[0].artfid == pytest.approx((1 + distance) * (1 + frechet), rel=1e-9)
    assert found[0].reason == ""


def test_few_pictures_and_missing_distances_have_a_reason_and_no_number():
    made = features(each=5)
    far = dict.fromkeys(made.stimuli, 0.1)
    (near, _) = set_level(made, made.levels["method"], far, "relu2_1")
    assert near.artfid is near.style_frechet is None
    assert near.content_distance == pytest.approx(0.1)
    assert "5 different stimuli" in near.reason
    assert "6 are needed" in near.reason
    # Many stimuli of few styles.
    made = features()
    styles = made.moments["style"][np.arange(40) % 4]
    made = replace(made, moments={**made.moments, "style": styles})
    far = dict.fromkeys(made.stimuli, 0.1)
    assert (
        "4 different style pictures"
        in set_level(made, made.levels["method"], far, "relu2_1")[0].reason
    )
    del far["s0"]
    found = {
        one.method: one for one in set_level(features(), made.levels["method"], far, "relu1_1")
    }
    assert "1 of 20 stimuli have no distance" in found["near"].reason
    assert found["far"].artfid is not None


def test_unusable_input_is_refused():
    made = features()
    far = dict.fromkeys(made.stimuli, 0.1)
    with pytest.raises(InputError, match="unknown layer 'relu9'"):
        set_level(made, made.levels["method"], far, "relu9")
    with pytest.raises(InputError, match="negative"):
        set_level(made, made.levels["method"], far | {"s1": -1.0}, "relu1_1")
    with pytest.raises(InputError, match="do not name their layers"):
        set_level(replace(made, layers={}), made.levels["method"], far, "relu1_1")


def test_the_command_reads_features_and_statistics(tmp_path, capsys):
    made = features()
    made.write(tmp_path / "f.safetensors")
    table = pd.DataFrame({"stimulus": made.stimuli, "feature-distance": 0.2})
    table.to_csv(tmp_path / "s.csv", index=False)

    def call(*words: str) -> tuple[int, str, str]:
        base = [
            "set-level",
            str(tmp_path / "f.safetensors"),
            "--statistics",
            str(tmp_path / "s.csv"),
        ]
        code = run("metrics", "", [command.add_commands], [*base, *words])
        return code, *capsys.readouterr()

    code, out, err = call("--layer", "relu1_1", "--json")
    assert (code, err) == (0, "")
    assert [row["method"] for row in json.loads(out)] == ["near", "far"]
    assert call("--layer", "relu1_1")[1].startswith("method,stimuli,content_distance")
    assert call("--distance", "lpips")[0] == 2
    code, _, err = call()  # relu5_1, which these features lack
    assert (code, err.count("\n")) == (2, 1)
