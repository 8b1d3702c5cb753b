"""Selection of terms by cross-validation over people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut

from common.errors import InputError
from metrics.calibration.data import Comparisons, compare
from metrics.calibration.selection import hold_out, select

from . import golden, simulated

E_TERMS = ("E1", "E2", "E3", "E4", "E5")


@pytest.fixture(scope="module")
def comparisons():
    table = simulated.statistics(200, deviation=2**-0.5)
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=60, trials=50)
    return compare(votes, table, E_TERMS)


def test_it_evaluates_every_subset_and_finds_the_true_one(comparisons):
    selection = select(comparisons)
    assert len(selection.candidates) == 31
    assert selection.chosen.terms == ("E1", "E2", "E3")
    assert selection.chosen.admissible
    losses = [candidate.loss for candidate in selection.candidates]
    assert losses == sorted(losses)
    assert set(selection.chosen.held_out) == {"participants", "contents", "styles"}
    assert selection.chosen.loss < np.log(2)


def test_it_gives_the_excess_loss_of_each_subset(comparisons):
    selection = select(comparisons)
    for candidate, excess in zip(selection.candidates, selection.excess, strict=True):
        assert excess.log_loss == pytest.approx(candidate.loss - selection.chosen.loss, abs=1e-12)
    fewest = selection.by_one_standard_error
    within = [
        candidate
        for candidate, excess in zip(selection.candidates, selection.excess, strict=True)
        if candidate.admissible and excess.log_loss <= excess.std_error
    ]
    assert len(fewest.terms) == min(len(candidate.terms) for candidate in within)
    # The error over participants, the plain way.
    single = next(c for c in selection.candidates if c.terms == ("E3",))
    gap = single.held_out["participants"].losses - selection.chosen.held_out["participants"].losses
    sums = [gap[comparisons.participants == one].sum() for one in range(60)]  # 50 votes of each
    excess = selection.excess[selection.candidates.index(single)]
    assert excess.std_error == pytest.approx(np.std(sums, ddof=1) * 60**0.5 / 3000)


def test_a_model_whose_terms_were_named_is_held_out_in_the_same_way(comparisons):
    chosen = select(comparisons, seed=3).chosen
    held = hold_out(comparisons.restrict(chosen.terms), seed=3)
    assert set(held) == set(chosen.held_out)
    for name, one in held.items():
        assert one.log_loss == pytest.approx(chosen.held_out[name].log_loss, abs=1e-9)
        assert one.accuracy == chosen.held_out[name].accuracy


def test_its_held_out_loss_is_that_of_fits_by_scikit_learn(comparisons):
    """With as many folds as people nothing is random."""
    chosen = select(comparisons, folds=60).chosen
    data = comparisons.restrict(chosen.terms)
    losses = np.zeros(data.votes)
    x, y = data.differences, data.preferred
    for train, test in LeaveOneGroupOut().split(x, y, data.participants):
        model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(x[train], y[train])
        eta = x[test] @ model.coef_[0]
        losses[test] = np.logaddexp(0, eta) - y[test] * eta
    held = chosen.held_out["participants"]
    np.testing.assert_allclose(held.losses, losses, atol=1e-6)
    assert held.folds == 60


@pytest.mark.golden
def test_it_reproduces_leaving_out_observers_and_scenes_of_the_tone_mapping_votes():
    data = golden.tone_mapping()
    scenes = golden.read("pwcmp_tmo.csv")["scene"].astype("category").cat.codes.to_numpy()
    selection = select(replace(data, contents=scenes.astype(np.intp)), folds=18)
    whole = next(c for c in selection.candidates if len(c.terms) == len(data.terms))
    assert whole.held_out["participants"].log_loss == pytest.approx(0.569, abs=5e-4)
    assert whole.held_out["contents"].log_loss == pytest.approx(0.594, abs=5e-4)
    assert whole.accuracy == pytest.approx(0.7362, abs=5e-5)
    assert whole.held_out["participants"].accuracy == pytest.approx(0.7362, abs=5e-5)
    assert whole.held_out["contents"].accuracy == pytest.approx(0.7222, abs=5e-5)


def test_it_never_chooses_a_model_with_a_negative_coefficient(comparisons):
    turned = replace(comparisons, differences=comparisons.differences * [1, 1, 1, 1, -1])
    selection = select(turned)
    assert (selection.chosen.coefficients >= 0).all()
    contrary = replace(comparisons, preferred=1 - comparisons.preferred)
    with pytest.raises(InputError, match="no model is admissible"):
        select(contrary.restrict(["E3"]))


def test_collinear_statistics_are_not_fitted_together(comparisons):
    doubled = replace(
        comparisons.restrict(["E1", "E3"]),
        terms=("E1", "E3", "E4"),
        differences=np.column_stack(
            [comparisons.differences[:, [0, 2]], comparisons.differences[:, 2] * 3]
        ),
    )
    subsets = {candidate.terms for candidate in select(doubled).candidates}
    assert ("E3", "E4") not in subsets
    assert ("E1", "E4") in subsets


def test_separated_folds_still_predict():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 2))
    data = Comparisons(("E1", "E2"), x, (x[:, 0] > 0).astype(float), np.arange(40) % 4)
    selection = select(data)
    first = next(c for c in selection.candidates if c.terms == ("E1",))
    assert first.separated
    assert np.isfinite(first.loss)


def test_one_person_cannot_be_left_out(comparisons):
    alone = replace(comparisons, participants=np.zeros(comparisons.votes, dtype=np.intp))
    with pytest.raises(InputError, match="at least two participants"):
        select(alone)
