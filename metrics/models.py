"""The records of metrics: measurements of stimuli, and calibrations fitted on votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse

from common.errors import InputError
from common.media import media_path
from metrics.statistics.base import Sample

if TYPE_CHECKING:
    import pandas as pd
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from metrics.calibration.export import Model
    from metrics.statistics.base import Statistic
    from studies.models import Study
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


class CalibrationQuerySet(models.QuerySet["Calibration"]):
    """Calibrations, and the fitting of new ones."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> CalibrationQuerySet:
        """Those that rest on no study that the researcher may not see."""
        from studies.models import Study

        hidden = Study.objects.exclude(pk__in=Study.objects.visible_to(user).values("pk"))
        return self.exclude(studies__in=hidden)

    def calibrate(
        self,
        studies: Sequence[Study],
        target: str,
        *,
        name: str = "",
        instruments: Mapping[str, str] | None = None,
        statistics: pd.DataFrame | None = None,
        created_by: Any = None,
        **options: Any,
    ) -> Calibration:
        """Fit the votes of `studies` on the statistics of their stimuli, and keep the model.

        The same votes, statistics and options give the calibration that is there already. options:
        those of metrics.calibration.calibrate.calibrate. statistics: where given, they stand for
        what was measured here: imported votes may be on stimuli that were measured elsewhere.

        Raises:
            InputError: a study of another kind, a name in use, or votes that give no model.

        """
        from metrics.calibration.calibrate import calibrate
        from metrics.measurements import statistics_frame, usual_instruments
        from studies.exchange.export import votes_frame
        from transfer.models import Stimulus

        for study in studies:
            if study.kind != target:
                raise InputError(
                    f"study '{study.name}' is a {study.kind}-test: it cannot calibrate {target}"
                )
        if statistics is None:
            stimuli = Stimulus.objects.filter(studies__in=studies).distinct()
            wanted = dict(instruments or {})
            if target == "E":  # C takes no part, so it does not matter who measured it
                usual = usual_instruments(stimuli)
                wanted = {key: name for key, name in usual.items() if key == "C"} | wanted
            statistics = statistics_frame(stimuli, wanted)
        model = calibrate(votes_frame(studies), statistics, target, **options)
        return self._keep(model, studies, name, created_by)

    def _keep(
        self, model: Model, studies: Sequence[Study], name: str, created_by: Any
    ) -> Calibration:
        exported = model.to_json()
        fingerprint = model.details["data_fingerprint"]
        for known in self.filter(target=model.target, data_fingerprint=fingerprint):
            if known.tells_the_same_as(exported) and name in ("", known.name):
                return known
        if name and self.filter(name=name).exists():
            raise InputError(f"a calibration is named '{name}' already: choose another name")
        label = name or self._free_name(f"{model.target}: {', '.join(s.name for s in studies)}")
        with transaction.atomic():
            kept = self.create(
                name=label,
                target=model.target,
                simulated=model.simulated,
                data_fingerprint=fingerprint,
                model=exported,
                created_by=created_by,
            )
            kept.studies.set(studies)
        return kept

    def _free_name(self, wanted: str) -> str:
        label, number = wanted[:190], 1
        while self.filter(name=label).exists():
            number += 1
            label = f"{wanted[:190]} ({number})"
        return label


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

    objects = CalibrationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The researcher's page."""
        return reverse("metrics:calibration", args=[self.pk])

    @property
    def exported(self) -> Model:
        """The model, ready to score."""
        from metrics.calibration.export import Model

        return Model.from_json(self.model)

    def tells_the_same_as(self, exported: Mapping[str, Any]) -> bool:
        """Whether a fresh export differs from this one in nothing but the software's versions."""
        mine, other = dict(self.model), dict(exported)
        mine.pop("software", None)
        other.pop("software", None)
        return mine == other
