"""The words that rows of studies use for who, what and how it ended."""

from __future__ import annotations

from django.db import models


class Cohort(models.TextChoices):
    """Whom a participant stands for. Only the votes of people are results."""

    PEOPLE = "people"
    PILOT = "pilot"
    SIMULATED = "simulated"


class TrialKind(models.TextChoices):
    """What a trial is for. Only real trials enter estimates."""

    REAL = "real"
    TRAINING = "training"
    GOLD = "gold"
    TRAP = "trap"
    REPEAT = "repeat"


class Choice(models.TextChoices):
    """What somebody preferred."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"


class Outcome(models.TextChoices):
    """How a trial ended; nothing while it waits for its answer."""

    WAITING = ""
    VOTED = "voted"
    COULD_NOT_LOAD = "could not load"
    SKIPPED = "skipped"
    EXPIRED = "expired"
