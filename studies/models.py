"""The records of studies: studies, participants, trials and votes."""

from __future__ import annotations

from django.db import models


class Study(models.Model):
    """An E-test or a C-test over the stimuli of a batch."""

    class Kind(models.TextChoices):
        EFFECTIVENESS = "E"
        COHERENCE = "C"

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=1, choices=Kind.choices)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
