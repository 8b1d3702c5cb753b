"""Studies: what is asked, of whom, by which rules."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from common.errors import InputError
from studies.design import Item, blocks_of
from studies.models.choices import Cohort
from studies.models.consent import ConsentText
from studies.models.study_queries import StudyQuerySet
from studies.models.tokens import new_token, simulated_token
from studies.planning.allocation import items_of, plan_of, votes_of, write_slots
from studies.planning.feasibility import check
from studies.rules.questions import LATEST, QUESTIONS, Question
from studies.rules.screen_requirements import Gates
from studies.rules.session_rules import VERSION as RULES_VERSION
from studies.rules.session_rules import Rules
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from studies.design import Block
    from studies.models.participant import Participant


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
        REFERENCE = "reference", "share the picture on top only (any content or style)"

    class Returning(models.TextChoices):
        RESUME = "resume", "go on where they were"
        RESTART = "restart", "begin anew"
        BLOCK = "block", "are turned away"

    class Recruiter(models.TextChoices):
        LINK = "link", "a plain link"
        PROLIFIC = "prolific", "Prolific"
        MTURK = "mturk", "Mechanical Turk (a code that people copy)"

    name = models.CharField(max_length=200, unique=True)
    # What participants read instead of the name, which may say too much.
    title = models.CharField(max_length=100, default=gettext_noop("Comparing pictures"))
    kind = models.CharField(max_length=1, choices=Kind.choices)
    entry_token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    pilot_token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
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
    # Counts the declarations of the draft; the last one is in force for good.
    rules_version = models.PositiveSmallIntegerField(default=1, editable=False)
    recruiter = models.CharField(max_length=8, choices=Recruiter.choices, default=Recruiter.LINK)
    # Completion codes by ending (studies.sessions.completion_codes); a missing one is made per
    # person.
    codes: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True
    )
    returning = models.CharField(max_length=7, choices=Returning.choices, default=Returning.RESUME)
    # What a window must offer, as it was declared (studies.rules.screen_requirements).
    gates: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    # Of the participants' pages; empty: the one that each browser asks for.
    language = models.CharField(max_length=10, blank=True)

    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    paused_because = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # The owner. Protected, because a study without an owner is everybody's.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    # Researchers who see and run the study beside its owner.
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="shared_studies", blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new study asks the latest question of its kind.

        Raises:
            InputError: the rules were changed after opening, when they were declared already.

        """
        if self._state.adding:
            self.question_version = LATEST[self.kind]
        elif "rules" in kwargs.get("update_fields", ["rules"]):
            self._declare_again()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """The researcher's page."""
        return reverse("studies:study", args=[self.pk])

    def _declare_again(self) -> None:
        state, rules = Study.objects.values_list("state", "rules").get(pk=self.pk)
        if rules == self.rules:
            return
        if state != self.State.DRAFT:
            raise InputError(
                f"the rules of study '{self}' were declared when it opened, and hold for everybody "
                "in it: close it and create a new one"
            )
        self.rules_version += 1

    @property
    def entry_url(self) -> str:
        """The address that participants get."""
        return reverse("studies:enter", args=[self.entry_token])

    @property
    def pilot_url(self) -> str:
        """The address for trying the study out: these votes never count."""
        return reverse("studies:enter", args=[self.pilot_token])

    def belongs_to(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Whether a researcher may share the study with others."""
        return getattr(user, "is_superuser", False) or self.created_by_id in (None, user.pk)

    @property
    def simulated_url(self) -> str:
        """The address for simulated participants: their votes are marked as such."""
        return reverse("studies:enter", args=[simulated_token(self.entry_token)])

    @property
    def declared(self) -> Rules:
        """The rules of its sessions."""
        return Rules.of(self.rules)

    @property
    def gate(self) -> Gates:
        """What a participant's window must offer."""
        return Gates.of(self.gates)

    @property
    def rules_in_force(self) -> str:
        """The version of the rules: of their meaning, and of this study's declaration."""
        return f"{RULES_VERSION}.{self.rules_version}"

    @property
    def questions_per_person(self) -> int:
        """All trials of a session."""
        return self.trials_per_participant + self.declared.controls

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
        text = text.strip().replace("\r\n", "\n")
        if text != self.consent.text:
            self.consent_texts.create(version=self.consent.version + 1, text=text)

    @property
    def votes_wanted(self) -> int:
        """The votes of all participants together."""
        return self.participant_target * self.trials_per_participant

    @property
    def minutes(self) -> int:
        """Roughly how long taking part takes: six seconds a trial, and a minute to read."""
        return 1 + round(self.questions_per_person * 6 / 60)

    def items(self) -> list[Item]:
        """The stimuli as designs see them: the frozen ones, or before opening all finished ones."""
        return items_of(self)

    def blocks(self) -> list[Block]:
        """The groups of stimuli of which any two may form a pair."""
        return blocks_of(self.items(), across=self.scope == self.Scope.REFERENCE)

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
        planned = votes_of(self)
        check(self, self.blocks(), planned)
        self.stimuli.set([item.key for item in self.items()])
        self.pairs_wanted = self.votes_wanted // self.votes_per_pair
        self.state = self.State.OPEN
        self.opened_at = timezone.now()
        self.save()
        write_slots(self, Cohort.PEOPLE, 0, planned)

    def close(self) -> None:
        """Let nobody in any more. Votes stay."""
        if self.state == self.State.DRAFT:
            raise InputError(f"study '{self}' was never opened: open it, or delete it")
        self.state, self.closed_at = self.State.CLOSED, timezone.now()
        self.save(update_fields=["state", "closed_at"])

    def watch_over(self) -> None:
        """Pause by the study's own thresholds; people on their way go on."""
        from studies.monitoring.monitor import alarm

        if not self.paused_because and (reason := alarm(self)):
            self.paused_because = reason
            self.save(update_fields=["paused_because"])

    def go_on(self) -> None:
        """Let people in again after a pause."""
        self.paused_because = ""
        self.save(update_fields=["paused_because"])

    @transaction.atomic
    def want_votes(self, cohort: str, count: int) -> None:
        """Make sure that the plan has slots for `count` votes of a cohort."""
        start = self.slots.filter(cohort=cohort).count()
        if start < count:
            write_slots(self, cohort, start, list(islice(plan_of(self), start, count)))

    def slots_taken(self, cohort: str) -> int:
        """How many votes of a cohort are in, or on their way."""
        return self.slots.filter(cohort=cohort).exclude(trial=None).count()

    def admit(self, external_id: str = "", **details: Any) -> Participant:
        """Let somebody begin; see studies.sessions.enrolment.admit."""
        from studies.sessions.enrolment import admit

        return admit(self, external_id, **details)

    def has_room(self) -> bool:
        """Whether one more person is wanted."""
        from studies.sessions.enrolment import has_room

        return has_room(self)

    def admits(self) -> bool:
        """Whether somebody could begin now."""
        return self.state == self.State.OPEN and not self.paused_because and self.has_room()

    def methods(self) -> list[str]:
        """The methods that the study compares."""
        keys = [item.key for item in self.items()]
        methods = Stimulus.objects.filter(pk__in=keys).order_by("method").values_list("method")
        return [method for (method,) in methods.distinct()]
