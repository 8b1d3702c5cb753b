"""What a study wants to know: its pairs, and one slot for every vote that is wanted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models

from studies.models.choices import Outcome

_STIMULUS = ("public_id", "sha256")
# Written this way round, because SQLite takes "trial_id IS NULL" for an entry of the unique index
# of trials, of which it expects one row, and would read and sort thousands of free slots.
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


class SlotQuerySet(models.QuerySet["Slot"]):
    """Slots by who may have them."""

    def free(self) -> SlotQuerySet:
        """Slots that nobody has been asked about, or whose trial was given back."""
        return self.filter(_FREE)

    def unanswered(self) -> SlotQuerySet:
        """Slots whose vote is not in, whoever holds them."""
        return self.filter(models.Q(trial=None) | models.Q(trial__outcome=""))

    def held_by(self, trials: Collection[int]) -> SlotQuerySet:
        """The slots that trials hold for as long as they wait."""
        return self.filter(trial__in=trials, trial__outcome=Outcome.WAITING)

    def unseen(self, seen: Collection[int] | models.QuerySet[Any, Any]) -> SlotQuerySet:
        """The slots for somebody who has seen the pairs `seen`, in their order."""
        return self.exclude(pair_id__in=seen).order_by("rank")

    def locked(self, *besides: str) -> SlotQuerySet:
        """Lock slots, with what a trial needs to know of their pictures.

        Where rows can be locked, people who arrive together pass over each other's slots.
        `besides`: what is locked with them, and passed over where somebody else is at it.
        """
        return self.select_for_update(skip_locked=True, of=("self", *besides)).with_pictures()

    def with_pictures(self) -> SlotQuerySet:
        """Fetch what a trial needs to know of the pictures, and no more."""
        stimuli = [f"pair__{one}__{field}" for one in ("first", "second") for field in _STIMULUS]
        reference = ("pair__reference__role", "pair__reference__sha256")
        return self.select_related("pair__first", "pair__second", "pair__reference").only(
            "study", "rank", "first_left", "rule", "trial", "pair", *stimuli, *reference
        )


class Slot(models.Model):
    """One vote that is wanted: a pair, the side of its first stimulus, and who is asked for it.

    Slots are given out in the order of their ranks, so at every moment all pairs have nearly
    equally many votes, and exactly so when all slots are voted on.
    """

    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="slots")
    # Real, pilot and simulated votes fill slots of their own and never take each other's.
    cohort = models.CharField(max_length=9)
    rank = models.PositiveIntegerField()
    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="slots")
    first_left = models.BooleanField()
    # The selection rule that chose the pair.
    rule = models.CharField(max_length=30, blank=True)
    trial = models.OneToOneField(
        "studies.Trial", null=True, blank=True, on_delete=models.SET_NULL, related_name="slot"
    )

    objects = SlotQuerySet.as_manager()

    class Meta:
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
