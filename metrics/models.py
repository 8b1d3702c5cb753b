"""The records of metrics: measurements of stimuli, and calibrations fitted on votes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Measurement(models.Model):
    """The value of one base statistic of one stimulus under one instrument. Never overwritten.

    `statistic` is E1 … E5 (higher: more effective, −∞ … 20.72) or C (coherence, 0 … 1, higher
    is better).
    """

    stimulus = models.ForeignKey(
        "transfer.Stimulus", on_delete=models.CASCADE, related_name="measurements"
    )
    # The style picture for E, the content picture for C.
    reference = models.ForeignKey("transfer.Picture", on_delete=models.PROTECT, related_name="+")
    statistic = models.CharField(max_length=20)
    # E: encoder fingerprint + basis fingerprint; C: detector fingerprint + resize rule + truth.
    instrument = models.CharField(max_length=200)
    value = models.FloatField(null=True)  # null: the encoder does not reach the layer
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["stimulus_id", "statistic", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stimulus", "reference", "statistic", "instrument"],
                name="one_measurement_per_instrument",
            )
        ]

    def __str__(self) -> str:
        return f"{self.statistic} of {self.stimulus_id}"


class Calibration(models.Model):
    """A regression of preferences on differences of base statistics, as it was exported."""

    class Target(models.TextChoices):
        EFFECTIVENESS = "E"
        COHERENCE = "C"

    name = models.CharField(max_length=200, unique=True)
    target = models.CharField(max_length=1, choices=Target.choices)
    studies = models.ManyToManyField("studies.Study", related_name="calibrations")
    # True where simulated votes took part; every page and file then says so.
    simulated = models.BooleanField(default=False)
    data_fingerprint = models.CharField(max_length=64)
    # The exported model, whole: terms, coefficients, covariance, selection table, diagnostics.
    model: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name
