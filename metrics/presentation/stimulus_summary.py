"""What the page of a stimulus shows: statistics, scores, rank within its pair, and votes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from django.db.models import Q

from common.errors import InputError
from metrics.models import Calibration
from metrics.presentation.choosing import TARGETS, Choice, choose
from metrics.presentation.scored_space import ScoredSpace
from metrics.presentation.scoring import Scoring, scored_frame
from metrics.statistics import STATISTICS, statistic
from studies.models import Choice as Answer
from studies.models import Cohort, Study, TrialKind, Vote
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True)
class Place:
    """A score of a stimulus under a model.

    Attributes:
        target: E or C.
        scoring: the model.
        score: log odds.
        rank: place among the scored stimuli of the same content and style; 1 is the best.
        of: their number.

    """

    target: str
    scoring: Scoring
    score: float
    rank: int
    of: int


@dataclass(frozen=True)
class Tally:
    """Votes on trials that show a stimulus.

    Attributes:
        kind: E or C, of the study.
        cohort: people, or simulated participants.
        won, lost, tied: numbers of votes.

    """

    kind: str
    cohort: str
    won: int
    lost: int
    tied: int

    @property
    def votes(self) -> int:
        """All of them."""
        return self.won + self.lost + self.tied


@dataclass(frozen=True)
class Neighbour:
    """A stimulus of the same content and style, with its scores where known."""

    stimulus: Stimulus
    E: float | None
    C: float | None


@dataclass(frozen=True)
class StimulusSummary:
    """The measurements and votes of a stimulus.

    Attributes:
        statistics: name (E1 … E5, C) → value; None where it is not measured.
        places: its score under the E- and the C-model.
        problem: why there are no scores; empty if there are.
        tallies: votes of the studies that the user may see.
        pair: all stimuli of its content and style in its batch, the best E first.

    """

    statistics: dict[str, float | None]
    places: list[Place]
    problem: str
    tallies: list[Tally]
    pair: list[Neighbour] = field(default_factory=list)


def stimulus_summary(stimulus: Stimulus, user: User) -> StimulusSummary:
    """What `user` may see of a stimulus."""
    batch = Stimulus.objects.filter(batch=stimulus.batch_id)
    pair = list(batch.on_pair(stimulus.content, stimulus.style_pictures).select_related("content"))
    problem, choice = "", None
    try:
        choice = choose({}, [stimulus.batch], Calibration.objects.visible_to(user))
        choice.check()
        frame = _frame(pair, choice)
    except InputError as error:
        problem, frame = str(error), pd.DataFrame()
    own = frame.loc[stimulus.public_id.hex] if stimulus.public_id.hex in frame.index else None
    names = [name for key in STATISTICS for name in statistic(key).names]
    return StimulusSummary(
        statistics={name: None if own is None else _known(own[name]) for name in names},
        places=_places(stimulus, frame, choice) if choice else [],
        problem=problem,
        tallies=_tallies(stimulus, user),
        pair=_neighbours(pair, frame),
    )


def batch_scores(batch: Batch, user: User) -> dict[str, dict[str, float]]:
    """Public id in hex → E and C score, by the newest models that fit; empty if none does."""
    try:
        choice = choose({}, [batch], Calibration.objects.visible_to(user))
        choice.check()
        frame = ScoredSpace(choice.batches, choice.scorings).frame
    except InputError:
        return {}
    return {
        row["stimulus"]: {
            target: row[f"{target}_score"] for target in TARGETS if _known(row[f"{target}_score"])
        }
        for row in frame[["stimulus", "E_score", "C_score"]].to_dict("records")
    }


def _frame(pair: list[Stimulus], choice: Choice) -> pd.DataFrame:
    stimuli = Stimulus.objects.filter(pk__in=[one.pk for one in pair])
    return scored_frame(stimuli, choice.scorings).set_index("stimulus")


def _places(stimulus: Stimulus, frame: pd.DataFrame, choice: Choice) -> list[Place]:
    found = []
    for target, scoring in choice.scorings.items():
        if frame.empty:
            continue
        scores = frame[f"{target}_score"].dropna()
        own = scores.get(stimulus.public_id.hex)
        if own is not None:
            better = int((scores > own).sum())
            found.append(Place(target, scoring, float(own), better + 1, len(scores)))
    return found


def _neighbours(pair: list[Stimulus], frame: pd.DataFrame) -> list[Neighbour]:
    def score(one: Stimulus, target: str) -> float | None:
        if one.public_id.hex not in frame.index:
            return None
        return _known(frame.at[one.public_id.hex, f"{target}_score"])

    found = [Neighbour(one, score(one, "E"), score(one, "C")) for one in pair]
    return sorted(found, key=lambda one: (one.E is None, -(one.E or 0.0), one.stimulus.method))


def _tallies(stimulus: Stimulus, user: User) -> list[Tally]:
    studies = Study.objects.visible_to(user)
    votes = Vote.objects.filter(
        Q(trial__left=stimulus) | Q(trial__right=stimulus),
        trial__kind=TrialKind.REAL,
        trial__participant__study__in=studies,
        trial__participant__cohort__in=[Cohort.PEOPLE, Cohort.SIMULATED],
        excluded="",
    ).exclude(trial__left=stimulus, trial__right=stimulus)
    counts: dict[tuple[str, str], list[int]] = {}
    for kind, cohort, choice, left in votes.values_list(
        "trial__participant__study__kind", "trial__participant__cohort", "choice", "trial__left"
    ):
        mine = Answer.LEFT if left == stimulus.pk else Answer.RIGHT
        place = 2 if choice == Answer.TIE else 0 if choice == mine else 1
        counts.setdefault((kind, cohort), [0, 0, 0])[place] += 1
    return [Tally(*key, *counts[key]) for key in sorted(counts)]


def _known(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
