"""Judge every candidate by the votes: accuracy, log loss, what is left out, usefulness, ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from common.errors import InputError
from metrics.calibration.data import Codes, Floats
from metrics.calibration.intervals import LEVEL
from metrics.calibration.newton import fit_batch
from metrics.calibration.referee.candidates import Candidate
from metrics.calibration.referee.errors import (
    Clusters,
    Draws,
    influence,
    standard_errors,
    wide_intervals,
)
from metrics.calibration.referee.held_out import Predicted, Split, either, predict, whole
from metrics.calibration.referee.judgement import Finding, HeldOut, Interval
from metrics.calibration.referee.panel import Panel
from metrics.calibration.referee.ranking import null_draws, pairs_of, rank, step_down

LEFT_OUT = {"methods": "method", "contents": "content", "styles": "style"}
"""What is left out → the column that names it."""
_LEAST_COMMON = 0.5
"""Ranked statistics share at least so large a part of the votes."""


@dataclass(frozen=True)
class Splits:
    """What can be left out of these votes, and why the rest cannot.

    direction: the split that decides directions that are not declared: participants, or pairs of
    stimuli where there is one participant.
    """

    splits: dict[str, Split]
    reasons: dict[str, str]
    direction: Split | None
    sides: dict[str, tuple[Codes, Codes]]


def splits_of(panel: Panel, seed: int) -> Splits:
    """Prepare leaving out participants, methods, contents and styles."""
    found, reasons, sides = {}, {}, {}
    people = whole(panel.people, seed)
    if people is None:
        reasons["participants"] = "the votes come from one participant"
    else:
        found["participants"] = people
    for name, column in LEFT_OUT.items():
        codes = panel.sides(column)
        if codes is None:
            reasons[name] = f"the statistics do not name the {column} of every stimulus"
            continue
        split = either(*codes, seed)
        if split is None:
            reasons[name] = f"there is one {column} only"
            continue
        found[name], sides[name] = split, codes
    pairs = panel.comparisons.pairs
    direction = people or (whole(pairs, seed) if pairs is not None else None)
    return Splits(found, reasons, direction, sides)


@dataclass(frozen=True)
class Judged:
    """Findings on K candidates, and each vote's score for them: right (N, K), NaN where missing."""

    findings: tuple[Finding, ...]
    right: Floats


def judge(
    panel: Panel, clusters: Clusters, candidates: Sequence[Candidate], splits: Splits, draws: Draws
) -> Judged:
    """Judge each candidate by itself; `rank_all` then compares them."""
    count = len(panel.preferred)
    right, loss = np.full((2, count, len(candidates)), np.nan)
    findings = []
    for place, candidate in enumerate(candidates):
        finding = Finding(candidate)
        findings.append(finding)
        x = panel.differences(candidate.terms)
        there = np.asarray(np.isfinite(x).all(axis=1))
        finding.votes, finding.missing = int(there.sum()), int((~there).sum())
        if why := _unusable(x, there):
            finding.reasons["accuracy"] = why
            continue
        finding.undecided = int((x[there] == 0).all(axis=1).sum())
        predicted = {name: predict(x, panel.preferred, s) for name, s in splits.splits.items()}
        _held_out(finding, predicted, panel, clusters, splits)
        right[:, place] = _right(candidate, x, panel.preferred, predicted, splits)
        if "participants" in predicted:
            loss[:, place] = predicted["participants"].loss
        _coefficient(finding, x[there], panel.preferred[there])
    _fill(findings, right, loss, clusters, draws)
    return Judged(tuple(findings), right)


def _unusable(x: Floats, there: np.ndarray) -> str:
    if not there.any():
        return "no vote has a value of it for both stimuli"
    if not (x[there] != 0).any():
        return "it never differs between the two stimuli of a vote (constant within references)"
    return ""


def _right(
    candidate: Candidate,
    x: Floats,
    preferred: Floats,
    predicted: dict[str, Predicted],
    splits: Splits,
) -> Floats:
    """Give (N,): 1 where the vote is predicted, ½ for ties on either side, NaN where unknown."""
    if candidate.higher_is_better is not None:
        sign = 1.0 if candidate.higher_is_better else -1.0
        return np.asarray(0.5 + 0.5 * sign * np.sign(x[:, 0]) * np.sign(preferred - 0.5))
    if "participants" in predicted:
        return predicted["participants"].right
    if splits.direction is None:
        return np.full(len(x), np.nan)
    return predict(x, preferred, splits.direction).right


def _coefficient(finding: Finding, x: Floats, preferred: Floats) -> None:
    if x.shape[1] > 1:
        finding.reasons["coefficient"] = "a set has several: calibrate gives them"
        return
    fit = fit_batch(x, preferred)
    if fit.converged[0]:
        finding.coefficient = float(fit.coefficients[0, 0])
    else:
        finding.reasons["coefficient"] = "it predicts every vote, so that it would be infinite"


def _held_out(
    finding: Finding,
    predicted: dict[str, Predicted],
    panel: Panel,
    clusters: Clusters,
    splits: Splits,
) -> None:
    for name in ("participants", *LEFT_OUT):
        finding.held_out[name] = None
        if name not in predicted:
            finding.reasons[f"held_out.{name}"] = splits.reasons[name]
            continue
        found = predicted[name]
        rows = np.isfinite(found.loss)
        if not rows.any():
            finding.reasons[f"held_out.{name}"] = "what remains is too little to fit it to"
            continue
        both = np.column_stack([found.loss, found.right])[rows]
        mean, effect = influence(both)
        errors: list[float | None] = [None, None]
        part = clusters.part(rows)
        if not part.obstacle:
            errors = [float(e) if e > 0 else None for e in standard_errors(part, effect)[0]]
        finding.held_out[name] = HeldOut(
            log_loss=float(mean[0]),
            log_loss_error=errors[0],
            accuracy=float(mean[1]),
            accuracy_error=errors[1],
            folds=splits.splits[name].folds,
            votes=int(rows.sum()),
            levels=_levels(found, rows, panel, splits, name),
        )


def _levels(
    found: Predicted, rows: np.ndarray, panel: Panel, splits: Splits, name: str
) -> dict[str, dict[str, float]]:
    """Figures of each level, over the votes in which it takes part."""
    if name not in splits.sides:
        return {}
    left, right = (side[rows] for side in splits.sides[name])
    names = np.unique(panel.levels[LEFT_OUT[name]])
    ends = np.concatenate([left, right[right != left]])
    votes = np.bincount(ends, minlength=len(names))
    sums = [
        np.bincount(ends, np.concatenate([v[rows], v[rows][right != left]]), minlength=len(names))
        for v in (found.right, found.loss)
    ]
    return {
        str(level): {
            "votes": int(votes[place]),
            "accuracy": float(sums[0][place] / votes[place]),
            "log_loss": float(sums[1][place] / votes[place]),
        }
        for place, level in enumerate(names)
        if votes[place]
    }


def _fill(
    findings: Sequence[Finding], right: Floats, loss: Floats, clusters: Clusters, draws: Draws
) -> None:
    """Means, intervals, and whether each is useful."""
    mean, effect = influence(right)
    errors, covariance = standard_errors(clusters, effect)
    narrow, wide = draws.intervals(right), wide_intervals(clusters, mean, errors)
    losses, loss_bounds = influence(loss)[0], draws.intervals(loss)
    for place, finding in enumerate(findings):
        if not np.isfinite(right[:, place]).any():
            finding.reasons.setdefault("accuracy", "the votes do not give its direction")
            continue
        finding.accuracy = float(mean[place])
        finding.accuracy_interval = _interval(narrow[place], 0.0, 1.0)
        finding.accuracy_interval_stimuli = _interval(wide[place], 0.0, 1.0)
        if finding.accuracy_interval is None:
            finding.reasons["accuracy_interval"] = (
                clusters.obstacle or "participants agree too much to show how far they differ"
            )
        if np.isfinite(loss[:, place]).any():
            finding.log_loss = float(losses[place])
            finding.log_loss_interval = _interval(loss_bounds[place])
        else:
            finding.reasons["log_loss"] = finding.reasons.get("held_out.participants", "not fitted")
    known = [p for p, f in enumerate(findings) if f.accuracy is not None]
    if clusters.obstacle:
        for place in known:
            findings[place].reasons["useful"] = clusters.obstacle
        return
    tested = [p for p in known if errors[p] > 0]
    for place in known:
        if place not in tested:
            findings[place].reasons["useful"] = "every vote is predicted alike: no error is known"
    if tested:
        nulls = null_draws(covariance[np.ix_(tested, tested)], clusters.df, draws.seed, len(tested))
        p = step_down((mean[tested] - 0.5) / errors[tested], nulls / errors[tested])
        for place, value in zip(tested, p.tolist(), strict=True):
            findings[place].useful_p = value
            findings[place].useful = value <= 1 - LEVEL


def _interval(bounds: Floats, low: float = -np.inf, high: float = np.inf) -> Interval:
    if np.isnan(bounds).any():
        return None
    return [max(low, float(bounds[0])), min(high, float(bounds[1]))]


def rank_all(judged: Judged, clusters: Clusters, seed: int) -> int:
    """Rank the candidates on their common votes; gives how many these are.

    Candidates with the most missing votes are left out until the rest share half of all votes.
    """
    findings, right = judged.findings, judged.right
    if clusters.obstacle:
        for finding in findings:
            finding.reasons["rank"] = finding.reasons.get("accuracy", clusters.obstacle)
        return 0
    places = [p for p, finding in enumerate(findings) if finding.accuracy is not None]
    for place, finding in enumerate(findings):
        if place not in places:
            finding.reasons["rank"] = finding.reasons["accuracy"]
    while places:
        common = np.asarray(np.isfinite(right[:, places]).all(axis=1))
        if common.mean() >= _LEAST_COMMON:
            break
        worst = max(places, key=lambda place: (findings[place].missing, place))
        places.remove(worst)
        findings[worst].reasons["rank"] = "too many votes lack it to compare it on common votes"
    if not places:
        return 0
    part = clusters.part(common)
    if part.obstacle:
        for place in places:
            findings[place].reasons["rank"] = part.obstacle
        return 0
    mean, effect = influence(right[common][:, places])
    contrasts = pairs_of(len(places))[2]
    covariance = standard_errors(part, effect)[1]
    errors = standard_errors(part, effect, contrasts)[0]
    ranks = rank(mean, errors, covariance, part.df, seed)
    for at, place in enumerate(places):
        findings[place].rank = int(ranks.best[at])
        findings[place].rank_interval = [int(ranks.best[at]), int(ranks.worst[at])]
        findings[place].group = int(ranks.group[at])
    return int(common.sum())


def check_votes(panel: Panel) -> None:
    """Raise InputError where all votes are ties, which no statistic can predict."""
    if (panel.preferred == 0.5).all():
        raise InputError("every vote is a tie: no statistic can be right or wrong about it")
