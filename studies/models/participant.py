"""Participants: who takes part, where they stand, and what they are shown next."""

from __future__ import annotations

import uuid
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from studies.models.choices import Cohort, Outcome, TrialKind
from studies.models.study import Study
from studies.models.tokens import new_code, new_token
from studies.rules.session_rules import Record, exclusion

if TYPE_CHECKING:
    from studies.models.trial import Trial
    from studies.sessions.history import Past

AWAY = timedelta(minutes=30)
"""Somebody who was not seen for so long has left: the place goes to somebody else."""


class ParticipantQuerySet(models.QuerySet["Participant"]):
    """Participants by what they count for."""

    def present(self, cohort: str) -> ParticipantQuerySet:
        """Those who hold a place: they finished, or they are on their way."""
        states = Participant.State
        on_the_way = models.Q(state=states.ACTIVE, last_seen__gte=timezone.now() - AWAY)
        finished = models.Q(state=states.FINISHED)
        return self.filter(on_the_way | finished, cohort=cohort, excluded="")


class Participant(models.Model):
    """Somebody who consented to take part in a study; or a simulated one, and so named."""

    class State(models.TextChoices):
        ACTIVE = "active"
        FINISHED = "finished"
        WITHDRAWN = "withdrawn"
        TURNED_AWAY = "turned away"
        REPLACED = "replaced"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="participants")
    cohort = models.CharField(max_length=9, choices=Cohort.choices, default=Cohort.PEOPLE)
    # The token is the participant's key to the study; exports carry the public id instead.
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # The id on a recruitment service, hashed, because it names a person.
    external_id = models.CharField(max_length=64, blank=True, db_index=True)
    # The submission there, hashed, because it leads to the person; and of which study there.
    external_session = models.CharField(max_length=64, blank=True)
    external_study = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=20, default="link")
    consent_version = models.PositiveSmallIntegerField(default=0)
    consented_at = models.DateTimeField(null=True, blank=True)
    # In which the session is held: chosen at consent, and kept.
    language = models.CharField(max_length=10, blank=True)
    # What the gates before consent saw: CSS size, device-pixel ratio, orientation.
    screen: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    # The kinds of trials in their order.
    plan: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    state = models.CharField(max_length=11, choices=State.choices, default=State.ACTIVE)
    # After how many answers the last break was taken.
    rested = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=40, default=new_code, editable=False)
    # The version of the rules that judge the session.
    rules_version = models.CharField(max_length=20, blank=True)
    # Why the votes do not count, by the declared rules. The rows stay.
    excluded = models.CharField(max_length=100, blank=True)
    # The session that the same person began in place of this one: both are erased together.
    replaced_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="earlier"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    last_seen = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    waiting: Trial | None = None
    """The trial that waited when the session was fetched, where it was fetched with it."""

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
        """Whether no person stands behind this row."""
        return self.cohort == Cohort.SIMULATED

    @property
    def take_url(self) -> str:
        """The address at which this participant takes part, whatever comes next."""
        return reverse("studies:take", args=[self.token])

    def past(self) -> Past:
        """The trials so far."""
        from studies.sessions.next_trial import past_of

        return past_of(self)

    def answered(self) -> int:
        """Trials behind the participant."""
        return self.past().answered

    def current_trial(self, past: Past | None = None) -> Trial | None:
        """The trial to answer now: the one that waits, or a new one. None: there is no more.

        The position lies here and nowhere else, so a second window or a page from the past can
        only ever lead to this trial.
        """
        from studies.sessions.next_trial import current_trial

        return current_trial(self, past or self.past())

    def finish_if_done(self) -> None:
        """Finish as soon as the last answer is in, whether or not another page is asked for."""
        if self.state == self.State.ACTIVE and self.answered() >= len(self.plan):
            self.finish()

    def goes_on(self) -> bool:
        """Whether somebody who comes back is led to this session, and not to a new one."""
        resumes = self.study.returning == self.study.Returning.RESUME
        return resumes or self.state == self.State.FINISHED

    def rest_is_due(self, past: Past | None = None) -> bool:
        """Whether a break comes before the next trial."""
        if not (every := self.study.declared.break_every):
            return False
        answered = (past or self.past()).answered
        return answered > 0 and answered % every == 0 and self.rested < answered < len(self.plan)

    def rest(self) -> None:
        """Go on after a break."""
        self.rested = self.answered()
        self.save(update_fields=["rested"])

    def finish(self) -> None:
        """End the session, and judge it by its rules."""
        self.state, self.finished_at = self.State.FINISHED, timezone.now()
        if reason := exclusion(self.study.declared, self._record()):
            self._stop_counting(reason)
        self.save(update_fields=["state", "finished_at", "excluded"])

    def _record(self) -> Record:
        answers = self.trials.filter(outcome=Outcome.VOTED)
        times = answers.values_list("answer__response_ms", flat=True)
        known = [time for time in times if time is not None]
        wrong = answers.exclude(expected="").exclude(answer__choice=models.F("expected"))
        kinds = list(wrong.values_list("kind", flat=True))
        return Record(
            gold_wrong=kinds.count(TrialKind.GOLD),
            traps_wrong=kinds.count(TrialKind.TRAP),
            median_ms=median(known) if known else None,
        )

    def _stop_counting(self, reason: str) -> None:
        """Keep the rows, and want their votes from somebody else."""
        self.excluded = reason
        self.study.slots.filter(trial__participant=self).update(trial=None)

    @transaction.atomic
    def let_go(self, reason: str) -> None:
        """Close a session in favour of a new one of the same person; its votes do not count."""
        self.state = self.State.REPLACED
        self.external_id = self.external_session = self.external_study = ""
        self._stop_counting(reason)
        self.trials.filter(outcome=Outcome.WAITING).update(outcome=Outcome.SKIPPED)
        self.save()

    def hand_over(self, successor: Participant) -> None:
        """Remember which session took this one's place."""
        self.replaced_by = successor
        self.save(update_fields=["replaced_by"])

    def come_again(self, external_study: str, external_session: str) -> None:
        """Note the submission that somebody comes back with in mid-session: it is theirs now."""
        begun = self.state == self.State.ACTIVE
        if begun and external_session and external_session != self.external_session:
            self.external_study, self.external_session = external_study, external_session
            self.save(update_fields=["external_study", "external_session"])

    def of_one_person(self) -> list[Participant]:
        """All sessions of the person: this one, what it took the place of, what took its own."""
        last = self
        while last.replaced_by is not None:
            last = last.replaced_by
        found = [last]
        for session in found:  # grows on the way
            found += session.earlier.all()
        return found

    @transaction.atomic
    def withdraw(self) -> None:
        """Erase everything that came from this person. A row remains that says only that."""
        self.study.slots.filter(trial__participant=self).update(trial=None)
        self.trials.all().delete()
        self.state, self.external_id, self.source = self.State.WITHDRAWN, "", ""
        self.external_session = self.external_study = ""
        self.screen, self.plan, self.excluded = {}, [], "withdrawn"
        self.consented_at = self.finished_at = None
        self.save()
