"""The calibration as a scikit-learn estimator, for pipelines, searches and cross-validation there.

    from sklearn.model_selection import GroupKFold, cross_val_score

    x = statistics.loc[left].to_numpy() - statistics.loc[right].to_numpy()
    cross_val_score(PairwiseCalibrator(), x, chosen, groups=people, cv=GroupKFold(10))

A row of X is the difference of two stimuli's statistics, left minus right, and y is one of two
answers. There is no intercept, so the classes are symmetric: reversing the sign of a row and its
answer leaves the estimate unchanged. `decision_function` is linear; applied to the statistics of
one stimulus it gives that stimulus's score.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from common.errors import InputError

from .data import Comparisons, Floats
from .fit import Fit, fit
from .jackknife import bounds
from .uncertainty import independent, uncertainty


class PairwiseCalibrator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression of preferences on differences, without intercept and without shrinkage.

    Parameters
    ----------
    method : {"auto", "ml", "firth"}, default="auto"
        ml: maximum likelihood, refused where a term is separated, since its coefficient would be
        infinite. firth: Firth's penalised likelihood, always finite. auto: ml unless separated.
    level : float, default=0.95
        Of the intervals, 0 … 1.

    Attributes
    ----------
    classes_ : (2,) array. The second is `left preferred`: its log odds are X @ coef_.
    coef_ : (K,) array, log odds per unit of each statistic.
    covariance_ : (K, K) array, clustered by `groups` of `fit`; without groups, naive: as if all
        rows were independent. NaN where the groups do not support it (see uncertainty.py).
    std_errors_, intervals_ : (K,) and (K, 2) arrays; intervals by a jackknife over groups (see
        jackknife.py) and Student's t with Satterthwaite degrees of freedom.
    method_ : "ml" or "firth", as chosen by `auto`.
    separated_ : (K,) booleans, terms without a finite maximum-likelihood estimate.
    log_likelihood_ : float, without the penalty.
    n_features_in_, feature_names_in_ : as in all estimators of scikit-learn.

    """

    coef_: Floats

    def __init__(self, method: str = "auto", level: float = 0.95) -> None:
        self.method = method
        self.level = level

    def fit(self, X: Any, y: Any, groups: Any = None) -> PairwiseCalibrator:
        """Fit differences X (N, K) to answers y (N,) of two classes.

        groups: (N,), the person who gave each answer; errors are then clustered by person. Raises
            ValueError, in one line, for input that yields no estimate.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) == 1:
            raise ValueError(
                "y has one class only: reverse some rows (−x, and the other answer), which "
                "changes no estimate"
            )
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported: y has "
                f"{len(self.classes_)} classes, leave ties out"
            )
        if not 0 < self.level < 1:
            raise ValueError(f"level {self.level!r} is not a share: use one between 0 and 1")
        people = np.arange(len(y)) if groups is None else np.unique(groups, return_inverse=True)[1]
        if len(people) != len(y):
            raise ValueError(f"{len(people)} groups for {len(y)} rows: give one for each row")
        names = getattr(self, "feature_names_in_", [f"x{column}" for column in range(X.shape[1])])
        comparisons = Comparisons(
            tuple(map(str, names)), X, (y == self.classes_[1]).astype(np.float64), people.ravel()
        )
        try:
            result = fit(comparisons, self.method)
        except InputError as error:
            raise ValueError(str(error)) from error
        if not np.isfinite(result.coefficients).all():
            raise ValueError(
                f"y is separated by {', '.join(result.separated)}, so that maximum likelihood has "
                "no finite coefficient: use method='firth' or 'auto'"
            )
        self.coef_ = result.coefficients
        self.method_ = result.method
        self.separated_ = np.isin(comparisons.terms, result.separated)
        self.log_likelihood_ = result.log_likelihood
        self._publish(comparisons, result, grouped=groups is not None)
        return self

    def _publish(self, comparisons: Comparisons, result: Fit, *, grouped: bool) -> None:
        found = uncertainty(result, comparisons.participants) if grouped else independent(result)
        found = found.without(self.separated_)
        self.covariance_, self.std_errors_ = found.covariance, found.std_errors
        if grouped:
            low, high = bounds(comparisons, result, found, self.level)
        else:
            width = found.half_widths(self.level)
            low, high = self.coef_ - width, self.coef_ + width
        self.intervals_ = np.column_stack([low, high])

    def decision_function(self, X: Any) -> Floats:
        """Log odds (N,) of the second class; of statistics of single stimuli, their scores."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(X @ self.coef_)

    def predict_proba(self, X: Any) -> Floats:
        """Chances (N, 2) of the two classes."""
        eta = self.decision_function(X)
        first = 0.5 * (1 - np.tanh(0.5 * eta))
        return np.column_stack([first, 1 - first])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The more probable class (N,); at even odds the first."""
        eta = self.decision_function(X)
        return np.asarray(self.classes_[(eta > 0).astype(int)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
