"""From votes to an exported model that other programs can read."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from common.errors import InputError
from metrics.calibration.calibrate import calibrate
from metrics.calibration.export import Model
from metrics.calibration.presets import PRESETS
from metrics.calibration.score import score

from . import simulated

E_TERMS = tuple(simulated.PUBLISHED_E)


def test_it_recovers_the_published_model_from_forty_people():
    """20 seeds of 40 people × 50 votes.

    Statistics of deviation 1/√2, correlation 0.3, so that differences have deviation 1.
    """
    truth = np.array(list(simulated.PUBLISHED_E.values()))
    within, errors = [], []
    for seed in range(20):
        table = simulated.statistics(400, deviation=2**-0.5, seed=seed, correlation=0.3)
        votes = simulated.votes(table, simulated.PUBLISHED_E, people=40, trials=50, seed=seed)
        model = calibrate(votes, table, "E", terms=E_TERMS, replicates=0)
        estimate = np.array([model.coefficients[term] for term in E_TERMS])
        error = np.array([model.std_errors[term] for term in E_TERMS])
        within += list(np.abs(estimate - truth) <= 2 * error)
        errors.append(error[2] / truth[2])
    assert len(within) == 60
    assert np.mean(within) >= 0.9
    assert np.mean(errors) <= 0.15


@pytest.fixture
def table():
    return simulated.statistics(60, seed=1).assign(instrument_E="compact+basis")


@pytest.fixture
def model(table):
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=20, trials=30, seed=1)
    return calibrate(votes, table, "E", terms=E_TERMS)


def test_its_export_is_read_back_exactly_and_has_the_stable_keys(model):
    text = json.dumps(model.to_json(), allow_nan=False)
    again = Model.from_json(json.loads(text))
    assert again == model
    assert json.dumps(again.to_json(), allow_nan=False) == text
    value = json.loads(text)
    assert value["target"] == "E"
    assert value["terms"] == list(E_TERMS)
    assert set(value["coefficients"]) == set(value["std_errors"]) == set(E_TERMS)
    assert value["covariance"] == "cluster:participant"
    assert (value["votes"], value["participants"]) == (600, 20)
    diagonal = np.sqrt(np.diag(value["covariance_matrix"]))
    np.testing.assert_allclose(diagonal, list(value["std_errors"].values()))


def test_it_loads_and_scores_without_django(tmp_path, model, table):
    (tmp_path / "m.json").write_text(json.dumps(model.to_json()))
    table.to_csv(tmp_path / "s.csv", index=False)
    program = (
        "import json, sys, pandas\n"
        "from metrics.calibration.export import Model\n"
        "from metrics.calibration.score import score\n"
        f"model = Model.from_json(json.load(open({str(tmp_path / 'm.json')!r})))\n"
        f"print(score(model, pandas.read_csv({str(tmp_path / 's.csv')!r})).iloc[0])\n"
        "assert 'django' not in sys.modules and 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) == pytest.approx(score(model, table).iloc[0], rel=1e-12)


def test_an_infinite_coefficient_survives_json_and_refuses_to_score(table):
    votes = pd.DataFrame(
        {
            "participant": list("aabbcc"),
            "stimulus_left": ["s0000", "s0001", "s0002", "s0003", "s0004", "s0005"],
            "stimulus_right": ["s0010", "s0011", "s0012", "s0013", "s0014", "s0015"],
        }
    )
    values = table.set_index("stimulus")["E3"]
    better = values[votes["stimulus_left"]].to_numpy() > values[votes["stimulus_right"]].to_numpy()
    votes["choice"] = np.where(better, "left", "right")
    certain = calibrate(votes, table, "E", terms=["E3"], method="ml")
    assert certain.details["separated"] == ["E3"]
    assert certain.to_json()["coefficients"] == {"E3": "Infinity"}
    assert Model.from_json(json.loads(json.dumps(certain.to_json()))) == certain
    with pytest.raises(InputError, match="coefficient of E3 is infinite"):
        score(certain, table)
    finite = calibrate(votes, table, "E", terms=["E3"], replicates=50)
    assert finite.details["fit"] == "firth"
    assert any("Firth" in note for note in finite.details["notes"])
    assert np.isfinite(score(finite, table)).all()


def test_the_presets_are_the_published_models(table):
    assert PRESETS["wacv2020-E"].coefficients == {"E1": 0.7468, "E2": 0.2557, "E3": 2.3768}
    assert PRESETS["wacv2020-C"].coefficients == {"C": 12.1835, "E1": 0.2979}
    row = table.iloc[0]
    expected = 0.7468 * row["E1"] + 0.2557 * row["E2"] + 2.3768 * row["E3"]
    ours = score(PRESETS["wacv2020-E"], table)
    assert ours.name == "E_score"
    assert ours[row["stimulus"]] == pytest.approx(expected)
    for preset in PRESETS.values():
        assert Model.from_json(json.loads(json.dumps(preset.to_json()))) == preset


def test_a_score_difference_is_the_log_odds_of_the_vote(model, table):
    """Scores agree with the model on a pair, and a missing statistic gives no score."""
    table.loc[3, "E1"] = None
    result = score(model, table)
    assert np.isnan(result.iloc[3])
    assert result.drop("s0003").notna().all()
    beta = np.array([model.coefficients[term] for term in E_TERMS])
    x = table[list(E_TERMS)].to_numpy()
    assert result.iloc[0] - result.iloc[1] == pytest.approx((x[0] - x[1]) @ beta)


def test_it_refuses_statistics_of_another_instrument_by_default(model, table):
    other = table.assign(instrument_E="vgg19+basis")
    with pytest.raises(
        InputError, match="'compact\\+basis', these statistics with 'vgg19\\+basis'"
    ):
        score(model, other)
    np.testing.assert_array_equal(score(model, other, any_instrument=True), score(model, table))


def test_it_marks_simulated_votes(table):
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=10, trials=20).assign(simulated=1)
    model = calibrate(votes, table, "E", terms=E_TERMS, include_simulated=True)
    assert model.simulated
    assert model.details["simulated_votes"] == 200
    assert "200 of 200 votes are simulated." in model.details["notes"]


def test_one_person_alone_gets_no_clustered_errors(table):
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=1, trials=200)
    model = calibrate(votes, table, "E", terms=E_TERMS)
    assert set(model.std_errors.values()) == {None}
    assert all(model.details["naive_std_errors"].values())
    json.dumps(model.to_json(), allow_nan=False)


def test_it_clusters_two_ways_on_request(table):
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=20, trials=30, spread=0.5)
    model = calibrate(votes, table, "E", terms=E_TERMS, cluster="participant+content")
    assert model.covariance == "cluster:participant+content"
    with pytest.raises(InputError, match="do not name the style"):
        calibrate(
            votes, table.drop(columns="style"), "E", terms=E_TERMS, cluster="participant+style"
        )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "not an exported calibration"),
        ({"format": "ecspace-calibration", "version": 9}, "version 9"),
        ({"format": "ecspace-calibration", "version": 1, "target": "E"}, "lacks or misstates"),
    ],
)
def test_it_refuses_files_that_are_not_models(value, message):
    with pytest.raises(InputError, match=message):
        Model.from_json(value)


def test_it_refuses_unknown_targets_and_empty_statistics(table):
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=2, trials=5)
    with pytest.raises(InputError, match="use one of E, C"):
        calibrate(votes, table, "D")
    with pytest.raises(InputError, match="none of E1, E2"):
        calibrate(votes, table[["stimulus", "C"]], "E")
