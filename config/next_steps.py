"""What can be done next, from pictures to the report, in the order of one pass."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.urls import reverse

from config.overview import Overview
from metrics.models import Calibration
from metrics.presentation.written_reports import reported_calibrations
from studies.models import Study, Vote
from transfer.models import Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    User = AbstractBaseUser | AnonymousUser

MOST = 4
"""Steps that the home page lists."""


@dataclass(frozen=True)
class Step:
    """A step: a sentence, and how to take it.

    Attributes:
        text: what is to be done.
        label: of the link or button.
        page: address of a page.
        action: address that a button posts to.
        command: of the shell.

    """

    text: str
    label: str = ""
    page: str = ""
    action: str = ""
    command: str = ""


def next_steps(overview: Overview, user: User) -> list[Step]:
    """The steps that are open, at most MOST; the last resort is to look at the EC space."""
    steps = islice(_steps(overview, user), MOST)
    return list(steps) or [
        Step(
            "The EC space shows the effectiveness and coherence of every method.",
            "EC space",
            reverse("metrics:ecspace"),
        )
    ]


def _steps(overview: Overview, user: User) -> Iterator[Step]:
    if not (overview.contents and overview.styles):
        yield Step(
            "A first pass needs content pictures and style pictures.",
            "Upload pictures",
            reverse("transfer:pictures"),
            command="python manage.py import_pictures DIR --role content",
        )
        return
    if not overview.batches:
        yield Step(
            "Choose methods, contents and styles, and launch them as a batch.",
            "Launch a batch",
            reverse("transfer:launch"),
        )
        return
    yield from _waiting_steps(overview)
    yield from _measuring_steps(overview)
    yield from _study_steps(overview, user)
    yield from _calibration_steps(overview, user)


def _waiting_steps(overview: Overview) -> Iterator[Step]:
    if overview.stimuli.open:
        yield Step(
            "Stimuli wait to be made. A worker makes them; any number may run at once.",
            command="make worker",
        )
    elif overview.measuring.open:
        yield Step(
            f"{overview.measuring.open} measurements wait for a worker, or are being made.",
            command="make worker",
        )


def _measuring_steps(overview: Overview) -> Iterator[Step]:
    for batch, progress in overview.batches:
        missing = overview.unmeasured.get(batch.pk)
        if missing and not progress.open:
            yield Step(
                f"{missing} of {progress.done} stimuli of “{batch}” are not measured.",
                "Measure",
                action=reverse("metrics:measure", args=[batch.pk]),
                command=f"python manage.py measure --batch {shlex.quote(batch.name)}",
            )


def _study_steps(overview: Overview, user: User) -> Iterator[Step]:
    studies = Study.objects.visible_to(user)
    if not studies.exists():
        if overview.stimuli.done:
            yield Step(
                "Ask people which stimulus carries the style or keeps the content better.",
                "Create a study",
                reverse("studies:create"),
            )
        return
    made = Stimulus.objects.filter(batch__studies=OuterRef("pk"), state=Stimulus.State.DONE)
    drafts = studies.filter(state=Study.State.DRAFT)
    for study in drafts.filter(~Exists(made)):
        yield Step(
            f"The study “{study}” has no stimuli: choose a batch with finished ones.",
            "Edit the study",
            reverse("studies:edit", args=[study.pk]),
        )
    for study in drafts.filter(Exists(made)):
        yield Step(
            f"The study “{study}” is a draft: check it, and open it.",
            "Show the study",
            study.get_absolute_url(),
        )
    votes = Vote.objects.filter(trial__participant__study=OuterRef("pk"))
    for study in studies.filter(~Exists(votes), state=Study.State.OPEN):
        yield Step(
            f"Nobody has voted in “{study}” yet: send its address to the participants.",
            "Show the study",
            study.get_absolute_url(),
        )


def _calibration_steps(overview: Overview, user: User) -> Iterator[Step]:
    calibrations = Calibration.objects.visible_to(user)
    studies = Study.objects.visible_to(user).filter(calibrations=None)
    votes = Vote.objects.filter(trial__participant__study=OuterRef("pk"))
    for study in studies.filter(Exists(votes), state=Study.State.CLOSED):
        yield Step(
            f"The study “{study}” is closed: fit the statistics to its votes.",
            "Calibrate",
            reverse("metrics:calibrations"),
        )
    if overview.voted and not calibrations.exists():
        yield Step(
            "Fit the base statistics to the votes.", "Calibrate", reverse("metrics:calibrations")
        )
    reported = reported_calibrations()
    for calibration in calibrations.exclude(pk__in=reported)[:1]:
        target = calibration.target.lower()
        yield Step(
            f"No report shows the calibration “{calibration}” yet: look at its EC space, and write "
            "a report.",
            "EC space",
            f"{reverse('metrics:ecspace')}?{target}={calibration.pk}",
            command=f"python manage.py report --{target}-model {calibration.pk}",
        )
