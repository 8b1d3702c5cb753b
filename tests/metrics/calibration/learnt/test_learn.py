"""The learnt referee: its fit, what it says of itself, and its files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from common.errors import InputError
from metrics.calibration.learnt.features import join, read_features
from metrics.calibration.learnt.head import ridge
from metrics.calibration.learnt.learn import learn
from metrics.calibration.learnt.model_file import (
    JSON_FILE,
    WEIGHTS_FILE,
    model_of,
    read_learnt,
    write_learnt,
)
from metrics.calibration.learnt.splits import SPLITS
from tests.metrics.calibration.learnt.worlds import learnable


@pytest.fixture(scope="module")
def planted():
    return learnable(0, planted=True)


@pytest.fixture(scope="module")
def votes(planted):
    return planted.votes(0, trials=30)


@pytest.fixture(scope="module")
def learnt(planted, votes):
    return learn(votes, planted.features, planted.statistics)


def turned(votes: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """The same votes with left and right exchanged in some rows."""
    other = votes.copy()
    left, right = votes["stimulus_left"], votes["stimulus_right"]
    other["stimulus_left"] = left.mask(rows, right)
    other["stimulus_right"] = right.mask(rows, left)
    swap = votes["choice"].map({"left": "right", "right": "left", "tie": "tie"})
    other["choice"] = votes["choice"].mask(rows, swap)
    return other


@pytest.mark.parametrize("penalty", [0.01, 1.0, 30.0])
def test_the_head_is_ridge_regression(penalty):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((200, 7))
    count = rng.integers(0, 4, 200).astype(float)
    wins = np.floor(count * rng.random(200))
    found = ridge(x, count, wins, penalty, np.zeros(7))
    other = LogisticRegression(
        C=1 / penalty, fit_intercept=False, tol=1e-12, max_iter=10_000, solver="newton-cholesky"
    )
    other.fit(np.tile(x, (2, 1)), np.repeat([1, 0], 200), np.concatenate([wins, count - wins]))
    assert found == pytest.approx(other.coef_[0], abs=1e-7)


def test_swapping_the_sides_of_votes_changes_nothing(planted, votes, learnt):
    rows = np.random.default_rng(2).random(len(votes)) < 0.5
    other = learn(turned(votes, rows), planted.features, planted.statistics)
    assert np.array_equal(other.weights, learnt.weights)
    for one, two in zip(learnt.models[0].cells, other.models[0].cells, strict=True):
        assert two.log_loss == pytest.approx(one.log_loss, abs=1e-12)
        assert two.accuracy == one.accuracy
    scores = model_of(learnt).score(planted.features)
    one, two = votes["stimulus_left"].iloc[0], votes["stimulus_right"].iloc[0]
    assert scores[one] - scores[two] == -(scores[two] - scores[one])


def test_scores_are_the_same_to_the_bit_after_export_and_import(planted, learnt, tmp_path):
    write_learnt(learnt, tmp_path)
    planted.features.write(tmp_path / "f.safetensors")
    features = read_features(tmp_path / "f.safetensors")
    before = model_of(learnt).score(planted.features)
    after = read_learnt(tmp_path).score(features)
    assert before.to_numpy().tobytes() == after.to_numpy().tobytes()
    # A stimulus has the same score whichever others are scored with it.
    one = replace(
        features,
        stimuli=features.stimuli[5:6],
        moments={part: values[5:6] for part, values in features.moments.items()},
        levels={},
    )
    assert read_learnt(tmp_path / JSON_FILE).score(one).iloc[0] == after.iloc[5]


def test_it_scores_what_people_like_and_holds_for_new_methods(planted, learnt):
    scores = model_of(learnt).score(planted.features).to_numpy()
    assert np.corrcoef(scores, planted.world.utility)[0, 1] > 0.9
    assert learnt.verdict.level == "holds"
    assert not learnt.memorised


def test_it_is_reported_beside_the_calibrated_models_on_the_same_votes(learnt):
    names = [rated.name for rated in learnt.models]
    assert names == ["learnt", "E", "C", "E and C"]
    assert [rated.terms for rated in learnt.models[1:]] == [("E3",), ("C",), ("E3", "C")]
    for rated in learnt.models:
        assert set(rated.held_out) == set(SPLITS)
        assert [held.votes for held in rated.cells] == [learnt.votes] * len(SPLITS)
    folds = [[held.folds for held in rated.cells] for rated in learnt.models]
    assert folds == [folds[0]] * 4
    ours = learnt.models[0]
    assert ours.log_loss < ours.held_out["participants"].log_loss < np.log(2)


def test_what_is_left_out_does_not_leak():
    """Features that only tell the methods apart cannot predict methods that are both left out."""
    world = learnable(1, planted=False)
    answer = learn(world.votes(1), world.features, world.statistics)
    ours = answer.models[0]
    assert ours.held_out["participants"].log_loss < 0.6
    assert ours.held_out["both methods"].log_loss > np.log(2)
    assert ours.held_out["both methods"].log_loss > ours.held_out["methods"].log_loss
    assert answer.memorised
    assert answer.verdict.words.startswith("It memorised the methods")


@pytest.mark.parametrize("seed", [2, 3])
def test_it_says_when_it_memorised_methods_and_only_then(seed):
    memory, knowledge = learnable(seed, planted=False), learnable(seed, planted=True)
    answer = learn(memory.votes(seed), memory.features)
    assert answer.verdict.level in ("memorised", "unclear")  # of six methods, by luck
    assert "memorised the methods" in answer.verdict.words
    answer = learn(knowledge.votes(seed), knowledge.features, knowledge.statistics)
    assert answer.verdict.level == "holds"
    assert "memorised" not in answer.verdict.words


def test_random_votes_teach_nothing(planted, votes):
    rng = np.random.default_rng(3)
    random = votes.assign(choice=rng.choice(["left", "right", "tie"], len(votes)))
    answer = learn(random, planted.features, planted.statistics)
    assert answer.verdict.level == "nothing"
    assert answer.ties > 0
    assert answer.models[0].held_out["participants"].log_loss == pytest.approx(np.log(2), abs=0.02)


def test_it_says_what_votes_and_tables_do_not_allow(planted, votes):
    bare = replace(planted.features, levels={})
    answer = learn(votes[votes["participant"] == "p0"], bare)
    assert answer.verdict.level in ("unknown", "nothing")
    assert set(answer.reasons) == set(SPLITS)
    assert answer.models[0].held_out["participants"] is None
    assert any("calibrated models" in note for note in answer.notes)
    assert any("No errors are known" in note for note in answer.notes)


def test_votes_without_statistics_are_counted(planted, votes):
    table = planted.statistics.copy()
    table.loc[table.index[:20], "E3"] = np.nan
    answer = learn(votes, planted.features, table)
    assert answer.dropped["statistic missing"] > 0
    assert answer.votes + answer.dropped["statistic missing"] == len(votes)


def test_simulated_votes_are_marked(planted, votes):
    with pytest.raises(InputError, match="all 600 votes are simulated"):
        learn(votes.assign(simulated=True), planted.features)
    answer = learn(votes.assign(simulated=True), planted.features, include_simulated=True)
    assert answer.simulated == 600
    assert "simulated votes" in answer.title


def test_bad_input_is_answered_in_one_line(planted, votes, learnt, tmp_path):
    write_learnt(learnt, tmp_path)
    other = replace(planted.features, instrument="fake:2")
    with pytest.raises(InputError, match=r"'fake:2' and the learnt referee needs 'fake:1'"):
        read_learnt(tmp_path).score(other)
    with pytest.raises(InputError, match="two encoders"):
        join([planted.features, other])
    with pytest.raises(InputError, match="occurs twice"):
        join([planted.features, planted.features])
    with pytest.raises(InputError, match="vote"):
        strange = votes.replace({"stimulus_left": {votes["stimulus_left"].iloc[0]: "other"}})
        learn(strange, planted.features)
    still = {part: np.ones_like(values) for part, values in planted.features.moments.items()}
    with pytest.raises(InputError, match="nothing can be learnt"):
        learn(votes, replace(planted.features, moments=still))
    with pytest.raises(InputError, match="no file"):
        read_features(tmp_path / "none")
    (tmp_path / "bad.safetensors").write_bytes(b"no")
    with pytest.raises(InputError, match="holds no features"):
        read_features(tmp_path / "bad.safetensors")
    (tmp_path / WEIGHTS_FILE).write_bytes((tmp_path / WEIGHTS_FILE).read_bytes() + b" ")
    with pytest.raises(InputError, match="does not belong"):
        read_learnt(tmp_path)
    (tmp_path / JSON_FILE).write_text("{}")
    with pytest.raises(InputError, match="is not a learnt referee"):
        read_learnt(tmp_path)
