"""The reference basis of an encoder: the scale on which E is measured unless another is named.

Yeh et al. 2020 (section 4) make their basis from their content pictures. A basis of the pictures
at hand would give every batch a scale of its own, so the reference basis is made from photographs
that every installation has: the bundled ones. That of the default encoder lies in the repository,
so that its numbers are the same to the bit everywhere; others are made when they are first used,
and kept in the data folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from common.errors import InputError
from common.threads import one_thread
from metrics.effectiveness.basis import Basis, build
from metrics.effectiveness.basis_file import read_basis, write_basis
from metrics.effectiveness.instrument import BASIS_DIGITS
from metrics.effectiveness.known_bases import (
    REFERENCE,
    REFERENCE_PICTURES,
    bases_folder,
    known_bases,
)
from transfer.encoders.architecture import Encoder
from transfer.samples.contents import sample_contents


def build_reference(
    encoder: Encoder, size: int, progress: Callable[[int], None] | None = None
) -> Basis:
    """The basis of the bundled photographs, whose shorter sides are resized to `size` pixels.

    It is made by one thread, so that its bits do not depend on the number of cores.
    """
    samples = {sample.name: sample.pixels for sample in sample_contents()}
    pictures = (Image.fromarray(samples[name]) for name in REFERENCE_PICTURES)
    with one_thread():
        return build(pictures, encoder, size=size, progress=progress, made_from=REFERENCE)


def kept_reference(encoder: Encoder, size: int, data: Path | None = None) -> Basis | None:
    """The reference basis in the repository or the data folder `data`; None if there is none."""
    for known in known_bases(data):
        same = (known.made_from, known.size) == (REFERENCE, size)
        if same and known.encoder_fingerprint == encoder.fingerprint:
            try:
                return read_basis(known.path)
            except InputError:  # damaged: another one is looked for, or made
                continue
    return None


def reference_basis(
    encoder: Encoder, size: int, data: Path, progress: Callable[[int], None] | None = None
) -> Basis:
    """The reference basis of `encoder`, made and kept in the data folder `data` if it is missing.

    Processes that make it at the same time all use the file that was written first.
    """
    if (kept := kept_reference(encoder, size, data)) is not None:
        return kept
    return keep_basis(build_reference(encoder, size, progress), data)


def keep_basis(basis: Basis, data: Path) -> Basis:
    """Keep a basis in the data folder, by its encoder, its size and what it was made from.

    Returns:
        The basis that was kept first under that name; a damaged file is replaced.

    """
    label = "reference" if basis.made_from == REFERENCE else basis.fingerprint[:BASIS_DIGITS]
    network = basis.encoder_fingerprint.rpartition(":")[2] or "any"
    name = f"{basis.encoder or 'any'}-{network}-{basis.size}-{label}.safetensors"
    path = bases_folder(data) / name
    write_basis(basis, path, make_folder=True, keep_existing=True)
    try:
        return read_basis(path)
    except InputError:
        write_basis(basis, path)
        return basis
