"""The counts that the home page shows, and the next step."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from metrics.models import Calibration, Measurement
from studies.models import Study, Vote
from transfer.models import Batch, Picture, Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from transfer.models.ledger import Progress

SHOWN = 5
"""How many of the latest batches, studies and calibrations the home page lists."""


@dataclass(frozen=True)
class Step:
    """The next step: a sentence, and a page, a command or both to do it with."""

    text: str
    page: str = ""
    label: str = ""
    command: str = ""


@dataclass(frozen=True)
class Overview:
    """Counts and the latest rows of each kind."""

    contents: int
    styles: int
    stimuli: Progress
    measured: int
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
        batches = list(Batch.objects.all()[:SHOWN])
        progress = Stimulus.objects.filter(batch__in=batches).progress_by_batch()
        none = Stimulus.objects.none().progress()
        return cls(
            **roles,
            stimuli=Stimulus.objects.all().progress(),
            measured=Measurement.objects.values("stimulus").distinct().count(),
            batches=[(batch, progress.get(batch.pk, none)) for batch in batches],
            studies=list(studies.with_votes()[:SHOWN]),
            voted=Vote.objects.filter(trial__participant__study__in=studies).exists(),
            calibrations=list(Calibration.objects.visible_to(user)[:SHOWN]),
        )

    @property
    def next_step(self) -> Step:
        """The first step from pictures to the EC space that is not done yet."""
        steps = (self._picture_step, self._stimulus_step, self._study_step, self._metric_step)
        for step in steps:
            if (found := step()) is not None:
                return found
        return Step(
            "The EC space shows the effectiveness and coherence of every method.",
            "metrics:ecspace",
            "EC space",
        )

    def _picture_step(self) -> Step | None:
        if self.contents and self.styles:
            return None
        return Step(
            "A first pass needs content pictures and style pictures.",
            "transfer:pictures",
            "Upload pictures",
            "python manage.py import_pictures DIR --role content",
        )

    def _stimulus_step(self) -> Step | None:
        if not self.batches:
            return Step(
                "Choose methods, contents and styles, and launch them as a batch.",
                "transfer:launch",
                "Launch a batch",
            )
        if self.stimuli.open:
            return Step(
                "Stimuli wait to be made. A worker makes them; any number may run at once.",
                command="make worker",
            )
        return None

    def _study_step(self) -> Step | None:
        if not self.studies:
            return Step(
                "Ask people which stimulus carries the style or keeps the content better.",
                "studies:create",
                "Create a study",
            )
        if not self.voted:
            return Step(
                "Open a study and send its address to the participants.",
                "studies:studies",
                "Studies",
            )
        return None

    def _metric_step(self) -> Step | None:
        if not self.measured and self.batches:
            batch = shlex.quote(self.batches[0][0].name)
            return Step(
                "Measure the stimuli: effectiveness and coherence.",
                command=f"python manage.py measure --batch {batch}",
            )
        if not self.calibrations:
            return Step(
                "Fit the base statistics to the votes.",
                "metrics:calibrations",
                "Calibrate",
            )
        return None
