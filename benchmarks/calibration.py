"""Batched selection and bootstrap against a loop of statsmodels fits; and a million votes.

The loop runs every tenth of its fits, and its time is multiplied by ten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from firthmodels import FirthLogisticRegression, detect_separation
from statsmodels.discrete.discrete_model import Logit

from metrics.calibration.bootstrap import bootstrap
from metrics.calibration.covariance import clustered
from metrics.calibration.data import Comparisons, compare
from metrics.calibration.firth import firth
from metrics.calibration.fit import fit
from metrics.calibration.selection import select
from metrics.calibration.separation import separation

TERMS = ("E1", "E2", "E3", "E4", "E5")
TRUTH = np.array([0.7468, 0.2557, 2.3768, 0.0, 0.0])


def benchmarks() -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(0)
    data = _votes(rng, 200, 50)
    ours = min(_seconds(lambda: _select_and_draw(data)) for _ in range(3))
    reference = _loop(data, rng)
    yield _row("calibration/selection+1000-bootstraps@10000-votes", ours, reference)

    for people, trials in ((30, 40), (200, 50)):
        data = _votes(rng, people, trials).restrict(TERMS[:3])
        ours, reference = _firth_draws(data, rng)
        yield _row(f"calibration/20-firth-draws@{data.votes}-votes", ours, reference)
        ours, reference = (min(_seconds(find) for _ in range(3)) for find in _separations(data))
        yield _row(f"calibration/separation@{data.votes}-votes", ours, reference)

    statistics = pd.DataFrame(rng.standard_normal((4200, 5)), columns=list(TERMS))
    statistics.insert(0, "stimulus", [f"s{n}" for n in range(4200)])
    votes = _table(rng, statistics, 1_000_000)
    ours = _seconds(lambda: _fit(votes, statistics))
    arrays = compare(votes, statistics, TERMS)
    reference = _seconds(lambda: Logit(arrays.preferred, arrays.differences).fit(disp=0))
    yield _row("calibration/fit-with-clusters@1000000-votes", ours, reference)


def _firth_draws(data: Comparisons, rng: np.random.Generator) -> tuple[float, float]:
    """Seconds of Firth's fit of 20 draws of the bootstrap, ours and that of firthmodels."""
    start = firth(data.differences, data.preferred).coefficients
    draws = rng.multinomial(data.people, np.full(data.people, 1 / data.people), size=20)
    times = draws[:, data.participants]

    def ours() -> np.ndarray:
        rows = [np.repeat(np.arange(data.votes), draw) for draw in times]
        fits = [
            firth(data.differences[r], data.preferred[r], start=start, tolerance=1e-4) for r in rows
        ]
        return np.array([fit.coefficients for fit in fits])

    def library() -> np.ndarray:
        found = []
        for draw in times:
            in_draw = draw > 0
            model = FirthLogisticRegression(
                fit_intercept=False, max_iter=200, gtol=1e-6, xtol=1e-6, backend="numpy"
            )
            x, y = data.differences[in_draw], data.preferred[in_draw].astype(int)
            found.append(model.fit(x, y, sample_weight=draw[in_draw].astype(float)).coef_)
        return np.array(found)

    np.testing.assert_allclose(ours(), library(), atol=1e-4)
    return tuple(min(_seconds(draw) for _ in range(3)) for draw in (ours, library))


def _separations(data: Comparisons) -> tuple[Callable[[], object], Callable[[], object]]:
    """Seconds of the search for separation in votes that have none, ours and that of
    firthmodels."""
    return (
        lambda: separation(data),
        lambda: detect_separation(data.differences, data.preferred, fit_intercept=False),
    )


def _row(name: str, ours: float, reference: float) -> dict[str, object]:
    return {
        "name": name,
        "ratio": ours / reference,
        "ours": ours,
        "reference": reference,
        "unit": "s",
    }


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _select_and_draw(data: Comparisons) -> None:
    chosen = data.restrict(select(data).chosen.terms)
    bootstrap(chosen, fit(chosen), replicates=1000)


def _loop(data: Comparisons, rng: np.random.Generator) -> float:
    """Seconds of the same fits one after the other, ten times those of every tenth."""
    x, y, people = data.differences, data.preferred, data.participants
    fold_of = rng.permutation(data.people) % 10
    subsets = [list(s) for k in range(1, 6) for s in combinations(range(5), k)]
    everyone = np.arange(data.votes)
    jobs = [(subset, everyone) for subset in subsets]
    for fold in range(10):
        rows = np.flatnonzero(fold_of[people] != fold)
        jobs += [(subset, rows) for subset in subsets]
    for _ in range(1000):
        counts = rng.multinomial(data.people, np.full(data.people, 1 / data.people))
        jobs.append(([0, 1, 2], np.repeat(everyone, counts[people])))
    start = time.perf_counter()
    for columns, rows in jobs[::10]:
        Logit(y[rows], x[np.ix_(rows, columns)]).fit(disp=0)
    return 10 * (time.perf_counter() - start)


def _fit(votes: pd.DataFrame, statistics: pd.DataFrame) -> None:
    data = compare(votes, statistics, TERMS)
    result = fit(data)
    clustered(result.scores, result.bread, data.participants)


def _votes(rng: np.random.Generator, people: int, trials: int) -> Comparisons:
    count = people * trials
    x = np.sqrt(0.6) * rng.standard_normal((count, 1)) + np.sqrt(0.4) * rng.standard_normal(
        (count, 5)
    )
    preferred = (rng.random(count) < 1 / (1 + np.exp(-x @ TRUTH))).astype(float)
    return Comparisons(TERMS, x, preferred, np.repeat(np.arange(people), trials))


def _table(rng: np.random.Generator, statistics: pd.DataFrame, count: int) -> pd.DataFrame:
    left = rng.integers(0, len(statistics), count)
    right = (left + rng.integers(1, len(statistics), count)) % len(statistics)
    x = statistics[list(TERMS)].to_numpy()
    chance = 1 / (1 + np.exp(-(x[left] - x[right]) @ TRUTH))
    names = statistics["stimulus"].to_numpy()
    return pd.DataFrame(
        {
            "participant": [f"p{n}" for n in rng.integers(0, 5000, count)],
            "stimulus_left": names[left],
            "stimulus_right": names[right],
            "choice": np.where(rng.random(count) < chance, "left", "right"),
        }
    )
