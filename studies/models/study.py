"""Studies: what is asked, of whom, by which rules."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from studies.design import DESIGNS, Item, Planned, blocks_of, schedule
from studies.errors import FullError, NotOpenError
from studies.models.choices import Cohort, TrialKind
from studies.models.feasibility import check
from studies.models.plan import Pair, Slot
from studies.models.tokens import hashed, new_token
from studies.questions import LATEST, QUESTIONS, Question
from transfer.errors import InputError
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studies.design import Block
    from studies.models.participant import Participant


class StudyQuerySet(models.QuerySet["Study"]):
    """Studies with what lists show of them."""

    def with_votes(self) -> StudyQuerySet:
        """Add the numbers of votes by people and by simulated participants."""
        votes = "participants__trials__answer"
        simulated = models.Q(participants__cohort=Cohort.SIMULATED)
        people = models.Q(participants__cohort=Cohort.PEOPLE)
        return self.annotate(
            people_votes=models.Count(votes, filter=people),
            simulated_votes=models.Count(votes, filter=simulated),
        )


class Study(models.Model):
    """An E-test or a C-test over the finished stimuli of one or several batches."""

    class Kind(models.TextChoices):
        EFFECTIVENESS = "E", "E-test: which picture carries the style better?"
        COHERENCE = "C", "C-test: which picture keeps the content better?"

    class State(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        CLOSED = "closed"

    class Scope(models.TextChoices):
        BOTH = "both", "share content and style, and differ in method or weight"
        REFERENCE = "reference", "share the picture on top only"

    name = models.CharField(max_length=200, unique=True)
    # What participants read instead of the name, which may say too much.
    title = models.CharField(max_length=100, default="Comparing pictures")
    kind = models.CharField(max_length=1, choices=Kind.choices)
    entry_token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    batches = models.ManyToManyField(Batch, related_name="studies")
    # Frozen at opening: the finished stimuli of the batches at that moment.
    stimuli = models.ManyToManyField(Stimulus, related_name="studies", blank=True)
    question_version = models.PositiveSmallIntegerField(default=1)

    design = models.CharField(max_length=30, default="balanced")
    scope = models.CharField(max_length=9, choices=Scope.choices, default=Scope.BOTH)
    seed = models.PositiveBigIntegerField(default=0)
    trials_per_participant = models.PositiveIntegerField(default=40)
    participant_target = models.PositiveIntegerField(default=40)
    votes_per_pair = models.PositiveIntegerField(default=4)
    # Frozen at opening: the number of pairs that the design was asked for.
    pairs_wanted = models.PositiveIntegerField(null=True, blank=True, editable=False)
    # Pictures smaller than their place are shown at their own size unless this is set.
    enlarge = models.BooleanField(default=False)
    ties_allowed = models.BooleanField(default=False)
    # Gold, traps, repeats, training, breaks, gates and exclusions, as they were declared.
    rules: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    rules_version = models.PositiveSmallIntegerField(default=1)

    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    paused_because = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new study asks the latest question of its kind."""
        if self._state.adding:
            self.question_version = LATEST[self.kind]
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """The researcher's page."""
        return reverse("studies:study", args=[self.pk])

    @property
    def entry_url(self) -> str:
        """The address that participants get."""
        return reverse("studies:enter", args=[self.entry_token])

    @property
    def question(self) -> Question:
        """What every trial asks."""
        return QUESTIONS[self.kind, self.question_version]

    @property
    def consent(self) -> ConsentText:
        """The text that people consent to now."""
        latest = self.consent_texts.order_by("-version").first()
        return latest or ConsentText(study=self, version=0, text="")

    def set_consent(self, text: str) -> None:
        """Ask for consent to `text` from now on; earlier texts stay on record."""
        if text.strip() != self.consent.text:
            self.consent_texts.create(version=self.consent.version + 1, text=text.strip())

    @property
    def votes_wanted(self) -> int:
        """The votes of all participants together."""
        return self.participant_target * self.trials_per_participant

    @property
    def minutes(self) -> int:
        """Roughly how long taking part takes: six seconds a trial, and a minute to read."""
        return 1 + round(self.trials_per_participant * 6 / 60)

    def items(self) -> list[Item]:
        """The stimuli as designs see them: the frozen ones, or before opening all finished ones."""
        finished = Stimulus.objects.filter(state=Stimulus.State.DONE)
        drafted = self.state == self.State.DRAFT
        stimuli = finished.filter(batch__in=self.batches.all()) if drafted else self.stimuli.all()
        styles: dict[int, list[int]] = {}
        links = Stimulus.styles.through.objects.filter(stimulus__in=stimuli)
        for stimulus, style in links.values_list("stimulus_id", "picture_id"):
            styles.setdefault(stimulus, []).append(style)
        found = []
        for key, content in stimuli.order_by("pk").values_list("pk", "content_id"):
            both = tuple(sorted(styles.get(key, [])))
            if self.kind == self.Kind.COHERENCE:
                found.append(Item(key, reference=content, other=both))
            elif len(both) == 1:  # no single picture shows a mixture of styles
                found.append(Item(key, reference=both[0], other=content))
        return found

    def blocks(self) -> list[Block]:
        """The groups of stimuli of which any two may form a pair."""
        return blocks_of(self.items(), across=self.scope == self.Scope.REFERENCE)

    def plan(self) -> Iterator[Planned]:
        """All votes that could ever be wanted, in order, without end."""
        generator = np.random.default_rng(self.seed)
        wanted = self.pairs_wanted or self._pairs_to_ask_for()
        return schedule(DESIGNS[self.design].pairs(self.blocks(), wanted, generator), generator)

    def _pairs_to_ask_for(self) -> int:
        # As many as get their votes, and never fewer than one person needs.
        return max(self.trials_per_participant, self.votes_wanted // self.votes_per_pair)

    @transaction.atomic
    def open(self) -> None:
        """Freeze the stimuli and the plan, and let participants in.

        Raises:
            InputError: the study is over, or its plan cannot answer its question.

        """
        if self.state == self.State.CLOSED:
            raise InputError(f"study '{self}' is closed: create a new one")
        if self.state == self.State.OPEN:
            return
        planned = list(islice(self.plan(), self.votes_wanted))
        check(self, self.blocks(), planned)
        self.stimuli.set([item.key for item in self.items()])
        self.pairs_wanted = self._pairs_to_ask_for()
        self.state = self.State.OPEN
        self.opened_at = timezone.now()
        self.save()
        self._write_slots(Cohort.PEOPLE, 0, planned)

    def close(self) -> None:
        """Let nobody in any more. Votes stay."""
        if self.state == self.State.DRAFT:
            raise InputError(f"study '{self}' was never opened: open it, or delete it")
        self.state, self.closed_at = self.State.CLOSED, timezone.now()
        self.save(update_fields=["state", "closed_at"])

    @transaction.atomic
    def want_votes(self, cohort: str, count: int) -> None:
        """Make sure that the plan has slots for `count` votes of a cohort."""
        start = self.slots.filter(cohort=cohort).count()
        if start < count:
            self._write_slots(cohort, start, list(islice(self.plan(), start, count)))

    def slots_taken(self, cohort: str) -> int:
        """How many votes of a cohort are in, or on their way."""
        return self.slots.filter(cohort=cohort).exclude(trial=None).count()

    def _write_slots(self, cohort: str, start: int, planned: list[Planned]) -> None:
        references = {item.key: item.reference for item in self.items()}
        known = set(self.pairs.values_list("first_id", "second_id"))
        fresh = dict.fromkeys(wanted.pair for wanted in planned if wanted.pair not in known)
        Pair.objects.bulk_create(
            [
                Pair(study=self, reference_id=references[one], first_id=one, second_id=two)
                for one, two in fresh
            ],
            batch_size=1000,
        )
        ids = {(one, two): pk for pk, one, two in self.pairs.values_list("pk", "first", "second")}
        Slot.objects.bulk_create(
            [
                Slot(
                    study=self,
                    cohort=cohort,
                    rank=start + i,
                    pair_id=ids[wanted.pair],
                    first_left=wanted.lower_on_left,
                )
                for i, wanted in enumerate(planned)
            ],
            batch_size=1000,
        )

    @transaction.atomic
    def admit(self, external_id: str = "", **details: Any) -> Participant:
        """Let somebody begin who has just consented; who began before goes on instead.

        Args:
            external_id: an id that names the person elsewhere; it is stored hashed.
            details: further fields of the participant.

        Raises:
            NotOpenError: the study is not open.
            FullError: every place is taken.

        """
        from studies.models.participant import Participant

        study = Study.objects.select_for_update().get(pk=self.pk)
        digest = hashed(external_id) if external_id.strip() else ""
        if digest and (known := study.participants.filter(external_id=digest).first()):
            return known
        if study.state != study.State.OPEN or study.paused_because:
            raise NotOpenError
        cohort = details.setdefault("cohort", Cohort.PEOPLE)
        if cohort == Cohort.PEOPLE and not study.has_room():
            raise FullError
        details.setdefault("plan", [TrialKind.REAL] * study.trials_per_participant)
        return Participant.objects.create(
            study=study,
            external_id=digest,
            consent_version=study.consent.version,
            consented_at=timezone.now(),
            **details,
        )

    def admits(self) -> bool:
        """Whether somebody could begin now."""
        return self.state == self.State.OPEN and not self.paused_because and self.has_room()

    def has_room(self) -> bool:
        """Whether one more person is wanted: places of people who left are given again."""
        if self.participants.present(Cohort.PEOPLE).count() >= self.participant_target:
            return False
        slots = self.slots.filter(cohort=Cohort.PEOPLE)
        return slots.free().exists() or slots.abandoned().exists()

    def progress(self) -> list[dict[str, Any]]:
        """One row per cohort, counted from the rows: participants, finished, votes."""
        finished = models.Q(state="finished")
        rows = (
            self.participants.order_by("cohort")
            .values("cohort")
            .annotate(
                participants=models.Count("pk", distinct=True),
                finished=models.Count("pk", filter=finished, distinct=True),
                votes=models.Count("trials__answer"),
            )
        )
        return [dict(row) for row in rows]

    def methods(self) -> list[str]:
        """The methods that the study compares."""
        keys = [item.key for item in self.items()]
        methods = Stimulus.objects.filter(pk__in=keys).order_by("method").values_list("method")
        return [method for (method,) in methods.distinct()]


class ConsentText(models.Model):
    """A version of what a study's participants consent to. It is never changed."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="consent_texts")
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["study", "version"], name="one_text_per_version")
        ]

    def __str__(self) -> str:
        return f"consent {self.version} of {self.study}"
