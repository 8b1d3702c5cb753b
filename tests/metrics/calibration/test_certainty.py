"""Errors and intervals are not smaller than the participants justify."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import t as student
from statsmodels.discrete.discrete_model import Logit

from metrics.calibration.agreement import agreement
from metrics.calibration.calibrate import calibrate
from metrics.calibration.data import Comparisons, compare
from metrics.calibration.estimator import PairwiseCalibrator
from metrics.calibration.fit import fit
from metrics.calibration.goodness import error_of_mean, kish
from metrics.calibration.jackknife import bounds, jackknife
from metrics.calibration.method_scores import compare as compare_methods
from metrics.calibration.profile import profile_intervals
from metrics.calibration.uncertainty import uncertainty

from . import simulated
from .schema import assert_sound

TRUTH = {"E1": 0.7, "E3": 1.4}


def comparisons(seed: int, sizes: list[int], terms: int = 2) -> Comparisons:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((sum(sizes), terms))
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-x.sum(axis=1)))).astype(float)
    people = np.repeat(np.arange(len(sizes)), sizes)
    return Comparisons(tuple(f"E{k + 1}" for k in range(terms)), x, y, people)


def test_its_bias_reduced_errors_and_degrees_of_freedom_are_those_of_the_definition():
    """CR2 and Satterthwaite's degrees of freedom from matrices of N × N."""
    data = comparisons(1, [6, 9, 8, 13, 11, 7, 10, 12, 9, 15], terms=3)
    result = fit(data)
    found = uncertainty(result, data.participants)
    p = 1 / (1 + np.exp(-data.differences @ result.coefficients))
    root = np.sqrt(p * (1 - p))
    x, residual = root[:, None] * data.differences, (data.preferred - p) / root
    bread = np.linalg.inv(x.T @ x)
    rest = np.eye(len(x)) - x @ bread @ x.T
    moves, shares = [], []
    for person in range(10):
        rows = data.participants == person
        values, axes = np.linalg.eigh(rest[np.ix_(rows, rows)])
        adjusted = bread @ x[rows].T @ (axes * np.maximum(values, 1e-12) ** -0.5) @ axes.T
        moves.append(adjusted @ residual[rows])
        shares.append(adjusted @ rest[rows])
    errors = np.sqrt((np.array(moves) ** 2).sum(axis=0))
    for term in range(3):
        products = np.array([s[term] for s in shares]) @ np.array([s[term] for s in shares]).T
        df = np.trace(products) ** 2 / (products**2).sum()
        assert found.df[term] == pytest.approx(df)
        assert found.robust[term] == pytest.approx(errors[term])


def test_intervals_are_those_of_refits_without_each_participant():
    data = comparisons(3, [18, 25, 20, 31, 22, 27, 19, 24])
    result = fit(data)
    found = uncertainty(result, data.participants)
    refits = np.array(
        [
            Logit(data.preferred[kept], data.differences[kept]).fit(disp=0).params
            for kept in (data.participants != person for person in range(8))
        ]
    )
    errors = np.sqrt(7 / 8 * ((refits - refits.mean(axis=0)) ** 2).sum(axis=0))
    bias = 7 * (refits.mean(axis=0) - result.coefficients)
    low, high = bounds(data, result, found)
    widths = student.ppf(0.975, found.df) * errors
    for term in range(2):
        corrected = result.coefficients[term] - bias[term]
        ends = result.coefficients[term], corrected
        assert low[term] == pytest.approx(min(ends) - widths[term], rel=1e-4)
        assert high[term] == pytest.approx(max(ends) + widths[term], rel=1e-4)
    assert jackknife(data, fit(data, "firth")) is None
    # Only the first participant contradicts the others: without them nothing is finite.
    alone = replace(data, preferred=(data.differences[:, 0] > 0).astype(float)).restrict(["E1"])
    alone.preferred[:5] = 1 - alone.preferred[:5]
    assert jackknife(alone, fit(alone)) is None
    low, high = bounds(alone, fit(alone), uncertainty(fit(alone), alone.participants))
    assert np.isnan(low).all() == np.isnan(high).all()


def test_a_balanced_study_has_one_degree_of_freedom_less_than_people():
    x = np.tile([[1.0], [-2.0], [0.5], [1.5]], (12, 1))
    rng = np.random.default_rng(0)
    y = (rng.random(48) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    data = Comparisons(("E1",), x, y, np.repeat(np.arange(12), 4))
    assert uncertainty(fit(data), data.participants).df[0] == pytest.approx(11)
    assert kish(data.participants) == pytest.approx(12)


@pytest.fixture(scope="module")
def table():
    return simulated.statistics(60, deviation=0.7)


def unequal(table, *, others: int, share: float, seed: int = 0) -> pd.DataFrame:
    """One person gives `share` of all votes; the others give 10 each."""
    most = round(share / (1 - share) * 10 * others)
    one = simulated.votes(table, TRUTH, people=1, trials=most, seed=seed)
    rest = simulated.votes(table, TRUTH, people=others, trials=10, seed=seed + 1)
    rest["participant"] = "q" + rest["participant"]
    return pd.concat([one, rest], ignore_index=True)


@pytest.mark.parametrize("share", [0.6, 0.9])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "firth"},
        {"ties": "half"},
        {"ties": "davidson"},
        {"cluster": "participant+content"},
    ],
    ids=str,
)
def test_no_error_is_given_if_one_person_gave_most_votes(table, share, options):
    votes = unequal(table, others=20, share=share)
    if "ties" in options:
        votes.loc[votes.index % 4 == 0, "choice"] = "tie"
    model = calibrate(votes, table, "E", terms=["E1", "E3"], replicates=50, **options)
    assert set(model.std_errors.values()) == {None}
    assert set(map(tuple, model.details["intervals"].values())) == {(None, None)}
    assert model.details["bootstrap"] is None
    assert model.details["diagnostics"]["power"] is None
    assert model.details["diagnostics"]["position"]["std_error"] is None
    assert set(model.details["methods"]["std_errors"].values()) == {None}
    assert all(row["ability_interval"] is None for row in compare_methods(model, table))
    notes = " ".join(model.details["notes"])
    assert "gave far more votes than others" in notes
    assert "fewer than 5 participants" in notes
    assert_sound(model.to_json())


def test_an_error_but_no_interval_is_given_if_one_person_gave_almost_half_of_the_votes(table):
    """One of 41 gave 40 %: more than 4 degrees of freedom, fewer than 8 and than 0.4 · 40."""
    model = calibrate(unequal(table, others=40, share=0.4), table, "E", terms=["E1", "E3"])
    assert None not in model.std_errors.values()
    assert set(map(tuple, model.details["intervals"].values())) == {(None, None)}
    notes = " ".join(model.details["notes"])
    assert "interval of the coefficient of E1, E3 is not known: it depends too much on" in notes
    assert_sound(model.to_json())
    assert all(
        np.isfinite(
            calibrate(unequal(table, others=40, share=0.1), table, "E", terms=["E1"]).details[
                "intervals"
            ]["E1"]
        )
    )


@pytest.mark.parametrize("people", [2, 4])
@pytest.mark.parametrize("target", ["E", "C"])
def test_no_error_is_given_for_too_few_people(table, people, target):
    truth = TRUTH if target == "E" else {"C": 8.0, "E1": 0.5}
    votes = simulated.votes(table, truth, people=people, trials=60)
    model = calibrate(votes, table, target, terms=list(truth), replicates=50)
    assert set(model.std_errors.values()) == {None}
    assert model.details["bootstrap"] is None
    chosen = calibrate(votes, table, target, replicates=0).details["selection"]
    assert all(row["excess"]["std_error"] is None for row in chosen["candidates"])
    assert any("fewer than 5 participants" in note for note in model.details["notes"])


@pytest.mark.parametrize(("people", "bootstrap"), [(8, False), (9, False), (10, True)])
def test_few_people_have_errors_but_no_bootstrap_below_ten(table, people, bootstrap):
    votes = simulated.votes(table, TRUTH, people=people, trials=40)
    model = calibrate(votes, table, "E", terms=["E1", "E3"], replicates=50)
    assert all(model.std_errors.values())
    assert (model.details["bootstrap"] is not None) is bootstrap
    notes = [note for note in model.details["notes"] if note.startswith("No bootstrap: ")]
    assert len(notes) == (not bootstrap)


def test_a_balanced_study_gets_no_note(table):
    votes = simulated.votes(table, TRUTH, people=24, trials=30)
    model = calibrate(votes, table, "E", terms=["E1", "E3"], replicates=50)
    assert model.details["notes"] == []
    for term, (low, high) in model.details["intervals"].items():
        assert low < model.coefficients[term] < high
        assert (high - low) / 2 == pytest.approx(2.15 * model.std_errors[term], rel=0.1)


@pytest.mark.parametrize("people", [5, 20, 60])
@pytest.mark.parametrize("options", [{}, {"method": "firth"}, {"ties": "half"}], ids=str)
def test_people_who_all_answer_alike_have_no_errors(table, people, options):
    one = simulated.votes(table, TRUTH, people=1, trials=20, seed=4)
    if "ties" in options:
        one.loc[one.index % 3 == 0, "choice"] = "tie"
    votes = pd.concat([one.assign(participant=f"p{n}") for n in range(people)], ignore_index=True)
    model = calibrate(votes, table, "E", terms=["E3"], replicates=50, **options)
    assert model.std_errors == {"E3": None}
    assert model.details["naive_std_errors"]["E3"] > 0
    assert model.details["bootstrap"] is None
    assert model.details["diagnostics"]["position"]["std_error"] is None
    assert set(model.details["methods"]["std_errors"].values()) == {None}
    assert any("too much alike" in note for note in model.details["notes"])


def test_ties_alone_have_no_errors(table):
    votes = simulated.votes(table, TRUTH, people=12, trials=10).assign(choice="tie")
    model = calibrate(votes, table, "E", terms=["E1"], ties="half", replicates=50)
    assert (model.coefficients["E1"], model.std_errors["E1"]) == (0.0, None)
    assert model.details["diagnostics"]["position"]["std_error"] is None
    assert model.details["bootstrap"] is None


def test_a_separated_term_has_profile_bounds_but_no_error(table):
    votes = simulated.votes(table, TRUTH, people=12, trials=10)
    value = table.set_index("stimulus")["E3"]
    better = value[votes["stimulus_left"]].to_numpy() > value[votes["stimulus_right"]].to_numpy()
    votes["choice"] = np.where(better, "left", "right")
    for method in ("auto", "firth"):
        model = calibrate(votes, table, "E", terms=["E3"], method=method, replicates=50)
        assert model.details["separated"] == ["E3"]
        assert model.std_errors == {"E3": None}
        low, high = model.details["profile_intervals"]["E3"]
        assert 0 < low < model.coefficients["E3"] < high
        assert model.details["bootstrap"] is None
        assert any("profile_intervals give bounds" in note for note in model.details["notes"])
    x = compare(votes, table, ["E3"]).differences
    ours = PairwiseCalibrator().fit(x, better, groups=votes["participant"])
    assert np.isnan(ours.std_errors_).all()


@pytest.mark.parametrize("methods", [3, 5])
@pytest.mark.parametrize("always", ["wins", "loses"])
def test_a_method_that_always_wins_or_loses_has_no_error(methods, always):
    rng = np.random.default_rng(methods)
    statistics = pd.DataFrame(
        {
            "stimulus": [f"s{n}" for n in range(methods)],
            "method": [f"m{n}" for n in range(methods)],
            "E1": np.arange(methods) / 4,
        }
    )
    left = rng.integers(0, methods, 240)
    right = (left + rng.integers(1, methods, 240)) % methods
    won = rng.random(240) < 0.5
    won = np.where(left == 0, always == "wins", np.where(right == 0, always != "wins", won))
    votes = pd.DataFrame(
        {
            "participant": np.repeat(np.arange(20), 12),
            "stimulus_left": [f"s{n}" for n in left],
            "stimulus_right": [f"s{n}" for n in right],
            "choice": np.where(won, "left", "right"),
        }
    )
    model = calibrate(votes, statistics, "E", terms=["E1"], replicates=0)
    ranking = model.details["methods"]
    assert ranking["fit"] == "firth"
    assert ranking["std_errors"]["m0"] is None
    assert ranking["intervals"]["m0"] == [None, None]
    assert any("ability of m0 is not known" in note for note in model.details["notes"])
    others = [ranking["std_errors"][f"m{n}"] for n in range(1, methods)]
    assert all(error is None or error > 0.1 for error in others)
    assert_sound(model.to_json())


def test_a_profile_interval_contains_its_estimate_where_the_profile_has_two_peaks():
    """Votes of ../shared/cases/stats/07; the bounds are those of a profile by brentq there."""
    x = np.array(
        [
            [0.2185, 4.3521], [1.0929, 2.6454], [0.299, 4.0504], [-0.0805, 0.3017],
            [-0.0805, 0.3017], [0.299, 4.0504], [-0.0805, 0.3017], [-0.2185, -4.3521],
            [-0.2185, -4.3521], [0.299, 4.0504], [1.0929, 2.6454], [1.1734, 2.3437],
        ]
    )  # fmt: skip
    y = np.array([1.0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1])
    data = Comparisons(("E1", "E3"), x, y, np.arange(12) // 6)
    bounds = profile_intervals(data)
    np.testing.assert_allclose(bounds[1], [0.03625, 13.4445], atol=1e-4)


@given(seed=st.integers(0, 10_000), clear=st.booleans())
@settings(max_examples=25, deadline=None)
def test_profile_intervals_contain_their_estimates_and_end_at_the_right_height(seed, clear):
    data = comparisons(seed, [6, 6, 8], terms=1)
    if clear:
        data = replace(data, preferred=(data.differences[:, 0] > 0).astype(float))
    estimate = fit(data, "firth").coefficients[0]
    x, y = data.differences[:, 0], data.preferred

    def penalised(beta):
        p = 1 / (1 + np.exp(-np.clip(beta * x, -500, 500)))
        likelihood = -np.logaddexp(0, beta * x) + y * beta * x
        return likelihood.sum() + 0.5 * np.log((p * (1 - p) * x * x).sum())

    top = -minimize_scalar(lambda b: -penalised(b), bracket=(estimate - 0.1, estimate + 0.1)).fun
    low, high = profile_intervals(data)[0]
    assert low < estimate < high
    for bound in (low, high):
        assert top - penalised(bound) == pytest.approx(0.5 * 3.841458820694124, abs=1e-5)
    width = abs(high - estimate)
    assert brentq(
        lambda b: top - penalised(b) - 1.920729410347062, estimate, estimate + 2 * width
    ) == pytest.approx(high, rel=1e-5)


@given(seed=st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_errors_are_unknown_or_positive_and_intervals_contain_their_estimates(seed):
    """For any numbers of votes of each person, and any similarity of people."""
    rng = np.random.default_rng(seed)
    sizes = (1 + rng.pareto(1.0, rng.integers(2, 30)) * 4).astype(int).clip(1, 200)
    data = comparisons(seed, sizes.tolist())
    if rng.random() < 0.3:
        data = replace(data, preferred=(data.differences.sum(axis=1) > 0).astype(float))
    if rng.random() < 0.3:
        data.preferred[rng.random(data.votes) < 0.5] = 0.5
    try:
        result = fit(data)
    except Exception as error:
        assert "\n" not in str(error)
        return
    found = uncertainty(result, data.participants)
    given_errors = np.isfinite(found.std_errors)
    assert (found.std_errors[given_errors] > 0).all()
    assert (found.df[given_errors] >= 4 - 1e-6).all()
    assert (found.half_widths()[given_errors] > 0).all()
    assert np.isnan(found.half_widths()[~given_errors]).all()
    assert (np.isnan(found.covariance) == ~(given_errors[:, None] & given_errors)).all()


@given(seed=st.integers(0, 10_000), copies=st.integers(2, 6))
@settings(max_examples=25, deadline=None)
def test_repeating_votes_does_not_reduce_errors(seed, copies):
    """Each person's votes, `copies` times, hold no more information about people."""
    data = comparisons(seed, [12] * 10)
    rows = np.tile(np.arange(data.votes), copies)
    more = Comparisons(
        data.terms, data.differences[rows], data.preferred[rows], data.participants[rows]
    )
    one = uncertainty(fit(data), data.participants)
    many = uncertainty(fit(more), more.participants)
    both = np.isfinite(one.robust) & np.isfinite(many.robust)
    np.testing.assert_allclose(many.robust[both], one.robust[both], rtol=1e-6)
    np.testing.assert_allclose(many.df[both], one.df[both], rtol=1e-6)
    assert (fit(more).naive_errors < fit(data).naive_errors).all()


def test_errors_of_means_are_unknown_for_few_or_equal_groups():
    values = np.tile([0.0, 1.0, 1.0], 12)
    assert np.isnan(error_of_mean(values, np.zeros(36)))
    assert np.isnan(error_of_mean(values, np.repeat(np.arange(4), 9)))
    assert np.isnan(error_of_mean(values, np.repeat(np.arange(12), 3)))  # all the same
    apart = np.repeat(np.linspace(0, 1, 12), 3)  # whole groups differ: 12 values, not 36
    expected = np.std(np.linspace(0, 1, 12), ddof=1) / np.sqrt(12)
    assert error_of_mean(apart, np.repeat(np.arange(12), 3)) == pytest.approx(expected)


def test_people_who_repeat_every_answer_have_no_error_of_it(table):
    votes = simulated.votes(table, TRUTH, people=12, trials=10).assign(kind="real")
    votes = votes.drop_duplicates(["participant", "stimulus_left", "stimulus_right"])
    again = votes.assign(kind="repeat")
    found = agreement(compare(pd.concat([votes, again]), table, ["E1"]))
    assert (found["within"], found["within_error"]) == (1.0, None)


def test_the_best_subset_has_no_excess_and_the_others_a_positive_error(table):
    votes = simulated.votes(table, TRUTH, people=12, trials=30)
    rows = calibrate(votes, table, "E", replicates=0).details["selection"]["candidates"]
    assert rows[0]["excess"] == {"log_loss": 0.0, "std_error": None} or not rows[0]["admissible"]
    errors = [row["excess"]["std_error"] for row in rows]
    assert sum(error is not None for error in errors) > 20
    assert all(error is None or error > 0 for error in errors)
