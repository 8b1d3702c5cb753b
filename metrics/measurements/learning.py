"""Learn a referee from the votes of a study, and keep it in the data folder for its pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import InputError
from metrics.calibration.learnt.model_file import JSON_FILE, read_said, write_learnt
from metrics.measurements.measuring import data_folder
from studies.exchange.export import votes_frame
from studies.models import Study
from transfer.models import Stimulus
from transfer.models.stimuli import styles_in_order

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from metrics.calibration.learnt.learnt import Learnt
    from metrics.statistics.instruments.moments import Made, Moments


def learn_from(
    study: Study,
    moments: Moments,
    progress: Callable[[int, int], None] = lambda done, of: None,
    **options: Any,
) -> Learnt:
    """Read the pictures of a study's stimuli, learn from its votes, and keep the answer.

    Args:
        study: with votes.
        moments: reads pictures by an encoder.
        progress: called with the number of stimuli that were read, and of all.
        options: of `metrics.calibration.learnt.learn.learn`.

    Raises:
        InputError: a picture is missing, or votes and features that give no answer.
        StorageError: the answer cannot be written.

    """
    from metrics.calibration.learnt.learn import learn  # statsmodels
    from metrics.measurements.refereeing import stored_statistics  # statsmodels

    votes = votes_frame([study])
    if votes.empty:
        raise InputError(f"study {study.name!r} has no votes: nothing can be learnt")
    done = study.stimuli.filter(state=Stimulus.State.DONE)
    features = moments.features(made_of(done), progress)
    learnt = learn(votes, features, stored_statistics([study]), target=study.kind, **options)
    write_learnt(learnt, folder_of(study))
    return learnt


def made_of(stimuli: QuerySet[Stimulus]) -> list[Made]:
    """Finished stimuli with their files.

    Raises:
        InputError: a stimulus was made of a style alone.

    """
    from metrics.statistics.instruments.moments import Made  # torch

    # Sorted by pictures, which are then read once after the other.
    rows = list(stimuli.select_related("content").order_by("content", "pk"))
    styles = styles_in_order(rows)
    found = []
    for stimulus in rows:
        name = stimulus.public_id.hex
        if stimulus.content is None or not styles[stimulus.pk]:
            raise InputError(
                f"stimulus {name} ({stimulus.label}) has no content or no style: its features need "
                "both"
            )
        several = tuple(style.path for style in styles[stimulus.pk])
        found.append(Made(name, stimulus.path, stimulus.content.path, several, {}))
    return found


def folder_of(study: Study) -> Path:
    """Where the newest learnt referee of a study is kept, `learnt.json` and its weights."""
    return data_folder() / "learnt" / f"study-{study.pk}"


def said_of(study: Study) -> dict[str, Any] | None:
    """What was said of the learnt referee that is kept for a study; None if there is none."""
    path = folder_of(study) / JSON_FILE
    if not path.exists():
        return None
    try:
        return read_said(path)
    except InputError:  # of an older version, or damaged: learning again replaces it
        return None
