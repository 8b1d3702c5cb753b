"""Measure the base statistics of one stylised picture."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from common.errors import InputError
from common.pictures import read_picture
from ecspace.pictures import Picture, as_file
from metrics.statistics import statistic
from metrics.statistics.base import Collection, Sample
from transfer.encoders.registry import DEFAULT_ENCODER

STATISTICS = ("E1", "E2", "E3", "E4", "E5", "C")


def measure(
    image: Picture,
    *,
    content: Picture | None = None,
    style: Picture | None = None,
    encoder: str = DEFAULT_ENCODER,
    weights: str | Path | None = None,
    basis: str | Path = "reference",
    annotations: str | Path | None = None,
    detector: str | None = None,
    device: str = "auto",
) -> dict[str, float | str | None]:
    """The base statistics of a stylised picture; higher is better in each.

    E is measured against the style, on the scale of the reference basis, which is that of the site
    and of `manage.py measure`, so that numbers of different programs can be put into one table. C
    is measured against the content.

    Args:
        image: the stylised picture, at the width at which it was made.
        content: the picture that it shows; needed for C.
        style: the picture whose style it carries; needed for E1 … E5. It is first resized to the
            width of `image`, as at its making.
        encoder: name of the encoder of E.
        weights: file or folder of its weights, if they are not in the usual places.
        basis: `reference`, or a basis file (`ecspace basis`).
        annotations: a .mat file of boundaries that people drew in the content, as in BSDS500; C is
            then measured as in the paper, and otherwise against boundaries that are detected.
        detector: the boundary detector of C; by default gpb with annotations, and a quick one
            without.
        device: auto, cpu or cuda.

    Returns:
        `E1` … `E5`: effectiveness of each layer relu1_1 … relu5_1, −ln of a divergence, at most
        20.72. `C`: coherence, 0 … 1. None where a picture is missing or a number is not defined.
        `instrument_E`, `instrument_C`: what measured them, as in STATISTICS.csv.

    Raises:
        InputError: neither content nor style, a picture that cannot be read, proportions that do
            not fit, or an unknown encoder, basis or detector.

    """
    if content is None and style is None:
        raise InputError("nothing to compare with: give the content, the style or both")
    options = {
        "encoder": encoder,
        "weights": weights,
        "basis": str(basis),
        "detector": detector,
        "device": device,
    }
    found: dict[str, float | str | None] = dict.fromkeys(STATISTICS)
    found |= {"instrument_E": None, "instrument_C": None}
    notes = None if annotations is None else Path(annotations)
    with as_file(image) as file:
        if style is not None:
            with as_file(style) as reference:
                found |= _measured("E", file, reference, options)
        if content is not None:
            with as_file(content) as reference:
                found |= _measured("C", file, reference, options, notes)
    return found


def _measured(
    key: str,
    image: Path,
    reference: Path,
    options: Mapping[str, Any],
    annotations: Path | None = None,
) -> dict[str, float | str | None]:
    """The numbers of one statistic and the name of its instrument."""
    kind = statistic(key)
    width = read_picture(image).width
    read_picture(reference)
    with TemporaryDirectory(prefix="ecspace-") as data:
        collection = Collection(
            contents=[reference],
            fingerprint=hashlib.sha256(reference.read_bytes()).hexdigest(),
            width=width,
            data=Path(data),
        )
        instrument = kind.open(
            kind.settings(options, collection), collection, lambda *progress: None
        )
        sample = Sample(image, width, reference, annotations)
        values = instrument.measure(sample)
        return {name: value.value for name, value in values.items()} | {
            f"instrument_{key}": instrument.name(sample)
        }
