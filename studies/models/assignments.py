"""The pairs of a study, and one assignment for every vote that is wanted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models

from studies.models.choices import TrialOutcome

_STIMULUS = ("public_id", "sha256")
# Written as a negation: SQLite would answer "trial_id IS NULL" from the unique index of trials, of
# which it expects one row, and would then read and sort thousands of free assignments.
_FREE = ~models.Q(trial__isnull=False)


class Pair(models.Model):
    """Two stimuli that a study compares, the one with the lower key first."""

    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="pairs")
    reference = models.ForeignKey("transfer.Picture", on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey("transfer.Stimulus", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("transfer.Stimulus", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "first", "second"], name="one_row_per_pair"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="lower_stimulus_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments by availability."""

    def free(self) -> AssignmentQuerySet:
        """Assignments that no trial holds."""
        return self.filter(_FREE)

    def taken(self) -> AssignmentQuerySet:
        """Assignments whose vote is stored or being given."""
        return self.exclude(trial=None)

    def unanswered(self) -> AssignmentQuerySet:
        """Assignments without a vote, whether or not a trial holds them."""
        return self.filter(models.Q(trial=None) | models.Q(trial__outcome=""))

    def held_by(self, trials: Collection[int]) -> AssignmentQuerySet:
        """Assignments that the given waiting trials hold."""
        return self.filter(trial__in=trials, trial__outcome=TrialOutcome.WAITING)

    def unseen(self, seen: Collection[int] | models.QuerySet[Any, Any]) -> AssignmentQuerySet:
        """Assignments of pairs other than `seen`, in the order of their ranks."""
        return self.exclude(pair_id__in=seen).order_by("rank")

    def locked(self, *besides: str) -> AssignmentQuerySet:
        """Lock the rows, and fetch what a trial needs of their pictures.

        Rows that another transaction has locked are skipped where the database can do that, so that
        participants who arrive together get different assignments.

        Args:
            besides: related rows that are locked, or skipped, with each assignment.

        """
        return self.select_for_update(skip_locked=True, of=("self", *besides)).with_pictures()

    def with_pictures(self) -> AssignmentQuerySet:
        """Fetch the columns of the pictures that a trial needs, and no others."""
        stimuli = [f"pair__{one}__{field}" for one in ("first", "second") for field in _STIMULUS]
        reference = ("pair__reference__role", "pair__reference__sha256")
        return self.select_related("pair__first", "pair__second", "pair__reference").only(
            "study", "rank", "first_left", "rule", "trial", "pair", *stimuli, *reference
        )


class Assignment(models.Model):
    """One vote that is wanted: a pair, the side of its first stimulus, and the trial that holds it.

    Assignments are given out in the order of their ranks. So at every moment all pairs have nearly
    equally many votes, and exactly equally many once every assignment has its vote.
    """

    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="assignments")
    # Each cohort has its own assignments, so that pilot and simulated votes replace no real ones.
    cohort = models.CharField(max_length=9)
    rank = models.PositiveIntegerField()
    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="assignments")
    first_left = models.BooleanField()
    # The selection rule that chose the pair.
    rule = models.CharField(max_length=30, blank=True)
    trial = models.OneToOneField(
        "studies.Trial", null=True, blank=True, on_delete=models.SET_NULL, related_name="assignment"
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        # Names in the database date from when assignments were called slots.
        db_table = "studies_slot"
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["study", "cohort", "rank"], name="one_slot_per_rank")
        ]
        indexes = [
            models.Index(
                fields=["study", "cohort", "rank"],
                condition=_FREE,
                name="free_slots",
            )
        ]

    def __str__(self) -> str:
        return f"vote {self.rank + 1} of {self.study_id}"
