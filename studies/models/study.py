"""Studies: the question, the design, the rules and the state of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_noop

from common.errors import InputError
from studies.models.choices import Cohort
from studies.models.consent import ConsentText
from studies.models.tokens import new_token, simulated_token
from studies.rules.questions import LATEST, QUESTIONS, Question
from studies.rules.screen_requirements import ScreenRequirements
from studies.rules.session_rules import VERSION as RULES_VERSION
from studies.rules.session_rules import SessionRules
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class StudyQuerySet(models.QuerySet["Study"]):
    """Studies by visibility, and with counts for lists."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> StudyQuerySet:
        """The studies that a researcher may see.

        These are their own, those shared with them, and those without an owner, which were made on
        the command line. Superusers see all.
        """
        if getattr(user, "is_superuser", False):
            return self.all()
        shared = self.model.members.through.objects.filter(user_id=user.pk or 0)
        mine = models.Q(created_by=user.pk) | models.Q(created_by=None)
        return self.filter(mine | models.Q(pk__in=shared.values("study_id")))

    def named(self, name: str) -> Study | None:
        """The study with a name, or with a number as `manage.py study list` shows it.

        Raises:
            InputError: several owners have a study of that name.

        """
        found = list(self.filter(name=name)[:2])
        if len(found) > 1:
            raise InputError(
                f"several studies are named '{name}': use the number that `manage.py study list` "
                "shows"
            )
        if not found and name.isdecimal() and len(name) < 19:
            return self.filter(pk=int(name)).first()
        return found[0] if found else None

    def with_votes(self) -> StudyQuerySet:
        """Add `people_votes` and `simulated_votes`, the numbers of votes of these cohorts."""
        votes = "participants__trials__answer"
        simulated = models.Q(participants__cohort=Cohort.SIMULATED)
        people = models.Q(participants__cohort=Cohort.PEOPLE)
        return self.annotate(
            people_votes=models.Count(votes, filter=people),
            simulated_votes=models.Count(votes, filter=simulated),
        )


class Study(models.Model):
    """An E-test or a C-test over the finished stimuli of one or several batches.

    A new setting is a field here, a migration, and a line in studies/rules/settings.py, from which
    the form, the options of `manage.py study create` and the study's page take it.
    """

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
        RESUME = "resume", "continue their session"
        RESTART = "restart", "start a new session"
        BLOCK = "block", "are refused"

    class Recruiter(models.TextChoices):
        LINK = "link", "a plain link"
        PROLIFIC = "prolific", "Prolific"
        MTURK = "mturk", "Mechanical Turk (a code that people copy)"

    # Unique among the studies of an owner: others must not learn that a name is taken.
    name = models.CharField(max_length=200)
    # Shown to participants in place of the name, which may reveal too much.
    title = models.CharField(max_length=100, default=gettext_noop("Comparing pictures"))
    kind = models.CharField(max_length=1, choices=Kind.choices)
    entry_token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    pilot_token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    batches = models.ManyToManyField(Batch, related_name="studies")
    # Set at opening: the finished stimuli of the batches at that moment.
    stimuli = models.ManyToManyField(Stimulus, related_name="studies", blank=True)
    question_version = models.PositiveSmallIntegerField(default=1)

    design = models.CharField(max_length=30, default="balanced")
    scope = models.CharField(max_length=9, choices=Scope.choices, default=Scope.BOTH)
    seed = models.PositiveBigIntegerField(default=0)
    trials_per_participant = models.PositiveIntegerField(default=40)
    participant_target = models.PositiveIntegerField(default=40)
    votes_per_pair = models.PositiveIntegerField(default=4)
    # Set at opening: the number of pairs requested from the design.
    pairs_wanted = models.PositiveIntegerField(null=True, blank=True, editable=False)
    # Pictures smaller than their place are shown at their own size unless this is set.
    enlarge = models.BooleanField(default=False)
    ties_allowed = models.BooleanField(default=False)
    # The declaration of studies.rules.session_rules.
    rules: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    # Counts the declarations made in draft; the last one holds once the study is open.
    rules_version = models.PositiveSmallIntegerField(default=1, editable=False)
    recruiter = models.CharField(max_length=8, choices=Recruiter.choices, default=Recruiter.LINK)
    # Completion codes by ending (studies.sessions.completion_codes); a missing one is made for each
    # participant.
    codes: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True
    )
    returning = models.CharField(max_length=7, choices=Returning.choices, default=Returning.RESUME)
    # The declaration of studies.rules.screen_requirements.
    required_screen: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True, db_column="gates"
    )
    # Shared with the recruitment service, which signs the ids in the link with it; empty: it does
    # not (studies.sessions.arrival).
    id_secret = models.CharField(max_length=200, blank=True)
    # The language of the participants' pages; empty: the one that each browser asks for.
    language = models.CharField(max_length=10, blank=True)

    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    paused_because = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # The owner. Protected, because a study without an owner is visible to every researcher.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    # Other researchers who see and run the study.
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="shared_studies", blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Lists leave archived studies out unless they are asked for.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["created_by", "name"], name="study_name_per_owner"),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(created_by=None),
                name="study_name_without_owner",
                violation_error_message="Study with this Name already exists.",
            ),
        ]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row. A new study gets the latest question of its kind.

        Raises:
            InputError: the rules differ from those that were in force when the study opened.

        """
        if self._state.adding:
            self.question_version = LATEST[self.kind]
        elif "rules" in kwargs.get("update_fields", ["rules"]):
            self._count_declarations()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """The researcher's page."""
        return reverse("studies:study", args=[self.pk])

    def _count_declarations(self) -> None:
        state, rules = Study.objects.values_list("state", "rules").get(pk=self.pk)
        if rules == self.rules:
            return
        if state != self.State.DRAFT:
            raise InputError(
                f"the rules of study '{self}' were declared when it opened, and hold for every "
                "participant: close it and create a new one"
            )
        self.rules_version += 1

    @property
    def entry_url(self) -> str:
        """The address for participants."""
        return reverse("studies:enter", args=[self.entry_token])

    @property
    def pilot_url(self) -> str:
        """The address for pilot sessions, whose votes are excluded."""
        return reverse("studies:enter", args=[self.pilot_token])

    @property
    def simulated_url(self) -> str:
        """The address for simulated participants, whose votes are marked as simulated."""
        return reverse("studies:enter", args=[simulated_token(self.entry_token)])

    def belongs_to(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Whether a researcher may share the study with others."""
        return getattr(user, "is_superuser", False) or self.created_by_id in (None, user.pk)

    @property
    def session_rules(self) -> SessionRules:
        """The rules of its sessions."""
        return SessionRules.of(self.rules)

    @property
    def screen_requirements(self) -> ScreenRequirements:
        """The requirements on a participant's window."""
        return ScreenRequirements.of(self.required_screen)

    @property
    def rules_in_force(self) -> str:
        """The version of the rules: that of their meaning, and that of the declaration."""
        return f"{RULES_VERSION}.{self.rules_version}"

    @property
    def questions_per_person(self) -> int:
        """The number of trials in a session, control trials included."""
        return self.trials_per_participant + self.session_rules.controls

    @property
    def question(self) -> Question:
        """The question of every trial."""
        return QUESTIONS[self.kind, self.question_version]

    @property
    def consent(self) -> ConsentText:
        """The latest consent text."""
        latest = self.consent_texts.order_by("-version").first()
        return latest or ConsentText(study=self, version=0, text="")

    @property
    def votes_wanted(self) -> int:
        """The number of real votes of all participants together."""
        return self.participant_target * self.trials_per_participant

    @property
    def minutes(self) -> int:
        """Estimated duration of a session: six seconds per trial, and a minute for reading."""
        return 1 + round(self.questions_per_person * 6 / 60)
