"""Tables of metrics: measurements of stimuli, the jobs that measure, calibrations of votes."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat, Right
from django.urls import reverse

from common.colours import CONVERSION
from metrics.calibration.export import Model
from metrics.statistics.base import (
    ANNOTATION_DIGITS,
    ANNOTATION_MARK,
    COLOUR_MARK,
    REFERENCE_MARKS,
)
from studies.models import Study
from transfer.models.ledger import Job, Ledger

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    """Selections of measurements."""

    def current(self) -> MeasurementQuerySet:
        """Leave out measurements against annotations or colours that have been replaced since.

        Annotations are stored under their SHA-256, whose first digits end the instrument's name.
        Before version 1 of the conversion, colours of references were taken as they are stored.
        """
        digits = Right("instrument", ANNOTATION_DIGITS)
        converted = Measurement.objects.filter(
            stimulus=OuterRef("stimulus"),
            reference=OuterRef("reference"),
            statistic=OuterRef("statistic"),
            instrument=Concat(OuterRef("instrument"), Value(f"{COLOUR_MARK}{CONVERSION}")),
        )
        return self.filter(
            ~Q(instrument__contains=ANNOTATION_MARK) | Q(reference__annotations__contains=digits),
            ~Exists(converted),
        )

    def by_instrument(self, name: str) -> MeasurementQuerySet:
        """The measurements of an instrument, named without what is special about a reference."""
        special = [Q(instrument__startswith=f"{name}{mark}") for mark in REFERENCE_MARKS]
        return self.filter(reduce(or_, special, Q(instrument=name)))


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
    # E: fingerprints of encoder and basis. C: fingerprint of the detector, rules of matching and
    # resizing, source of the truth, and the SHA-256 of human annotations. Both: the conversion of
    # the reference's colours, if they are converted.
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
        """Insert the row.

        Raises:
            TypeError: the row exists already.

        """
        if not self._state.adding:
            raise TypeError("a measurement is never overwritten: measure with another instrument")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)


class MeasuringOrder(models.Model):
    """The wish to measure the stimuli of a batch by one statistic in one way.

    The jobs of an order are added when the stimuli are made.
    """

    batch = models.ForeignKey(
        "transfer.Batch", on_delete=models.CASCADE, related_name="measuring_orders"
    )
    statistic = models.CharField(max_length=20)  # key of metrics.statistics.STATISTICS
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    # From which the statistic opens its instrument (Statistic.settings), and their SHA-256.
    settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    settings_key = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "statistic", "settings_key"], name="one_order_per_settings"
            )
        ]

    def __str__(self) -> str:
        return f"{self.statistic} of {self.batch}"


class MeasurementJobQuerySet(Ledger["MeasurementJob"]):
    """Jobs that measure; those of one chunk of an order share their reference."""

    GROUP = "order"
    STIMULUS = "stimulus_id"


class MeasurementJob(Job):
    """A stimulus that is to be measured against a reference: a row of the job ledger.

    What it measures is stored in rows of Measurement in the transaction that ends the job.
    """

    order = models.ForeignKey(MeasuringOrder, on_delete=models.CASCADE, related_name="jobs")
    stimulus = models.ForeignKey(
        "transfer.Stimulus", on_delete=models.CASCADE, related_name="measurement_jobs"
    )
    reference = models.ForeignKey("transfer.Picture", on_delete=models.PROTECT, related_name="+")
    # Under which the numbers are stored; empty until the job is done.
    instrument = models.CharField(max_length=200, blank=True)

    objects = MeasurementJobQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "stimulus", "reference"], name="one_job_per_reference"
            )
        ]
        indexes = [
            # For workers, which search for the next chunk that waits.
            models.Index(fields=["state", "order", "chunk"], name="measurement_queue"),
            # For renewals, which search for the rows of a lease.
            models.Index(fields=["lease"], name="measurement_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.order.statistic} of {self.stimulus_id}"

    @property
    def label(self) -> str:
        """The stimulus in a message: method, content, and the first digits of its id."""
        return f"{self.stimulus.label} ({self.stimulus.public_id.hex[:8]})"


class CalibrationQuerySet(models.QuerySet["Calibration"]):
    """Selections of calibrations."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> CalibrationQuerySet:
        """The calibrations whose studies `user` may all see."""
        hidden = Study.objects.exclude(pk__in=Study.objects.visible_to(user).values("pk"))
        return self.exclude(studies__in=hidden)


class Calibration(models.Model):
    """A fitted regression of preferences on differences of base statistics."""

    class Target(models.TextChoices):
        EFFECTIVENESS = "E"
        COHERENCE = "C"

    # Unique among the calibrations of an owner: others must not learn that a name is taken.
    name = models.CharField(max_length=200)
    target = models.CharField(max_length=1, choices=Target.choices)
    studies = models.ManyToManyField("studies.Study", related_name="calibrations")
    # True if simulated votes were among those fitted; every page and file then says so.
    simulated = models.BooleanField(default=False)
    data_fingerprint = models.CharField(max_length=64)
    # The exported model: terms, coefficients, covariance, selection table, diagnostics.
    model: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CalibrationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "name"], name="calibration_name_per_owner"
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(created_by=None),
                name="calibration_name_without_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The address of the researcher's page of this calibration."""
        return reverse("metrics:calibration", args=[self.pk])

    @property
    def exported(self) -> Model:
        """The model, which `metrics.calibration.score.score` takes."""
        return Model.from_json(self.model)


class ReportJobQuerySet(Ledger["ReportJob"]):
    """Reports that are to be written; each is a chunk of its own."""

    GROUP = "id"
    STIMULUS = None

    def next_chunk(self) -> ReportJobQuerySet:
        """The oldest report that waits."""
        first = self.filter(state=ReportJob.State.PENDING).order_by("pk").values("pk")[:1]
        return self.filter(pk__in=list(first.values_list("pk", flat=True)))


class ReportJob(Job):
    """A report that was asked for on a page: a row of the job ledger.

    The report itself is a folder, which holds all that its page and its list show; the row is
    needed until it is written.
    """

    name = models.CharField(max_length=200, unique=True)  # of the folder
    # batch: primary keys; E, C: names of models as in addresses; bins.
    request: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE
    )

    objects = ReportJobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
