"""Participants of studies and the state of their sessions."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone

from studies.models.choices import Cohort
from studies.models.study import Study
from studies.models.tokens import new_code, new_token

ABSENT_AFTER = timedelta(minutes=30)
"""A participant who was not seen for this long has left; the place becomes free."""


class ParticipantQuerySet(models.QuerySet["Participant"]):
    """Participants by state."""

    def present(self, cohort: str) -> ParticipantQuerySet:
        """Participants of a cohort who hold a place: finished ones, and active ones seen lately."""
        states = Participant.State
        active = models.Q(state=states.ACTIVE, last_seen__gte=timezone.now() - ABSENT_AFTER)
        finished = models.Q(state=states.FINISHED)
        return self.filter(active | finished, cohort=cohort, excluded="")


class Participant(models.Model):
    """One session of a study: of a person who consented, or of a simulated participant."""

    class State(models.TextChoices):
        ACTIVE = "active"
        FINISHED = "finished"
        WITHDRAWN = "withdrawn"
        SCREENED_OUT = "turned away"
        REPLACED = "replaced"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="participants")
    cohort = models.CharField(max_length=9, choices=Cohort.choices, default=Cohort.PEOPLE)
    # The token gives access to the session; exports carry the public id instead.
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # The id on a recruitment service, hashed, because it identifies a person.
    external_id = models.CharField(max_length=64, blank=True, db_index=True)
    # The submission on the recruitment service, hashed, because it identifies a person.
    external_session = models.CharField(max_length=64, blank=True)
    # The id of the study on the recruitment service.
    external_study = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=20, default="link")
    consent_version = models.PositiveSmallIntegerField(default=0)
    consented_at = models.DateTimeField(null=True, blank=True)
    # The language of the session, chosen at consent.
    language = models.CharField(max_length=10, blank=True)
    # The window at consent: CSS size, device-pixel ratio, orientation.
    screen: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    # The kind of every trial of the session, in their order.
    trial_kinds: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, db_column="plan"
    )
    state = models.CharField(max_length=11, choices=State.choices, default=State.ACTIVE)
    # Answers to the questions after the last trial (studies.sessions.questionnaire); empty until
    # they were sent.
    questionnaire: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    # The assignment that is expected to follow the current trial, and the id that its trial will
    # have (studies.sessions.ahead). A hint, and so no foreign key.
    ahead_assignment = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    ahead_trial = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    # The number of answers at which the latest break was taken.
    rested = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=40, default=new_code, editable=False)
    # The version of the rules that judge the session.
    rules_version = models.CharField(max_length=20, blank=True)
    # Why the votes of the session do not count; empty if they count. The rows stay.
    excluded = models.CharField(max_length=100, blank=True)
    # The session that the same person began in place of this one: both are erased together.
    replaced_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="earlier"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    last_seen = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_participant_per_person",
            )
        ]
        indexes = [models.Index(fields=["study", "cohort", "state"], name="participants_present")]

    def __str__(self) -> str:
        return f"{self.cohort} {self.public_id.hex[:8]}"

    @property
    def simulated(self) -> bool:
        """Whether the participant is simulated."""
        return self.cohort == Cohort.SIMULATED

    @property
    def take_url(self) -> str:
        """The address of the session; it does not change from trial to trial."""
        return reverse("studies:take", args=[self.token])
