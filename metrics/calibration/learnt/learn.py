"""Learn a referee from votes, and judge it beside the calibrated models, in one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from common.errors import InputError
from metrics.calibration.data import Codes, Comparisons, Floats, compare
from metrics.calibration.goodness import losses
from metrics.calibration.learnt.features import LEVELS, Features
from metrics.calibration.learnt.head import Pairs, fit_head, log_odds, predict_head
from metrics.calibration.learnt.learnt import Learnt, Rated
from metrics.calibration.learnt.memorised import Losses, judge_memory
from metrics.calibration.learnt.splits import SPLITS
from metrics.calibration.newton import fit_batch
from metrics.calibration.referee.adds import base_of
from metrics.calibration.referee.candidates import BASE
from metrics.calibration.referee.errors import Clusters, influence, standard_errors
from metrics.calibration.referee.held_out import Predicted, Split, both, either, predict, whole
from metrics.calibration.referee.judge import check_votes
from metrics.calibration.referee.judgement import HeldOut
from metrics.calibration.referee.panel import Panel, panel
from metrics.calibration.selection import penalised
from metrics.calibration.vote_columns import flags

MOST_FOLDS = 10
"""Contents, styles and methods are left out in at most so many parts: each fit chooses a
penalty."""
_SIDES = {"methods": "method", "both methods": "method", "contents": "content", "styles": "style"}


def learn(
    votes: pd.DataFrame,
    features: Features,
    statistics: pd.DataFrame | None = None,
    *,
    target: str = "",
    include_simulated: bool = False,
    any_instrument: bool = False,
    seed: int = 0,
    progress: Callable[[str], None] = lambda name: None,
) -> Learnt:
    """Fit a head on `features` to votes, and judge it by what is left out.

    Args:
        votes: columns as in `compare`; ties count half.
        features: of every stimulus that the votes name.
        statistics: `stimulus` and columns E1 … E5 and C, for the calibrated models beside it; their
            method, content and style count where the features name none.
        target: the question, E, C or O; empty for votes that are all on one.
        include_simulated: let simulated votes take part.
        any_instrument: let statistics of different instruments take part.
        seed: of folds.
        progress: called with the name of a model before it is fitted.

    Raises:
        InputError: in one line, for input that gives no answer.

    """
    frame = stimuli_frame(features, statistics)
    base = [term for term in BASE if term in frame.columns]
    comparisons = compare(
        votes,
        frame,
        base,
        ties="half",
        include_simulated=include_simulated,
        any_instrument=any_instrument,
        target=target,
        keep_missing=True,
    )
    seen, dropped = _complete(comparisons, frame)
    check_votes(seen)
    place = {name: at for at, name in enumerate(features.stimuli)}
    vectors = features.vectors()[[place[name] for name in seen.stimuli]]
    pairs = Pairs.arrange(seen.left, seen.right, seen.preferred)
    progress("learnt")
    head = fit_head(vectors, pairs, np.ones(len(pairs.of), dtype=bool), seen.people, seed)
    if head is None:
        raise InputError("the features are the same for all stimuli: nothing can be learnt")
    judge = _Judge(seen, *_splits(seen, seed))
    ours, losses_of = judge.rate(
        "learnt",
        (),
        log_odds(head, pairs),
        lambda split: predict_head(vectors, pairs, seen.preferred, seen.people, split, seed),
        progress,
    )
    rivals = [judge.calibrated(name, terms, progress) for name, terms in rivals_of(base_of(seen))]
    verdict = judge_memory(
        judge.memory(losses_of),
        judge.one_term(rivals),
        judge.reasons.get("methods") or judge.reasons.get("both methods", ""),
    )
    return Learnt(
        target=target,
        weights=head.weights,
        instrument=features.instrument,
        penalty=head.penalty,
        components=head.components,
        votes=len(seen.preferred),
        ties=int((seen.preferred == 0.5).sum()),
        participants=len(np.unique(seen.people)),
        stimuli=len(seen.stimuli),
        simulated=seen.comparisons.simulated,
        dropped=dropped,
        seed=seed,
        models=(ours, *(rated for rated, _ in rivals)),
        verdict=verdict,
        reasons=judge.reasons,
        notes=tuple(_notes(seen, judge, bool(rivals))),
    )


def stimuli_frame(features: Features, statistics: pd.DataFrame | None) -> pd.DataFrame:
    """One row for each stimulus of the features, with its levels and statistics."""
    frame = features.frame()
    if statistics is None:
        return frame
    if "stimulus" not in statistics.columns:
        raise InputError("the statistics have no column 'stimulus': add it")
    table = statistics.assign(stimulus=statistics["stimulus"].astype(str))
    if (again := table["stimulus"].duplicated()).any():
        name = table["stimulus"][again].iloc[0]
        raise InputError(f"the statistics name stimulus {name!r} twice: keep one row for each")
    wanted = [name for name in LEVELS if name not in frame.columns] + [
        *BASE,
        "instrument_E",
        "instrument_C",
    ]
    there = [name for name in wanted if name in table.columns]
    return frame.merge(table[["stimulus", *there]], on="stimulus", how="left")


def rivals_of(base: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Names and terms of the calibrated models: E, C, both together, and each statistic alone."""
    of_e = tuple(term for term in base if term != "C")
    of_c = base[len(of_e) :]
    found = [("E", of_e), ("C", of_c)]
    if of_e and of_c:
        found.append(("E and C", base))
    if len(of_e) > 1:
        found += [(f"{term} alone", (term,)) for term in of_e]
    return [(name, terms) for name, terms in found if terms]


def _complete(comparisons: Comparisons, frame: pd.DataFrame) -> tuple[Panel, dict[str, int]]:
    """The votes for whose stimuli all usable statistics of E and C are known."""
    seen = panel(comparisons, frame)
    base = base_of(seen)
    rows = np.asarray(np.isfinite(seen.differences(base)).all(axis=1))
    dropped = dict(comparisons.dropped)
    if rows.all():
        return seen, dropped
    dropped["statistic missing"] = dropped.get("statistic missing", 0) + int((~rows).sum())
    assert comparisons.used is not None
    assert comparisons.pairs is not None
    used = comparisons.used.iloc[np.flatnonzero(rows)]
    kept = replace(
        comparisons,
        differences=comparisons.differences[rows],
        preferred=comparisons.preferred[rows],
        participants=comparisons.participants[rows],
        pairs=comparisons.pairs[rows],
        used=used,
        simulated=int(flags(used, "simulated", lambda marked: "").sum()),
    )
    return panel(kept, frame), dropped


def _splits(seen: Panel, seed: int) -> tuple[dict[str, Split], dict[str, str]]:
    splits, reasons = {}, {}
    people = whole(seen.people, seed)
    if people is None:
        reasons["participants"] = "the votes come from one participant"
    else:
        splits["participants"] = people
    for name, column in _SIDES.items():
        sides = seen.sides(column)
        if sides is None:
            reasons[name] = f"neither features nor statistics name the {column} of every stimulus"
            continue
        split = both(*sides, seed) if name == "both methods" else either(*sides, seed, MOST_FOLDS)
        if split is None:
            reasons[name] = f"there is one {column} only"
        else:
            splits[name] = split
    return splits, reasons


@dataclass
class _Judge:
    """Rates models by the same votes and folds."""

    seen: Panel
    splits: dict[str, Split]
    reasons: dict[str, str]

    def __post_init__(self) -> None:
        self.people = Clusters(self.seen.people, self.seen.left, self.seen.right)
        methods = self.seen.sides("method")
        self.methods = Clusters(self.seen.people, *methods) if methods else None

    def rate(
        self,
        name: str,
        terms: tuple[str, ...],
        fitted: Floats,
        predict_left_out: Callable[[Split], Predicted],
        progress: Callable[[str], None],
    ) -> tuple[Rated, dict[str, Floats]]:
        """Give the rating, and each split's loss (N,) of each vote; `fit`: of the fit itself."""
        preferred = self.seen.preferred
        found = {"fit": losses(fitted, preferred)}
        right = 0.5 + 0.5 * np.sign(fitted) * np.sign(preferred - 0.5)
        held: dict[str, HeldOut | None] = {}
        for split_name in SPLITS:
            held[split_name] = None
            if split_name not in self.splits:
                continue
            progress(f"{name}, {split_name} left out")
            answer = predict_left_out(self.splits[split_name])
            found[split_name] = answer.loss
            held[split_name] = self._held_out(split_name, answer)
            if held[split_name] is None:
                self.reasons[split_name] = "what remains is too little to fit it to"
        return (
            Rated(name, terms, float(found["fit"].mean()), float(right.mean()), held),
            found,
        )

    def calibrated(
        self, name: str, terms: tuple[str, ...], progress: Callable[[str], None]
    ) -> tuple[Rated, dict[str, Floats]]:
        """The model of some statistics, on the same votes and folds."""
        x, preferred = self.seen.differences(terms), self.seen.preferred
        fit = fit_batch(x, preferred)
        beta = fit.coefficients[0] if fit.converged[0] else penalised(x, preferred)
        return self.rate(name, terms, x @ beta, partial(predict, x, preferred), progress)

    def memory(self, found: dict[str, Floats]) -> Losses:
        """The losses by which `judge_memory` decides."""
        known = found.get("participants", found["fit"])
        return Losses(known, found.get(self._new(found)), self.methods, self.people)

    def one_term(
        self, rivals: list[tuple[Rated, dict[str, Floats]]]
    ) -> tuple[str, Floats, Floats | None] | None:
        """The model of one statistic that predicts participants left out best."""
        single = [(rated, found) for rated, found in rivals if len(rated.terms) == 1]
        if not single:
            return None
        known = "participants" if "participants" in self.splits else "fit"
        rated, found = min(single, key=lambda pair: float(np.nanmean(pair[1][known])))
        return rated.terms[0], found[known], found.get(self._new(found))

    @staticmethod
    def _new(found: dict[str, Floats]) -> str:
        """Both methods left out; where nothing remains then, one of them."""
        if "both methods" in found and np.isfinite(found["both methods"]).any():
            return "both methods"
        return "methods"

    def _held_out(self, name: str, answer: Predicted) -> HeldOut | None:
        rows = np.isfinite(answer.loss)
        if not rows.any():
            return None
        mean, effect = influence(np.column_stack([answer.loss, answer.right])[rows])
        part = self.people.part(rows)
        errors: list[float | None] = [None, None]
        if not part.obstacle:
            errors = [float(e) if e > 0 else None for e in standard_errors(part, effect)[0]]
        return HeldOut(
            log_loss=float(mean[0]),
            log_loss_error=errors[0],
            accuracy=float(mean[1]),
            accuracy_error=errors[1],
            folds=self.splits[name].folds,
            votes=int(rows.sum()),
        )


def _notes(seen: Panel, judge: _Judge, has_rivals: bool) -> list[str]:
    found = [f"{name} are not left out: {why}." for name, why in judge.reasons.items()]
    if judge.people.obstacle:
        found.append(f"No errors are known: {judge.people.obstacle}.")
    if not has_rivals:
        found.append("Without statistics there are no calibrated models to compare it with.")
    sides: tuple[Codes, Codes] | None = seen.sides("method")
    if sides is not None and (many := len(np.unique(np.concatenate(sides)))) < 5:
        found.append(f"There are {many} methods: how far it holds for another one is hardly known.")
    return found
