"""What lies behind a participant: the trials of the session so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from studies.design.sides import side_due
from studies.models.choices import Outcome, TrialKind

if TYPE_CHECKING:
    from collections.abc import Iterable

FAILURES = 3
"""After so many trials in a row without pictures, somebody is told that they do not arrive."""


class Step(NamedTuple):
    """A trial of the past, or the one that waits."""

    position: int
    pair: int | None
    first_left: bool | None
    kind: str
    outcome: str


class Past:
    """The trials of a session, in their order."""

    def __init__(self, rows: Iterable[tuple[int, int | None, bool | None, str, str]]) -> None:
        self.steps = [Step(*row) for row in rows]

    @property
    def answered(self) -> int:
        """Trials that were answered."""
        return sum(step.outcome == Outcome.VOTED for step in self.steps)

    @property
    def waits(self) -> bool:
        """Whether a trial waits for its answer."""
        return any(step.outcome == Outcome.WAITING for step in self.steps)

    @property
    def pictures_fail(self) -> bool:
        """Whether none of the latest trials could load its pictures, so that there is no use."""
        latest = [step.outcome for step in self.steps[-FAILURES:]]
        return latest == [Outcome.COULD_NOT_LOAD] * FAILURES

    @property
    def next_position(self) -> int:
        """Where a new trial comes; positions begin with 1."""
        return 1 + (self.steps[-1].position if self.steps else 0)

    @property
    def seen(self) -> list[int]:
        """The pairs that were shown."""
        return [step.pair for step in self.steps if step.pair is not None]

    @property
    def side_due(self) -> bool | None:
        """The side on which the next real pair has to show its first stimulus; None: either.

        A trial that could not be answered does not count for the balance of sides.
        """
        return side_due(
            bool(step.first_left)
            for step in self.steps
            if (step.kind, step.outcome) == (TrialKind.REAL, Outcome.VOTED)
        )
