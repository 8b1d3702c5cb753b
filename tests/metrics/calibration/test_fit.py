"""Properties of fits that do not depend on the votes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from firthmodels import FirthLogisticRegression, detect_separation
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.discrete.discrete_model import Logit
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from common.errors import InputError
from metrics.calibration.covariance import clustered, two_way
from metrics.calibration.data import Comparisons
from metrics.calibration.firth import firth
from metrics.calibration.fit import fit
from metrics.calibration.newton import fit_batch
from metrics.calibration.separation import separation


def comparisons(seed: int, count: int = 120, terms: int = 3, people: int = 12) -> Comparisons:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, terms))
    y = (rng.random(count) < 1 / (1 + np.exp(-x.sum(axis=1)))).astype(float)
    names = tuple(f"E{number + 1}" for number in range(terms))
    return Comparisons(names, x, y, rng.integers(0, people, count))


@given(seed=st.integers(0, 10_000), method=st.sampled_from(["ml", "firth", "davidson"]))
@settings(max_examples=25, deadline=None)
def test_it_does_not_matter_which_stimulus_was_left(seed, method):
    data = comparisons(seed)
    rng = np.random.default_rng(seed)
    data.preferred[rng.random(len(data.preferred)) < 0.2] = 0.5
    turn = rng.random(data.votes) < 0.5
    turned = replace(
        data,
        differences=np.where(turn[:, None], -data.differences, data.differences),
        preferred=np.where(turn, 1 - data.preferred, data.preferred),
    )
    ties, method = ("davidson", "ml") if method == "davidson" else ("half", method)
    one, other = fit(data, method, ties=ties), fit(turned, method, ties=ties)
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(
        clustered(one.scores, one.bread, data.participants),
        clustered(other.scores, other.bread, data.participants),
        rtol=1e-8,
        atol=1e-12,
    )


def test_its_errors_are_those_of_statsmodels():
    data = comparisons(3)
    groups = data.participants
    model = Logit(data.preferred, data.differences)
    result = fit(data)
    reference = model.fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups})
    ours = clustered(result.scores, result.bread, groups)
    np.testing.assert_allclose(ours, reference.cov_params(), rtol=1e-6)
    contents = np.arange(data.votes) % 7
    both = cov_cluster_2groups(model.fit(disp=0), groups, contents)[0]
    joint = two_way(result.scores, result.bread, groups, contents)
    positive = np.diag(both) > 0
    assert positive.any()
    assert not positive.all()
    np.testing.assert_allclose(
        joint[~np.eye(3, dtype=bool)], both[~np.eye(3, dtype=bool)], rtol=1e-6
    )
    np.testing.assert_allclose(np.diag(joint)[positive], np.diag(both)[positive], rtol=1e-6)
    one = np.diag(clustered(result.scores, result.bread, groups))
    other = np.diag(clustered(result.scores, result.bread, contents))
    assert (np.diag(joint)[~positive] == np.maximum(one, other)[~positive]).all()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_batched_fits_are_those_of_statsmodels(seed):
    data = comparisons(seed, count=200)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(12, np.ones(12) / 12, size=5).astype(float)
    masks = rng.random((5, 3)) < 0.7
    masks[:, 0] = True
    batch = fit_batch(
        data.differences, data.preferred, groups=data.participants, weights=weights, masks=masks
    )
    for row in range(5):
        rows = np.repeat(np.arange(data.votes), weights[row][data.participants].astype(int))
        x = data.differences[rows][:, masks[row]]
        if not batch.converged[row]:
            continue
        expected = Logit(data.preferred[rows], x).fit(disp=0, tol=1e-10).params
        np.testing.assert_allclose(batch.coefficients[row, masks[row]], expected, atol=1e-7)
        assert (batch.coefficients[row, ~masks[row]] == 0).all()
    assert batch.converged.any()


def test_the_batched_fit_converges_from_far_away_and_reports_divergence():
    data = comparisons(5, count=400)
    near = fit_batch(data.differences, data.preferred)
    far = fit_batch(data.differences, data.preferred, start=np.array([60.0, -60.0, 60.0]))
    np.testing.assert_allclose(far.coefficients, near.coefficients, atol=1e-7)
    certain = (data.differences[:, 0] > 0).astype(float)
    assert not fit_batch(data.differences, certain).converged[0]


@given(seed=st.integers(0, 10_000), count=st.integers(6, 30), coarse=st.booleans())
@settings(max_examples=60, deadline=None)
def test_it_finds_separation_where_konis_program_does(seed, count, coarse):
    data = comparisons(seed, count=count, terms=3)
    x = np.sign(data.differences).round() if coarse else data.differences
    if np.linalg.matrix_rank(x) < 3:
        return
    data = replace(data, differences=x)
    found = separation(data)
    if len(np.unique(data.preferred)) == 2:
        library = detect_separation(x, data.preferred, fit_intercept=False)
        assert found.found == library.separation
    signed = (2 * data.preferred - 1)[:, None] * x
    if found.found and not found.votes.all():
        # the votes that remain hold each other: no direction separates any of them
        rest = separation_of_rest(data, found.votes)
        assert not rest
    assert found.found or (signed @ fit(data, "ml").coefficients).min() < 1e-9


def separation_of_rest(data: Comparisons, gone: np.ndarray) -> bool:
    from scipy.optimize import linprog

    signed = (2 * data.preferred[~gone] - 1)[:, None] * data.differences[~gone]
    answer = linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=[(-1, 1)] * 3
    )
    return bool(answer.fun < -1e-7)


def test_a_tie_between_different_stimuli_prevents_separation():
    x = np.array([[1.0], [2.0], [3.0]])
    certain = Comparisons(("E1",), x, np.ones(3), np.arange(3))
    assert fit(certain, "ml").coefficients[0] == np.inf
    tied = replace(certain, preferred=np.array([1.0, 1.0, 0.5]))
    assert not separation(tied).found
    assert np.isfinite(fit(tied, "ml").coefficients[0])


def test_all_votes_for_the_left_are_accepted():
    data = comparisons(1)
    turn = data.preferred == 0
    ones = replace(
        data,
        differences=np.where(turn[:, None], -data.differences, data.differences),
        preferred=np.ones(data.votes),
    )
    np.testing.assert_allclose(fit(ones).coefficients, fit(data).coefficients, atol=1e-9)


def test_a_separated_combination_leaves_the_other_terms_at_their_limit():
    """E1 and E2 are separated together; E3's estimate is that of the votes that are not
    separated."""
    data = comparisons(2, count=100, terms=1)
    open_votes = np.column_stack([np.zeros((100, 2)), data.differences])
    closed = np.array([[1.0, -1.0, 0.3], [2.0, 0.5, -1.0], [1.5, 0.2, 0.1]])
    both = Comparisons(
        ("E1", "E2", "E3"),
        np.vstack([open_votes, closed]),
        np.append(data.preferred, np.ones(3)),
        np.arange(103),
    )
    result = fit(both, "ml")
    assert result.separated == ("E1", "E2")
    alone = fit(data, "ml")
    assert result.coefficients[2] == pytest.approx(alone.coefficients[0], abs=1e-9)
    assert result.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-9)


@given(seed=st.integers(0, 10_000), count=st.integers(8, 60))
@settings(max_examples=25, deadline=None)
def test_firth_is_that_of_firthmodels(seed, count):
    data = comparisons(seed, count=count, terms=2)
    if len(np.unique(data.preferred)) < 2:
        return
    library = FirthLogisticRegression(fit_intercept=False, max_iter=500, gtol=1e-9, xtol=1e-9)
    library.fit(data.differences, data.preferred)
    result = fit(data, "firth")
    np.testing.assert_allclose(result.coefficients, library.coef_, atol=2e-5)
    np.testing.assert_allclose(result.scores.sum(axis=0), 0, atol=1e-7)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1.0, 0.0], [2.0, 0.0]], "E2 never differs"),
        ([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0]], "depend on each other"),
        ([[1e200, 2.0], [2e200, -1.0]], "E1 differs by more than 1e\\+100"),
    ],
)
def test_it_refuses_terms_without_an_estimate(x, message):
    x = np.array(x)
    data = Comparisons(("E1", "E2"), x, np.arange(len(x)) % 2.0, np.arange(len(x)))
    with pytest.raises(InputError, match=message):
        fit(data)


def test_davidson_is_refused_if_ties_and_choices_are_separated():
    """Ties where statistics hardly differ, clear choices elsewhere: half-votes have an answer."""
    x = np.array([[0.1], [-0.2], [0.3], [2.0], [3.0], [-2.5]])
    data = Comparisons(("E1",), x, np.array([0.5, 0.5, 0.5, 1, 1, 0]), np.arange(6))
    assert np.isfinite(fit(data).coefficients).all()
    with pytest.raises(InputError, match="choices and ties are separated"):
        fit(data, ties="davidson")
    data.preferred[5] = 1  # one choice the other way, and both parameters are finite
    assert np.isfinite(fit(data, ties="davidson").tie)


@given(seed=st.integers(0, 10_000), unit=st.sampled_from([1e-9, 1e-3, 1e6]))
@settings(max_examples=15, deadline=None)
def test_units_do_not_matter(seed, unit):
    data = comparisons(seed)
    scaled = replace(data, differences=data.differences * [unit, 1, 1])
    for method in ("ml", "firth"):
        one, other = fit(data, method), fit(scaled, method)
        np.testing.assert_allclose(
            one.coefficients, other.coefficients * [unit, 1, 1], rtol=1e-7, atol=1e-9
        )
        np.testing.assert_allclose(one.naive_errors, other.naive_errors * [unit, 1, 1], rtol=1e-6)


@given(seed=st.integers(0, 10_000), count=st.integers(2, 8))
@settings(max_examples=60, deadline=None)
def test_firth_always_reaches_the_maximum(seed, count):
    """Few votes and many terms: plain scoring steps would overshoot the maximum repeatedly."""
    rng = np.random.default_rng(seed)
    terms = int(rng.integers(1, min(count, 4) + 1))
    x = rng.standard_normal((count, terms))
    preferred = rng.choice([0.0, 0.5, 1.0], count)
    found = firth(x, preferred)

    def penalised(beta):
        p = 1 / (1 + np.exp(-x @ beta))
        information = x.T @ ((p * (1 - p))[:, None] * x)
        likelihood = preferred * np.log(p) + (1 - preferred) * np.log1p(-p)
        return likelihood.sum() + 0.5 * np.linalg.slogdet(information)[1]

    top = penalised(found.coefficients)
    for _ in range(20):
        step = 1e-3 * rng.standard_normal(terms) * (1 + np.abs(found.coefficients))
        assert penalised(found.coefficients + step) <= top + 1e-9
    np.testing.assert_allclose(found.scores.sum(axis=0), 0, atol=1e-6)


@pytest.mark.parametrize("terms", [1, 3])
def test_firth_is_finite_for_thousands_of_votes_that_are_perfectly_separated(terms):
    x = np.random.default_rng(terms).standard_normal((10_000, terms))
    truth = np.arange(1.0, terms + 1)
    found = firth(x, (x @ truth > 0).astype(float))
    assert np.isfinite(found.coefficients).all()
    assert found.coefficients[0] > 100
    np.testing.assert_allclose(found.coefficients / found.coefficients[0], truth, rtol=0.05)
    np.testing.assert_allclose(found.scores.sum(axis=0), 0, atol=1e-4)


def test_saturated_votes_have_no_clustered_errors():
    data = comparisons(0, count=3, terms=3, people=3)
    result = fit(replace(data, participants=np.arange(3)), "firth")
    assert np.isnan(clustered(result.scores, result.bread, np.arange(3))).all()
    assert np.isfinite(clustered(result.scores, result.bread, np.arange(3), correction=False)).all()


def test_it_refuses_an_unknown_fit_and_davidson_without_ties():
    with pytest.raises(InputError, match="use one of ml, firth, auto"):
        fit(comparisons(0), "ridge")
    assert fit(comparisons(0), "ml", ties="davidson").tie is None
