"""The referee over votes and statistics, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from common.errors import InputError
from common.lookup import check_name
from metrics.calibration.abilities import Abilities, abilities
from metrics.calibration.data import compare
from metrics.calibration.referee import rank_correlation
from metrics.calibration.referee.adds import additions
from metrics.calibration.referee.candidates import BASE, Candidate, candidates, columns_of
from metrics.calibration.referee.ceiling import ceiling
from metrics.calibration.referee.errors import Clusters, Draws
from metrics.calibration.referee.judge import Splits, check_votes, judge, rank_all, splits_of
from metrics.calibration.referee.judgement import Adds, Finding, Judgement
from metrics.calibration.referee.notes import notes
from metrics.calibration.referee.panel import Panel, panel
from metrics.calibration.referee.similarity import Similarity, similarity
from metrics.calibration.vote_columns import lines_of, other_target, require

TARGETS = ("E", "C", "O")
"""The questions: style carried, content kept, overall."""


def referee(
    votes: pd.DataFrame,
    statistics: pd.DataFrame | None,
    *,
    target: str = "",
    names: Sequence[str] | None = None,
    directions: Mapping[str, bool] | None = None,
    include_simulated: bool = False,
    any_instrument: bool = False,
    draws: int = 1000,
    seed: int = 0,
) -> Judgement:
    """Judge statistics by votes.

    Args:
        votes: columns as in `compare`; ties count half.
        statistics: one row for each stimulus: `stimulus`, columns of numbers, optional method,
            content, style. None: the votes name these in columns such as `method_left`, and no
            statistic is judged.
        target: the question, E, C or O; empty for votes that are all on one.
        names: columns of `statistics`, or columns joined by `+` for one model of several; None for
            all that hold numbers.
        directions: column → whether higher is better; for other columns the votes decide it.
        include_simulated: let simulated votes take part.
        any_instrument: let numbers of different instruments take part.
        draws: how often participants are drawn for the intervals of these stimuli.
        seed: of folds and draws.

    Raises:
        InputError: in one line, for input that gives no answer.

    """
    if draws < 0:
        raise InputError("the number of draws cannot be negative")
    if target:
        check_name("target", target, TARGETS)
    else:
        _check_one_target(votes)
    several: tuple[Candidate, ...] = ()
    if statistics is None:
        statistics = stimuli_of(votes)
    else:
        several = candidates(statistics, names, directions or {})
    base = [term for term in BASE if term in statistics.columns] if several else []
    comparisons = compare(
        votes,
        statistics,
        tuple(dict.fromkeys((*columns_of(several), *base))),
        ties="half",
        include_simulated=include_simulated,
        any_instrument=any_instrument,
        target=target,
        keep_missing=True,
    )
    seen = panel(comparisons, statistics)
    check_votes(seen)
    clusters = Clusters(seen.people, seen.left, seen.right)
    splits = splits_of(seen, seed)
    judged = judge(seen, clusters, several, splits, Draws.of(clusters, draws, seed))
    ranked = rank_all(judged, clusters, seed)
    methods = abilities(comparisons.used, statistics) if comparisons.used is not None else None
    reference = _correlate(judged.findings, seen, target, methods)
    _add(judged.findings, seen, clusters, splits, seed)
    alike, similar = _similar(judged.findings, seen)
    limit = ceiling(comparisons)
    return Judgement(
        target=target,
        votes=comparisons.votes,
        ties=comparisons.ties,
        participants=comparisons.people,
        stimuli=len(seen.stimuli),
        references=reference,
        simulated=comparisons.simulated,
        dropped=comparisons.dropped,
        findings=tuple(sorted(judged.findings, key=_place)),
        ceiling=limit,
        abilities=methods,
        similarity=alike,
        similar=similar,
        ranked_votes=ranked,
        draws=draws,
        seed=seed,
        notes=notes(seen, clusters, judged.findings, limit),
    )


def stimuli_of(votes: pd.DataFrame) -> pd.DataFrame:
    """Stimuli with their method, content and style, from columns that the votes have of them.

    A column without a side, such as `content`, holds for both stimuli. Raises InputError where one
    stimulus has two methods, contents or styles.
    """
    require(votes, ("stimulus_left", "stimulus_right"), "votes")
    parts = []
    for side in ("left", "right"):
        part = pd.DataFrame({"stimulus": votes[f"stimulus_{side}"].astype(str)})
        for column in ("method", "content", "style"):
            for name in (f"{column}_{side}", column):
                if name in votes.columns and column not in part.columns:
                    part[column] = votes[name]
        parts.append(part)
    stimuli = pd.concat(parts).drop_duplicates()
    if (again := stimuli["stimulus"].duplicated()).any():
        name = stimuli["stimulus"][again].iloc[0]
        raise InputError(
            f"the votes give stimulus {name!r} two methods, contents or styles: correct them"
        )
    return stimuli.reset_index(drop=True)


def _check_one_target(votes: pd.DataFrame) -> None:
    if "target" not in votes.columns:
        return
    line = lines_of(votes)
    named = {
        letter for letter in TARGETS if (other_target(votes, line, "?") == f"target {letter}").any()
    }
    if len(named) > 1:
        raise InputError(
            f"the votes are on {' and '.join(sorted(named))}: say which by --target, as a "
            "statistic of one says nothing about the other"
        )


def _place(finding: Finding) -> tuple[float, float]:
    """Best first: by group, then by accuracy; those without one last."""
    group = float("inf") if finding.group is None else finding.group
    return group, -(finding.accuracy if finding.accuracy is not None else -1.0)


def _correlate(
    findings: Sequence[Finding], seen: Panel, target: str, methods: Abilities | None
) -> str:
    """Fill in rank correlations; gives what a reference is."""
    units, reference = rank_correlation.units(seen, target)
    for finding in findings:
        candidate = finding.candidate
        if len(candidate.terms) > 1:
            finding.reasons["spearman"] = (
                "the scores of a set are fitted to the votes that they would be compared with"
            )
            continue
        sign = -1.0 if candidate.higher_is_better is False else 1.0
        score = sign * seen.values_of(candidate.terms[0])
        found = rank_correlation.within_references(units, score)
        if isinstance(found, str):
            finding.reasons["spearman"] = found
        else:
            for name, correlation in found.items():
                setattr(finding, name, correlation.mean)
                bounds = correlation.interval
                setattr(finding, f"{name}_interval", list(bounds) if bounds else None)
                finding.references = correlation.references
            if finding.spearman_interval is None:
                finding.reasons["spearman_interval"] = (
                    f"{finding.references} references; an interval needs "
                    f"{rank_correlation.FEWEST_REFERENCES}"
                )
        _by_method(finding, seen, score, methods)
    return reference


def _by_method(finding: Finding, seen: Panel, score: np.ndarray, methods: Abilities | None) -> None:
    if methods is None or "method" not in seen.levels:
        finding.reasons["by_method"] = "the votes do not connect several methods that are named"
        return
    of = {name: score[seen.levels["method"] == name] for name in methods.methods}
    if len(of) < rank_correlation.FEWEST_STIMULI:
        finding.reasons["by_method"] = f"there are {len(of)} methods only"
        return
    means = np.array([np.nanmean(v) if np.isfinite(v).any() else np.nan for v in of.values()])
    there = np.isfinite(means)
    pair = means[there], methods.ability[there]
    if there.sum() < rank_correlation.FEWEST_STIMULI or np.ptp(pair[0]) == 0:
        finding.reasons["by_method"] = "it does not vary between methods, or too few have it"
        return
    finding.by_method = {
        "spearman": rank_correlation.spearman(*pair),
        "kendall": rank_correlation.kendall(*pair),
        "methods": int(there.sum()),
    }


def _add(
    findings: Sequence[Finding], seen: Panel, clusters: Clusters, splits: Splits, seed: int
) -> None:
    usable = [finding for finding in findings if finding.accuracy is not None]
    people = splits.splits.get("participants")
    found: Mapping[str, Adds | str] = {}
    if people is not None:
        found = additions(seen, clusters, [f.candidate for f in usable], people, seed)
    for finding in findings:
        answer = found.get(finding.candidate.name)
        if isinstance(answer, Adds):
            finding.adds = answer
            if answer.interval is None:
                finding.reasons["adds_to_E_C.interval"] = clusters.obstacle or "no error is known"
        else:
            finding.reasons["adds_to_E_C"] = (
                answer
                or finding.reasons.get("accuracy")
                or splits.reasons.get("participants", "not fitted")
            )


def _similar(findings: Sequence[Finding], seen: Panel) -> tuple[Similarity | None, tuple[str, ...]]:
    single = [
        finding.candidate
        for finding in findings
        if len(finding.candidate.terms) == 1 and finding.accuracy is not None
    ]
    if len(single) < 2:
        return None, ()
    return similarity(seen.differences(columns_of(single))), tuple(c.name for c in single)
