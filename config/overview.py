"""The counts that the home page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from metrics.measurements.summary import unmeasured
from metrics.models import Calibration, Measurement, MeasurementJob
from studies.models import Study, Vote
from transfer.models import Batch, Picture, Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from transfer.models.ledger import Progress

SHOWN = 5
"""How many of the latest batches, studies and calibrations the home page lists."""


@dataclass(frozen=True)
class Overview:
    """Counts and the latest rows of each kind.

    Attributes:
        contents, styles: numbers of pictures.
        stimuli: of all batches.
        measured: stimuli with any measurement.
        measuring: the measurements that were asked for.
        unmeasured: batch → stimuli that lack a statistic, of the batches listed.
        batches, studies, calibrations: the latest ones.
        voted: whether anybody has voted.

    """

    contents: int
    styles: int
    stimuli: Progress
    measured: int
    measuring: Progress
    unmeasured: dict[int, int]
    batches: list[tuple[Batch, Progress]]
    studies: list[Study]
    voted: bool
    calibrations: list[Calibration]

    @classmethod
    def now(cls, user: AbstractBaseUser | AnonymousUser) -> Overview:
        """Count the rows that this researcher may see."""
        studies = Study.objects.visible_to(user)
        roles = Picture.objects.aggregate(
            contents=Count("pk", filter=Q(role=Picture.Role.CONTENT)),
            styles=Count("pk", filter=Q(role=Picture.Role.STYLE)),
        )
        batches = list(Batch.objects.filter(archived_at=None)[:SHOWN])
        progress = Stimulus.objects.filter(batch__in=batches).progress_by_batch()
        none = Stimulus.objects.none().progress()
        return cls(
            **roles,
            stimuli=Stimulus.objects.all().progress(),
            measured=Measurement.objects.values("stimulus").distinct().count(),
            measuring=MeasurementJob.objects.progress(),
            unmeasured=unmeasured(batches),
            batches=[(batch, progress.get(batch.pk, none)) for batch in batches],
            studies=list(studies.filter(archived_at=None).with_votes()[:SHOWN]),
            voted=Vote.objects.filter(trial__participant__study__in=studies).exists(),
            calibrations=list(Calibration.objects.visible_to(user)[:SHOWN]),
        )
