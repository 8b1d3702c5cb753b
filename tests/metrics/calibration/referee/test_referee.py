"""The referee as a whole, on simulated studies with a known truth."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from common.errors import InputError
from metrics.calibration.referee.referee import referee, stimuli_of
from tests.metrics.calibration.referee.studies import world


@pytest.fixture(scope="module")
def made():
    return world(np.random.default_rng(3), noise=2)


@pytest.fixture(scope="module")
def votes(made):
    return made.votes(np.random.default_rng(4), people=30, trials=40, repeats=5)


@pytest.fixture(scope="module")
def judgement(made, votes):
    return referee(votes, made.statistics, draws=200)


def by_name(judgement):
    return {finding.candidate.name: finding for finding in judgement.findings}


def test_the_planted_statistic_comes_first_and_random_ones_are_not_useful(judgement):
    found = by_name(judgement)
    assert judgement.findings[0].candidate.name == "truth"
    assert found["truth"].rank == 1
    assert found["truth"].useful
    assert found["noise0"].useful is False
    assert found["truth"].group < found["noise1"].group
    assert found["truth"].spearman > found["weaker0.3"].spearman
    assert found["truth"].held_out["methods"].log_loss < np.log(2)


def test_intervals_for_other_stimuli_are_wider(judgement):
    for finding in judgement.findings:
        low, high = finding.accuracy_interval
        wide_low, wide_high = finding.accuracy_interval_stimuli
        assert low < finding.accuracy < high
        assert wide_high - wide_low > 0.9 * (high - low)


def test_people_repeat_themselves_more_often_than_chance(judgement):
    assert judgement.ceiling.repeats == 150
    assert 0.5 < judgement.ceiling.within < 1
    assert judgement.ceiling.best_accuracy > judgement.ceiling.within


def test_turning_votes_around_changes_no_number(made, votes, judgement):
    turned = votes.copy()
    turned[["stimulus_left", "stimulus_right"]] = votes[["stimulus_right", "stimulus_left"]]
    turned["choice"] = votes["choice"].map({"left": "right", "right": "left"})
    again = by_name(referee(turned, made.statistics, draws=200))
    for name, finding in by_name(judgement).items():
        assert again[name].accuracy == pytest.approx(finding.accuracy)
        assert again[name].log_loss == pytest.approx(finding.log_loss)
        assert again[name].rank == finding.rank


def test_the_export_is_json_without_nan(judgement):
    value = json.loads(json.dumps(judgement.to_json(), allow_nan=False))
    (first, *_) = value["statistics"]
    assert {
        "name",
        "accuracy",
        "accuracy_interval",
        "log_loss",
        "rank",
        "group",
        "adds_to_E_C",
    } <= set(first)
    assert value["correlation"]["statistics"]


def test_a_declared_direction_decides_and_is_not_turned_by_the_votes(made, votes):
    frame = made.statistics.assign(distance=-made.statistics["truth"])
    right = by_name(
        referee(votes, frame, names=["truth", "distance"], directions={"distance": False})
    )
    assert right["distance"].accuracy == pytest.approx(right["truth"].accuracy, abs=1e-9)
    against = referee(votes, frame, names=["distance"], directions={"distance": True})
    wrong = by_name(against)
    assert any("people prefer the opposite" in note for note in against.notes)
    assert wrong["distance"].accuracy == pytest.approx(1 - right["distance"].accuracy)
    assert wrong["distance"].useful is False
    assert wrong["distance"].spearman == pytest.approx(-right["distance"].spearman)


def test_accuracy_is_the_share_of_votes_with_ties_half(made, votes):
    some = votes[votes["kind"] == "real"].head(400).copy()
    some.loc[some.index[::10], "choice"] = "tie"
    frame = made.statistics.assign(truth=made.statistics["truth"].round())
    found = by_name(referee(some, frame, names=["truth"], directions={"truth": True}))["truth"]
    value = frame.set_index("stimulus")["truth"]
    gap = np.sign(
        value[some["stimulus_left"]].to_numpy() - value[some["stimulus_right"]].to_numpy()
    )
    choice = some["choice"].map({"left": 1, "right": -1, "tie": 0}).to_numpy()
    assert found.accuracy == pytest.approx((0.5 + 0.5 * gap * choice).mean())
    assert found.undecided == (gap == 0).sum() > 0


def test_missing_values_are_counted_and_ranked_on_common_votes(made, votes):
    frame = made.statistics.copy()
    frame.loc[frame.index % 10 == 0, "weaker0.6"] = np.nan
    frame.loc[frame.index % 3 != 0, "noise0"] = np.nan
    frame["nothing"] = np.nan
    judgement = referee(votes, frame, draws=50)
    found = by_name(judgement)
    assert found["weaker0.6"].missing + found["weaker0.6"].votes == judgement.votes
    assert judgement.ranked_votes == found["weaker0.6"].votes < judgement.votes
    assert found["noise0"].rank is None
    assert "too many votes lack it" in found["noise0"].reasons["rank"]
    assert found["nothing"].accuracy is None
    assert "no vote has a value" in found["nothing"].reasons["accuracy"]
    assert any("weaker0.6" in note and "lack it" in note for note in judgement.notes)


def test_a_statistic_that_is_constant_within_references_gives_no_number(made, votes):
    frame = made.statistics.assign(constant=made.statistics["style"].factorize()[0] * 1.0)
    found = by_name(referee(votes, frame, names=["constant", "truth"], draws=50))["constant"]
    assert found.accuracy is None
    assert found.log_loss is None
    assert "constant within references" in found.reasons["accuracy"]
    assert found.reasons["rank"] == found.reasons["accuracy"]
    assert "does not vary within" in found.reasons["spearman"]


@pytest.mark.parametrize("people", [1, 5])
def test_few_people_give_shares_but_no_intervals_ranks_or_judgement(made, people):
    few = made.votes(np.random.default_rng(0), people=people, trials=100)
    judgement = referee(few, made.statistics, names=["truth", "noise0"])
    found = by_name(judgement)["truth"]
    assert found.accuracy > 0.5
    assert found.accuracy_interval is found.rank is found.useful is None
    for field in ("accuracy_interval", "rank", "useful"):
        assert "participant" in found.reasons[field]
    assert any("participant" in note for note in judgement.notes)
    if people == 1:
        assert found.held_out["participants"] is None
        assert found.log_loss is None


def test_a_set_is_one_model_of_several(made, votes):
    found = by_name(
        referee(votes, made.statistics, names=["weaker0.6+weaker0.3", "weaker0.3"], draws=50)
    )
    both = found["weaker0.6+weaker0.3"]
    assert both.candidate.terms == ("weaker0.6", "weaker0.3")
    assert both.log_loss < found["weaker0.3"].log_loss
    assert "set" in both.reasons["spearman"]


def test_it_says_what_a_statistic_adds_to_e_and_c(made, votes):
    frame = made.statistics.rename(columns={"weaker0.3": "E1", "weaker0.6": "C"})
    found = by_name(referee(votes, frame, draws=50))
    assert found["truth"].adds.to == ("E1", "C")
    assert found["truth"].adds.adds
    assert found["truth"].adds.log_loss > 0
    assert not found["noise0"].adds.adds
    assert found["C"].adds.to == ("E1",)
    without = by_name(referee(votes, made.statistics, draws=50))["truth"]
    assert without.adds is None
    assert "no column of E" in without.reasons["adds_to_E_C"]


def test_it_names_what_the_statistics_lack(made, votes):
    frame = made.statistics[["stimulus", "truth"]]
    judgement = referee(votes, frame, draws=50)
    (found,) = judgement.findings
    for name, column in (("methods", "method"), ("contents", "content"), ("styles", "style")):
        assert found.held_out[name] is None
        assert column in found.reasons[f"held_out.{name}"]
        assert any(f"leave-{column}-out is not possible" in note for note in judgement.notes)


def test_votes_on_two_questions_need_a_target(made, votes):
    mixed = votes.assign(target=np.where(np.arange(len(votes)) % 2, "E", "C"))
    with pytest.raises(InputError, match="--target"):
        referee(mixed, made.statistics)
    one = referee(mixed, made.statistics, target="C", names=["truth"], draws=50)
    assert one.votes < len(votes)
    assert one.references == "content"


def test_simulated_votes_take_part_only_when_asked_for_and_are_named(made, votes):
    simulated = votes.assign(simulated=True)
    with pytest.raises(InputError, match="simulated"):
        referee(simulated, made.statistics)
    judgement = referee(
        simulated, made.statistics, names=["truth"], include_simulated=True, draws=50
    )
    assert judgement.simulated == judgement.votes
    assert "simulated" in judgement.title
    assert any("simulated" in note for note in judgement.notes)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["thruth"], "did you mean truth"),
        (["truth", "truth"], "named twice"),
        (["truth+truth"], "names a statistic twice"),
        (["method"], "a finite number"),
    ],
)
def test_it_refuses_names_that_mean_nothing(made, votes, names, message):
    with pytest.raises(InputError, match=message):
        referee(votes, made.statistics, names=names)


def test_ties_alone_say_nothing(made, votes):
    with pytest.raises(InputError, match="every vote is a tie"):
        referee(votes.assign(choice="tie"), made.statistics)


def test_settings_of_a_method_take_part_only_by_name(made, votes):
    frame = made.statistics.assign(weight=1.0 + np.arange(len(made.statistics)) % 3)
    assert "weight" not in by_name(referee(votes, frame, draws=0))
    assert by_name(referee(votes, frame, names=["weight"], draws=0))


def test_votes_that_name_their_methods_need_no_statistics():
    votes = pd.DataFrame(
        {
            "participant": ["p", "q"],
            "stimulus_left": ["a", "b"],
            "stimulus_right": ["b", "c"],
            "choice": ["left", "left"],
            "method_left": ["A", "B"],
            "method_right": ["B", "C"],
            "content": ["x", "x"],
        }
    )
    assert stimuli_of(votes)["method"].tolist() == ["A", "B", "C"]
    with pytest.raises(InputError, match="two methods"):
        stimuli_of(votes.assign(method_left="A"))


def test_random_numbers_are_rarely_useful_and_the_planted_statistic_is_first():
    # A short form of tests/validation/referee.py, which has the limits of many studies.
    first = useful = 0
    for seed in range(12):
        rng = np.random.default_rng([seed, 7])
        small = world(rng, references=30, noise=3, weaker=(0.6,))
        judgement = referee(small.votes(rng, people=25, trials=40), small.statistics, draws=20)
        found = by_name(judgement)
        first += judgement.findings[0].candidate.name == "truth"
        useful += sum(bool(found[f"noise{n}"].useful) for n in range(3))
    assert first >= 11
    assert useful <= 3
