"""Trials, as they were shown, and the votes that answered them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from studies.design import DESIGNS
from studies.models.assignments import Pair, Slot
from studies.models.choices import Choice, Outcome, TrialKind
from studies.models.participant import Participant
from studies.planning.adaptive import ask_for_round
from studies.sessions.compiled_query import Given, PreparedUpdate
from studies.sessions.trial_content import Showing
from transfer.models import Picture, Stimulus

LEASE = timedelta(minutes=10)
"""A trial that was not answered for so long is offered to somebody else."""
PLACES = ("reference", "left", "right")
_SIGNER = signing.Signer(salt="studies.picture")


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
    # Missing where imported votes know their pictures by name only.
    reference = models.ForeignKey(Picture, null=True, on_delete=models.PROTECT, related_name="+")
    left = models.ForeignKey(Stimulus, null=True, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Stimulus, null=True, on_delete=models.PROTECT, related_name="+")
    # What was shown, in words that outlive every other row: hashes, question, rule.
    snapshot: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    # Gold and trap trials have a right answer; a repeat points to the trial that it repeats.
    expected = models.CharField(max_length=5, choices=Choice.choices, blank=True)
    repeat_of = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="repeat"
    )
    lease_until = models.DateTimeField()
    outcome = models.CharField(max_length=14, choices=Outcome.choices, blank=True)
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

    @classmethod
    def prepare(cls, participant: Participant, showing: Showing, position: int) -> Trial:
        """A trial, not yet saved, with a snapshot of all that will be shown."""
        return cls(
            participant=participant,
            position=position,
            kind=showing.kind,
            pair=showing.pair,
            first_left=showing.first_left,
            reference=showing.reference,
            left=showing.left,
            right=showing.right,
            expected=showing.expected,
            repeat_of=showing.repeat_of,
            snapshot=_snapshot(participant, showing),
            lease_until=timezone.now() + LEASE,
        )

    @classmethod
    def assign(cls, participant: Participant, slot: Slot, position: int) -> Trial:
        """Give a locked slot to a participant."""
        if slot.trial_id is not None:  # abandoned by somebody else
            cls.objects.filter(pk=slot.trial_id).update(outcome=Outcome.EXPIRED)
        trial = cls.prepare(participant, Showing.of_slot(slot), position)
        trial.save(force_insert=True)
        slot.trial = trial
        _TAKE.run(slot=slot.pk, trial=trial.pk)
        return trial

    @property
    def question(self) -> str:
        """What it asked, in the participant's language."""
        return str(self.snapshot["question"]["text"])

    def renew(self) -> None:
        """Keep the slot for somebody who is still there."""
        self.lease_until = timezone.now() + LEASE
        self.save(update_fields=["lease_until"])

    def picture_url(self, place: str) -> str:
        """The address of what is shown at a place: it holds for this trial and tells nothing."""
        return reverse("studies:picture", args=[_SIGNER.sign_object([self.public_id.hex, place])])

    @staticmethod
    def at(key: str) -> tuple[Trial, str]:
        """The trial and the place that an address of `picture_url` stands for.

        Raises:
            signing.BadSignature: the address was not made by us.
            Trial.DoesNotExist: the trial is gone.

        """
        public_id, place = _SIGNER.unsign_object(key)
        trials = Trial.objects.select_related("reference", "left", "right")
        return trials.get(public_id=public_id), place

    @transaction.atomic
    def vote(
        self,
        choice: str,
        client_uuid: uuid.UUID,
        response_ms: int | None = None,
        screen: dict[str, Any] | None = None,
    ) -> Vote:
        """Record the answer. Called again it changes nothing and gives the vote that counts.

        An answer that came when the slot was somebody else's already is kept and does not count.
        """
        # The first answer takes the trial; those that come at the same time wait here for it.
        late = not _ANSWER.run(trial=self.pk)
        if late:
            if (vote := Vote.objects.filter(trial=self).first()) is not None:
                return vote
            Trial.objects.filter(pk=self.pk).update(outcome=Outcome.VOTED)
        self.outcome = Outcome.VOTED
        vote = Vote(
            trial=self,
            choice=choice,
            client_uuid=client_uuid,
            response_ms=response_ms,
            screen=screen or {},
            excluded="late" if late else "",
        )
        vote.save(force_insert=True)
        if self.kind == TrialKind.REAL and not late:
            ask_for_round(self)
        if self.kind == TrialKind.GOLD:
            self.participant.study.watch_over()
        if self.position >= len(self.participant.plan):
            self.participant.finish_if_done()
        return vote

    @transaction.atomic
    def could_not_load(self) -> None:
        """Record that a picture could not be shown, and give the slot back."""
        trial = Trial.objects.select_for_update().get(pk=self.pk)
        if trial.outcome == Outcome.WAITING:
            trial.outcome = Outcome.COULD_NOT_LOAD
            trial.save(update_fields=["outcome"])
            Slot.objects.filter(trial=trial).update(trial=None)
            trial.participant.study.watch_over()


_TRIAL = Given("trial", models.BigIntegerField())
_ANSWER = PreparedUpdate(
    lambda: Trial.objects.filter(pk=_TRIAL, outcome=Outcome.WAITING), outcome=Outcome.VOTED
)
_TAKE = PreparedUpdate(
    lambda: Slot.objects.filter(pk=Given("slot", models.BigIntegerField())), trial_id=_TRIAL
)


class Vote(models.Model):
    """The answer to a trial. There is one, whatever browsers send."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="answer")
    choice = models.CharField(max_length=5, choices=Choice.choices)
    # Made by the browser, once per answer, so that a repeated delivery is known as such.
    client_uuid = models.UUIDField()
    # From the first paint after all pictures were decoded, by the browser's clock.
    response_ms = models.PositiveIntegerField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    # The window it was given in: CSS size, device-pixel ratio, pictures beside or stacked.
    screen: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    excluded = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.choice} in {self.trial}"


def _snapshot(participant: Participant, showing: Showing) -> dict[str, Any]:
    study, language = participant.study, participant.language or settings.LANGUAGE_CODE
    reference, left, right = showing.reference, showing.left, showing.right
    rule = showing.rule or study.design
    with override(language):
        question = gettext(showing.question or study.question.text)
    return {
        "reference": {"role": reference.role, "sha256": reference.sha256},
        "left": {"stimulus": left.public_id.hex, "sha256": left.sha256},
        "right": {"stimulus": right.public_id.hex, "sha256": right.sha256},
        "question": {
            "version": study.question_version,
            "language": language,
            "text": question,
        },
        "rule": {
            "name": rule,
            "version": DESIGNS[rule].version,
            "scope": study.scope,
        },
    }
