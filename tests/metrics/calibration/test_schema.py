"""Every export conforms to docs/calibration.schema.json, however it was made."""

from __future__ import annotations

import json
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from common.errors import InputError
from metrics.calibration.calibrate import calibrate
from metrics.calibration.export import Model
from metrics.calibration.file_format import LATER, json_schema
from metrics.calibration.presets import PRESETS

from . import simulated
from .schema import SCHEMA, assert_sound

TRUTH = {"E1": 0.7, "E3": 2.4}


@pytest.fixture(scope="module")
def table():
    return simulated.statistics(60)


@pytest.fixture(scope="module")
def votes(table):
    votes = simulated.votes(table, TRUTH, people=8, trials=25)
    votes.loc[votes.index % 5 == 0, "choice"] = "tie"
    repeats = votes.iloc[:40].assign(kind="repeat")
    return pd.concat([votes.assign(kind="real"), repeats], ignore_index=True)


def test_the_published_schema_is_the_one_of_the_file_model():
    """`python -m metrics.calibration.file_format > docs/calibration.schema.json` writes it."""
    Draft202012Validator.check_schema(SCHEMA)
    assert json_schema() == SCHEMA


def test_an_invalid_file_is_refused_with_the_place_of_the_fault():
    value = PRESETS["wacv2020-E"].to_json()
    with pytest.raises(InputError, match=r"misstates coefficients\.E1"):
        Model.from_json({**value, "coefficients": {"E1": "high", "E2": 1.0, "E3": 1.0}})
    with pytest.raises(InputError, match=r"misstates remark: Extra inputs are not permitted"):
        Model.from_json({**value, "remark": "mine"})
    with pytest.raises(InputError, match=r"std_errors need one number for each of E1, E2, E3"):
        Model.from_json({**value, "std_errors": {"E1": None}})
    with pytest.raises(InputError, match=r"covariance_matrix needs 3 rows of 3 numbers"):
        Model.from_json({**value, "covariance_matrix": [[1.0]]})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ties": "half", "cluster": "participant+content"},
        {"ties": "davidson", "terms": ["E1", "E3"]},
        {"method": "firth", "cluster": "participant+style"},
        {"terms": ["E3"], "cluster": "none", "replicates": 0},
    ],
    ids=str,
)
def test_every_fit_conforms_to_the_schema(votes, table, options):
    model = calibrate(votes, table, "E", **{"replicates": 20} | options)
    value = model.to_json()
    assert assert_sound(value) == model
    missing = set(SCHEMA["properties"]) - set(value)
    assert missing <= {"name", "source", "tie"}


def test_unusual_models_conform_to_the_schema(votes, table):
    assert_sound(calibrate(votes, table, "C", replicates=10).to_json())
    alone = votes[votes["participant"] == "p0"]
    assert_sound(calibrate(alone, table, "E", terms=["E3"], replicates=0).to_json())
    clear = table.assign(E9=np.arange(len(table)))
    number = clear.set_index("stimulus")["E9"]
    better = number[votes["stimulus_left"]].to_numpy() > number[votes["stimulus_right"]].to_numpy()
    certain = votes.assign(choice=np.where(better, "left", "right"))
    for method in ("ml", "auto"):
        model = calibrate(certain, clear, "E", terms=["E9"], method=method, replicates=20)
        assert_sound(model.to_json())


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets_conform_to_the_schema(name):
    assert assert_sound(PRESETS[name].to_json()) == PRESETS[name]


def test_exports_with_other_or_missing_keys_do_not_conform(votes, table):
    value = calibrate(votes, table, "E", terms=["E3"], replicates=5).to_json()
    validator = Draft202012Validator(SCHEMA)
    assert validator.is_valid(value)
    assert not validator.is_valid({**value, "remark": "mine"})
    for key in set(value) - {"name", "source", *LATER}:
        assert not validator.is_valid({k: v for k, v in value.items() if k != key}), key


def test_stored_calibrations_conform_to_the_schema(calibration):
    assert assert_sound(calibration.model) == calibration.exported


DAMAGE = st.sampled_from([None, True, -1, 2.5, "x", [], [[]], {}, {"E1": "high"}, ["E1"], [[1, 2]]])
KEYS = ("format", "version", "target", "terms", "coefficients", "std_errors", "covariance_matrix",
        "votes", "participants", "instruments", "bootstrap", "tie", "notes")  # fmt: skip


@given(key=st.sampled_from(KEYS), damage=DAMAGE)
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_refused_or_still_scores(key, damage):
    value = json.loads(json.dumps(PRESETS["wacv2020-E"].to_json()))
    value[key] = deepcopy(damage)
    try:
        model = Model.from_json(value)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert set(model.terms) <= set(model.coefficients)
    assert model.to_json()["target"] in ("E", "C")
    assert all(isinstance(name, str) for name in model.instruments.values())


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_any_study_gives_a_valid_model_or_one_clear_line(seed):
    """Small and unusual ones: few stimuli, equal or tiny differences, gaps, ties, one person."""
    rng = np.random.default_rng(seed)
    stimuli, terms, count = rng.integers(2, 12), rng.integers(1, 6), rng.integers(1, 80)
    values = rng.standard_normal((stimuli, terms))
    if rng.random() < 0.3:
        values = values.round()
    values *= 10.0 ** rng.integers(-9, 9, terms)
    names = [f"E{number + 1}" for number in range(terms)]
    table = pd.DataFrame(values, columns=names)
    table.insert(0, "stimulus", [f"s{number}" for number in range(stimuli)])
    table["method"] = rng.choice(np.array(["a", "b", None], dtype=object), stimuli)
    table["content"] = rng.choice(np.array(["a", "b", None], dtype=object), stimuli)
    if rng.random() < 0.3:
        table.loc[rng.integers(0, stimuli), "E1"] = np.nan
    left, right = rng.integers(0, stimuli, (2, count))
    lean = np.sign((values[left] - values[right]).sum(axis=1)) * rng.choice([0, 1, 100])
    won = rng.random(count) < 1 / (1 + np.exp(-lean))
    choice = np.where(won, "left", "right").astype(object)
    choice[rng.random(count) < rng.choice([0, 0.3, 1])] = "tie"
    votes = pd.DataFrame(
        {
            "participant": rng.integers(0, rng.integers(1, 6), count),
            "stimulus_left": [f"s{number}" for number in left],
            "stimulus_right": [f"s{number}" for number in right],
            "choice": choice,
            "kind": rng.choice(np.array(["real", "repeat", None], dtype=object), count),
        }
    )
    try:
        model = calibrate(
            votes,
            table,
            "E",
            terms=names if rng.random() < 0.6 else None,
            method=str(rng.choice(["ml", "firth", "auto"])),
            ties=str(rng.choice(["drop", "half", "davidson"])),
            cluster=str(rng.choice(["participant", "participant+content", "none"])),
            replicates=int(rng.choice([0, 10])),
        )
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert assert_sound(model.to_json()) == model
