"""What is measured of a batch: pairs of a stimulus and a reference, and their files."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from django.conf import settings

from common.errors import InputError
from common.lookup import unknown
from common.media import local_file
from metrics.statistics.base import Collection, Sample, Statistic
from transfer.models import Batch, Picture, Stimulus


def batch_named(name: str) -> Batch:
    """The batch of that name.

    Raises:
        InputError: no batch has that name.

    """
    batch = Batch.objects.filter(name=name).first()
    if batch is None:
        raise InputError(unknown("batch", name, Batch.objects.values_list("name", flat=True)[:10]))
    return batch


def data_folder() -> Path:
    """The data folder of the installation."""
    return Path(settings.DATA_DIR)


def collection_of(batch: Batch) -> Collection:
    """The content pictures and the most frequent stimulus width of a batch."""
    contents = Picture.objects.filter(pk__in=batch.stimuli.values("content")).order_by("sha256")
    if not contents:  # pictures made from styles alone
        contents = Picture.objects.filter(role=Picture.Role.CONTENT).order_by("sha256")
    done = batch.stimuli.filter(state=Stimulus.State.DONE)
    widths = Counter(width for width in done.values_list("width", flat=True) if width is not None)
    digest = hashlib.sha256("|".join(picture.sha256 for picture in contents).encode())
    return Collection(
        contents=[picture.path for picture in contents],
        fingerprint=digest.hexdigest(),
        # Of equally frequent widths the smallest, so that no picture is enlarged for the basis.
        width=max(sorted(widths), key=lambda width: widths[width], default=0),
        data=data_folder(),
    )


def pairs_of(batch: Batch, statistic: type[Statistic]) -> list[tuple[Stimulus, Picture]]:
    """The finished stimuli of a batch, each with every picture that it is measured against.

    Sorted by reference and width, so that the work on a reference is shared.
    """
    done = batch.stimuli.filter(state=Stimulus.State.DONE).select_related("content")
    if statistic.reference == "content":
        pairs = [(stimulus, stimulus.content) for stimulus in done if stimulus.content]
    else:
        pairs = [
            (stimulus, style)
            for stimulus in done.prefetch_related("styles")
            for style in stimulus.styles.all()
        ]
    return sorted(pairs, key=lambda pair: (pair[1].pk, pair[0].width or 0, pair[0].pk))


def sample_of(stimulus: Stimulus, reference: Picture) -> Sample:
    """The files of a stimulus and of the picture that it is measured against.

    Raises:
        InputError: the stimulus is not done.

    """
    if stimulus.state != stimulus.State.DONE or not stimulus.width:
        raise InputError(f"stimulus {stimulus.public_id.hex} is {stimulus.state}: make it first")
    return Sample(
        image=stimulus.path,
        width=stimulus.width,
        reference=reference.path,
        annotations=local_file(str(reference.annotations.name)) if reference.annotations else None,
    )
