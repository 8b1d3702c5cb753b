"""The verdict on a model: each finding lowers it, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.calibration.calibrate import calibrate
from metrics.calibration.export import Model
from metrics.calibration.presets import PRESETS
from metrics.calibration.verdict import LEVELS, Reason, Verdict, verdict

from . import simulated

TRUTH = {"E1": 0.7, "E3": 2.4}


@pytest.fixture(scope="module")
def table():
    return simulated.statistics(60)


@pytest.fixture(scope="module")
def sound(table):
    """24 people with 25 votes each, who follow the statistics."""
    return calibrate(simulated.votes(table, TRUTH, people=24, trials=25), table, "E")


def texts(model: Model, level: str) -> str:
    judged = verdict(model)
    assert judged is not None
    return " ".join(reason.text for reason in judged.reasons if reason.level == level)


def changed(model: Model, **details) -> Model:
    return replace(model, details={**model.details, **details})


def test_many_people_whose_votes_it_predicts_make_it_trustworthy(sound):
    assert verdict(sound) == Verdict(())
    assert sound.to_json()["verdict"] == {"level": "trustworthy", "reasons": []}


def test_fourteen_votes_of_two_people_are_not_usable(table):
    votes = simulated.votes(table, TRUTH, people=2, trials=7)
    model = calibrate(votes, table, "E", terms=["E3"])
    judged = verdict(model)
    assert judged is not None
    assert judged.level == "not usable"
    assert not judged.usable
    assert "2 participants gave the votes: errors need at least 5" in texts(model, "not usable")
    # 1.96 · ½ / √14 = 0.262
    assert "14 votes entered" in texts(model, "not usable")
    assert "± 26 percentage points" in texts(model, "not usable")
    assert "interval of E3 is not known" in texts(model, "preliminary")
    assert model.to_json()["verdict"]["level"] == "not usable"


def test_fewer_than_twenty_people_are_preliminary(table):
    model = calibrate(simulated.votes(table, TRUTH, people=12, trials=25), table, "E")
    judged = verdict(model)
    assert judged is not None
    assert judged.level == "preliminary"
    assert texts(model, "preliminary").startswith("12 participants gave the votes")


def test_one_person_with_most_votes_counts_as_few_people(table):
    votes = simulated.votes(table, TRUTH, people=24, trials=25)
    votes["participant"] = [
        "p0" if number % 10 else name for number, name in enumerate(votes["participant"])
    ]
    model = calibrate(votes, table, "E", terms=["E3"])
    assert "A few of the" in texts(model, "not usable")


def test_a_c_model_without_c_does_not_measure_content(table):
    votes = simulated.votes(table, {"E2": 2.0}, people=24, trials=25)
    model = calibrate(votes, table, "C", terms=["E2"])
    assert "The C-model does not contain C" in texts(model, "not usable")
    kept = calibrate(votes, table, "C", terms=["C", "E2"])
    assert "does not contain C" not in texts(kept, "not usable")


def test_a_statistic_that_lowers_the_score_contradicts_the_votes(table):
    votes = simulated.votes(table, {"E3": -2.0}, people=24, trials=25)
    model = calibrate(votes, table, "E", terms=["E3"])
    assert "A better E3 lowers the score" in texts(model, "not usable")


def test_prediction_no_better_than_chance_is_not_usable(sound):
    held_out = sound.details["held_out"]
    for group, level in (("participants", "not usable"), ("styles", "preliminary")):
        worse = {**held_out, group: {**held_out[group], "log_loss": 0.731}}
        model = changed(sound, held_out=worse)
        assert "no better than chance (log loss 0.731, chance 0.693)" in texts(model, level)


def test_scores_that_rank_methods_against_the_votes_are_not_usable(sound):
    methods = sound.details["methods"]
    turned = {name: -value for name, value in methods["mean_score"].items()}
    model = changed(sound, methods={**methods, "mean_score": turned})
    assert "contradict the votes in" in texts(model, "not usable")
    two = methods["methods"][:2]
    pair = {"methods": two, "ability": {two[0]: 1.0, two[1]: -1.0}}
    opposite = changed(sound, methods={**pair, "mean_score": {two[0]: -0.1, two[1]: 0.1}})
    assert "in 1 of 1 pairs of methods" in texts(opposite, "not usable")
    same = changed(sound, methods={**pair, "mean_score": {two[0]: 0.1, two[1]: -0.1}})
    assert verdict(same) == Verdict(())


def test_intervals_of_no_width_unknown_or_around_zero_lower_it(sound):
    term = sound.terms[0]
    known = sound.details["intervals"]

    def bounds(low, high):
        return changed(sound, intervals={**known, term: [low, high]})

    assert f"interval of {term} has no width" in texts(bounds(0.14, 0.14), "not usable")
    assert f"interval of {term} is not known" in texts(bounds(None, None), "preliminary")
    around = changed(sound, intervals={name: [-1.0, 1.0] for name in sound.terms})
    assert "every coefficient contains 0" in texts(around, "preliminary")
    assert verdict(bounds(-0.1, 0.5)) == Verdict(())


def test_separated_votes_lower_it(table):
    votes = simulated.votes(table, TRUTH, people=24, trials=25)
    values = table.set_index("stimulus")["E3"]
    better = values[votes["stimulus_left"]].to_numpy() > values[votes["stimulus_right"]].to_numpy()
    votes["choice"] = ["left" if each else "right" for each in better]
    penalised = calibrate(votes, table, "E", terms=["E3"], method="firth")
    assert "separated by E3" in texts(penalised, "preliminary")
    infinite = calibrate(votes, table, "E", terms=["E3"], method="ml")
    assert "coefficient of E3 is infinite" in texts(infinite, "not usable")


def test_simulated_votes_are_no_votes_of_people(sound):
    model = changed(sound, simulated=True, simulated_votes=100)
    assert "100 of the 600 votes are simulated" in texts(model, "preliminary")


def test_published_models_have_no_verdict():
    assert [verdict(model) for model in PRESETS.values()] == [None] * len(PRESETS)


def test_a_file_of_an_earlier_version_is_judged_by_its_numbers(sound):
    value = sound.to_json()
    del value["verdict"], value["effective_participants"]
    assert verdict(Model.from_json(json.loads(json.dumps(value)))) == Verdict(())


@given(st.lists(st.sampled_from(LEVELS[1:])))
def test_the_worst_reason_decides(levels):
    reasons = sorted(
        (Reason(level, "because") for level in levels), key=lambda each: -LEVELS.index(each.level)
    )
    judged = Verdict(tuple(reasons))
    assert LEVELS.index(judged.level) == max(map(LEVELS.index, levels), default=0)
