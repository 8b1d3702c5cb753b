"""Trial history of a session, and the counterbalancing of left and right that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from studies.models.choices import TrialKind, TrialOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from studies.models import Participant

FAILURES = 3
"""Consecutive trials with a load failure before the participant gets the error page."""


class Step(NamedTuple):
    """A past trial, or the one that waits for its answer."""

    position: int
    pair: int | None
    first_left: bool | None
    kind: str
    outcome: str


class History:
    """The trials of a session, in the order of their positions."""

    def __init__(self, rows: Iterable[tuple[int, int | None, bool | None, str, str]]) -> None:
        self.steps = [Step(*row) for row in rows]

    @property
    def answered(self) -> int:
        """The number of answered trials."""
        return sum(step.outcome == TrialOutcome.VOTED for step in self.steps)

    @property
    def waits(self) -> bool:
        """Whether a trial waits for its answer."""
        return any(step.outcome == TrialOutcome.WAITING for step in self.steps)

    @property
    def pictures_fail(self) -> bool:
        """Whether the latest trials all failed to load, so that another try is unlikely to help."""
        latest = [step.outcome for step in self.steps[-FAILURES:]]
        return latest == [TrialOutcome.COULD_NOT_LOAD] * FAILURES

    @property
    def next_position(self) -> int:
        """The position of the next new trial; positions begin with 1."""
        return 1 + (self.steps[-1].position if self.steps else 0)

    @property
    def seen(self) -> list[int]:
        """The pairs shown so far."""
        return [step.pair for step in self.steps if step.pair is not None]

    @property
    def side_due(self) -> bool | None:
        """`side_due` of the answered real trials; other trials do not count for the balance."""
        return side_due(
            bool(step.first_left)
            for step in self.steps
            if (step.kind, step.outcome) == (TrialKind.REAL, TrialOutcome.VOTED)
        )

    def offers_change(self, participant: Participant) -> bool:
        """Whether the participant may change the latest answer (studies.sessions.changing).

        Answers to practice with feedback may not be changed: the right one was shown.
        """
        rules = participant.study.session_rules
        if not rules.change_last or participant.state != participant.State.ACTIVE:
            return False
        kinds = [step.kind for step in self.steps if step.outcome == TrialOutcome.VOTED]
        return bool(kinds) and not (rules.feedback and kinds[-1] == TrialKind.TRAINING)

    def break_is_due(self, participant: Participant) -> bool:
        """Whether a break comes before the participant's next trial."""
        if not (every := participant.study.session_rules.break_every):
            return False
        answered = self.answered
        complete = answered >= len(participant.trial_kinds)
        return answered % every == 0 and participant.rested < answered and not complete


def side_due(shown: Iterable[bool]) -> bool | None:
    """The side on which the next pair shows its first stimulus, to balance a session.

    Args:
        shown: for every earlier trial, whether the first stimulus of its pair was on the left.

    Returns:
        True for left, False for right, None where both sides are balanced. Following it keeps the
        two sides of a session within one of each other.

    """
    surplus = sum(1 if left else -1 for left in shown)
    return None if surplus == 0 else surplus < 0


def side_in_surplus(wanted: Sequence[bool]) -> bool | None:
    """The side that more of the next assignments want, by a clear margin.

    Participants for whom no side is due take it. Otherwise the sides left over by participants who
    stopped early would accumulate until no participant could take them.

    Args:
        wanted: for each of the next assignments, whether its first stimulus goes on the left.

    Returns:
        True for left, False for right, None where the two differ by at most 2.

    """
    surplus = 2 * sum(wanted) - len(wanted)
    return None if abs(surplus) <= 2 else surplus > 0
