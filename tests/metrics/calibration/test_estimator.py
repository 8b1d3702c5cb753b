"""The scikit-learn estimator: its own interface, and scikit-learn's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.utils.estimator_checks import parametrize_with_checks

from metrics.calibration.calibrate import calibrate
from metrics.calibration.data import compare
from metrics.calibration.estimator import PairwiseCalibrator
from metrics.calibration.score import score
from metrics.calibration.selection import hold_out

from . import golden, simulated

TERMS = ["E1", "E2", "E3"]


@parametrize_with_checks([PairwiseCalibrator(), PairwiseCalibrator(method="firth")])
def test_it_is_an_estimator_of_scikit_learn(estimator, check):
    """Every check that applies to a classifier of two classes; none is expected to fail."""
    check(estimator)


@pytest.fixture(scope="module")
def table():
    return simulated.statistics(100, deviation=0.7)


@pytest.fixture(scope="module")
def votes(table):
    return simulated.votes(table, simulated.PUBLISHED_E, people=20, trials=40, spread=0.4)


@pytest.fixture(scope="module")
def data(votes, table):
    return compare(votes, table, TERMS)


def fitted(data, votes, **options):
    x = pd.DataFrame(data.differences, columns=TERMS)
    y = np.where(data.preferred == 1, "left", "right")
    y = np.where(y == "left", "yes, left", "no, right")  # the class that sorts last is the left
    return PairwiseCalibrator(**options).fit(x, y, groups=votes["participant"])


def test_it_agrees_with_the_exported_model(data, votes, table):
    model = calibrate(votes, table, "E", terms=TERMS, replicates=0)
    ours = fitted(data, votes)
    assert ours.feature_names_in_.tolist() == TERMS
    np.testing.assert_allclose(ours.coef_, list(model.coefficients.values()))
    np.testing.assert_allclose(ours.std_errors_, list(model.std_errors.values()))
    np.testing.assert_allclose(ours.covariance_, model.covariance_matrix)
    np.testing.assert_allclose(ours.intervals_, list(model.details["intervals"].values()))
    np.testing.assert_allclose(ours.decision_function(table[TERMS]), score(model, table))
    naive = PairwiseCalibrator().fit(data.differences, data.preferred)
    np.testing.assert_allclose(naive.std_errors_, list(model.details["naive_std_errors"].values()))


def test_its_probabilities_are_those_of_the_second_class(data, votes):
    ours = fitted(data, votes)
    x = pd.DataFrame([[0.0, 0, 0], [1, 1, 1], [-1, -1, -1]], columns=TERMS)
    chances = ours.predict_proba(x)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    np.testing.assert_allclose(chances[:, 1], 1 / (1 + np.exp(-ours.decision_function(x))))
    assert ours.predict(x).tolist() == ["no, right", "yes, left", "no, right"]


def test_it_works_with_grouped_cross_validation(data, votes):
    chances = cross_val_predict(
        PairwiseCalibrator(),
        data.differences,
        data.preferred.astype(int),
        groups=votes["participant"],
        cv=GroupKFold(20),  # one person each: nothing is random
        method="predict_proba",
    )
    taken = chances[np.arange(len(chances)), data.preferred.astype(int)]
    held = hold_out(data, folds=20)["participants"]
    assert -np.log(taken).mean() == pytest.approx(held.log_loss, abs=1e-7)


@pytest.mark.golden
def test_it_reports_the_separated_lizard():
    data = golden.covariates("whiting_flatlizards_design.csv", golden.LIZARD_TERMS)
    x, y = data.differences.copy(), data.preferred.copy()
    x[::2], y[::2] = -x[::2], 1 - y[::2]
    ours = PairwiseCalibrator().fit(x, y)
    assert ours.method_ == "firth"
    assert ours.separated_.tolist() == [True] + 5 * [False]
    expected = golden.reference("flatlizards_firth")
    np.testing.assert_allclose(ours.coef_, expected["estimate"], atol=1e-6)
    with pytest.raises(ValueError, match="separated by x0, so that maximum likelihood"):
        PairwiseCalibrator(method="ml").fit(x, y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, np.ones(len(y)), None), "y has one class only: reverse some rows"),
        (lambda x, y: (x, np.arange(len(y)) % 3, None), "Only binary .* 3 classes"),
        (lambda x, y: (x, y, [1, 2]), "2 groups for 800 rows"),
        (lambda x, y: (x[:, [0, 0]], y, None), "depend on each other linearly"),
    ],
)
def test_it_refuses_data_without_an_estimate(data, change, message):
    x, y, groups = change(data.differences, data.preferred)
    with pytest.raises(ValueError, match=message):
        PairwiseCalibrator().fit(x, y, groups=groups)


def test_it_refuses_unknown_methods_and_levels(data):
    with pytest.raises(ValueError, match="use one of ml, firth, auto"):
        PairwiseCalibrator(method="ridge").fit(data.differences, data.preferred)
    with pytest.raises(ValueError, match="level 95"):
        PairwiseCalibrator(level=95).fit(data.differences, data.preferred)


def test_one_person_gets_no_clustered_errors(data):
    alone = PairwiseCalibrator().fit(data.differences, data.preferred, groups=np.zeros(800))
    assert np.isfinite(alone.coef_).all()
    assert np.isnan(alone.std_errors_).all()
