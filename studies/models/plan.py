"""What a study wants to know: its pairs, and one slot for every vote that is wanted."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.utils import timezone

AHEAD = 64
"""Slots that a look at the supply of sides takes in, however many there are."""
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

    def abandoned(self) -> SlotQuerySet:
        """Slots held by a trial that was not answered in time."""
        from studies.models.trial import Trial

        # Few trials wait, mostly none for too long, and an index knows them; slots are many. So the
        # trials are looked for first, and where there are none, no slot is.
        late = Trial.objects.filter(outcome="", lease_until__lt=timezone.now())
        return self.filter(trial__in=list(late.values_list("pk", flat=True)))

    def plentiful_side(self) -> bool | None:
        """The side of which the next of these slots offer clearly more; None where both are even.

        Who is free to take either side takes this one, so that the sides which people who left
        have not seen do not pile up until nobody can take them.
        """
        sides = list(self.order_by("rank").values_list("first_left", flat=True)[:AHEAD])
        lead = 2 * sum(sides) - len(sides)
        return None if abs(lead) <= 2 else lead > 0

    def next_for(self, seen: Collection[int], first_left: bool | None) -> Slot | None:
        """The earliest of these slots for somebody who has seen the pairs `seen`, locked.

        `first_left` asks for one side; None takes either.
        """
        slots = self.exclude(pair_id__in=seen).order_by("rank")
        if first_left is not None:
            slots = slots.filter(first_left=first_left)
        # Where rows can be locked, people who arrive together pass over each other's slots.
        slots = slots.select_for_update(skip_locked=True, of=("self",))
        return slots.with_pictures().first()

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
