"""Trials with a snapshot of what they showed, and the votes that answered them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from studies.models.assignments import Pair
from studies.models.choices import Choice, TrialKind, TrialOutcome
from studies.models.participant import Participant
from transfer.models import Picture, Stimulus

LEASE = timedelta(minutes=10)
"""A trial that waits longer loses its assignment to the next participant who asks for one."""
PLACES = ("reference", "left", "right")
"""The places of a trial's pictures."""


class Trial(models.Model):
    """One question to one participant: a reference, a picture on the left, one on the right."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="trials")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=TrialKind.choices, default=TrialKind.REAL)
    pair = models.ForeignKey(
        Pair, null=True, blank=True, on_delete=models.PROTECT, related_name="trials"
    )
    first_left = models.BooleanField(null=True)
    # Missing if imported votes name their pictures only.
    reference = models.ForeignKey(Picture, null=True, on_delete=models.PROTECT, related_name="+")
    left = models.ForeignKey(Stimulus, null=True, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Stimulus, null=True, on_delete=models.PROTECT, related_name="+")
    # Hashes, question and selection rule as shown, independent of every other row.
    snapshot: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    # The right answer of gold trials and attention checks.
    expected = models.CharField(max_length=5, choices=Choice.choices, blank=True)
    repeat_of = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="repeat"
    )
    lease_until = models.DateTimeField()
    outcome = models.CharField(max_length=14, choices=TrialOutcome.choices, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["participant", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "position"], name="one_trial_per_position"
            ),
            models.UniqueConstraint(
                fields=["participant"],
                condition=models.Q(outcome=""),
                name="one_waiting_trial_per_participant",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"], condition=models.Q(outcome=""), name="waiting_trials"
            )
        ]

    def __str__(self) -> str:
        return f"trial {self.position} of {self.participant}"

    @property
    def question(self) -> str:
        """The question as asked, in the participant's language."""
        return str(self.snapshot["question"]["text"])


class Vote(models.Model):
    """The answer to a trial. Every trial has at most one."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="answer")
    choice = models.CharField(max_length=5, choices=Choice.choices)
    # Made by the browser once per answer, to recognise repeated deliveries.
    client_uuid = models.UUIDField()
    # From the first paint after all pictures were decoded, by the browser's clock, without the time
    # for which the page was hidden.
    response_ms = models.PositiveIntegerField(null=True, blank=True)
    # The time for which the page was hidden meanwhile, such as behind another tab.
    hidden_ms = models.PositiveIntegerField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    # The window at the answer: CSS size, device-pixel ratio, pictures beside or stacked.
    screen: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    excluded = models.CharField(max_length=100, blank=True)
    # Answers that the participant changed later, oldest first (studies.sessions.changing).
    earlier: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.choice} in {self.trial}"
