"""The records of metrics: measurements of stimuli, and calibrations fitted on votes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from metrics.statistics.base import Sample
from transfer.errors import InputError
from transfer.files import media_path

if TYPE_CHECKING:
    from metrics.statistics.base import Statistic
    from transfer.models import Picture, Stimulus


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    """Measurements as a table that only grows."""

    def of(
        self, statistic: Statistic, stimulus: Stimulus, reference: Picture, instrument: str
    ) -> dict[str, Measurement]:
        """What this instrument measured already, by name."""
        found = self.filter(
            stimulus=stimulus,
            reference=reference,
            instrument=instrument,
            statistic__in=statistic.names,
        )
        return {measurement.statistic: measurement for measurement in found}

    def get_or_measure(
        self, statistic: Statistic, stimulus: Stimulus, reference: Picture
    ) -> dict[str, Measurement]:
        """The measurements of a stimulus by name; what is missing is measured and kept.

        Two processes that measure the same at once keep the numbers of the first.

        Raises:
            InputError: the stimulus is not done, or its pictures cannot be measured.

        """
        sample = sample_of(stimulus, reference)
        instrument = statistic.instrument(sample)
        found = self.of(statistic, stimulus, reference, instrument)
        if len(found) == len(statistic.names):
            return found
        self.bulk_create(
            [
                Measurement(
                    stimulus=stimulus,
                    reference=reference,
                    statistic=name,
                    instrument=instrument,
                    value=value.value,
                    details=dict(value.details),
                )
                for name, value in statistic.measure(sample).items()
            ],
            ignore_conflicts=True,
        )
        return self.of(statistic, stimulus, reference, instrument)


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
    value = models.FloatField(null=True)  # null: not defined; `details` says why
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MeasurementQuerySet.as_manager()

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. A measurement that is there already is not changed."""
        if not self._state.adding:
            raise TypeError("a measurement is never overwritten: measure with another instrument")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)


def sample_of(stimulus: Stimulus, reference: Picture) -> Sample:
    """The files of a stimulus and of the picture it is measured against.

    Raises:
        InputError: the stimulus is not done.

    """
    if stimulus.state != stimulus.State.DONE or not stimulus.width:
        raise InputError(f"stimulus {stimulus.public_id.hex} is {stimulus.state}: make it first")
    return Sample(
        image=stimulus.path,
        width=stimulus.width,
        reference=reference.path,
        annotations=media_path(str(reference.annotations.name)) if reference.annotations else None,
    )


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
