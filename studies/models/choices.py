"""Enumerations: cohorts, kinds of trials, choices and outcomes. Stored values never change."""

from __future__ import annotations

from django.db import models


class Cohort(models.TextChoices):
    """The group that a participant belongs to. Only votes of people are results."""

    PEOPLE = "people"
    PILOT = "pilot"
    SIMULATED = "simulated"


class TrialKind(models.TextChoices):
    """The purpose of a trial. Only real trials enter estimates."""

    REAL = "real"
    TRAINING = "training"
    GOLD = "gold"
    ATTENTION_CHECK = "trap"
    REPEAT = "repeat"


class Choice(models.TextChoices):
    """The answer to a trial."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"


class TrialOutcome(models.TextChoices):
    """How a trial ended; empty while it waits for its answer."""

    WAITING = ""
    VOTED = "voted"
    COULD_NOT_LOAD = "could not load"
    SKIPPED = "skipped"
    EXPIRED = "expired"
