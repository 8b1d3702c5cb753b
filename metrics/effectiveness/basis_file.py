"""Basis files: safetensors with `LAYER.covariance` (C, C) and `LAYER.vectors` (C, k), float64.

The metadata holds the encoder, its fingerprint, size, number of pictures, ranks and the fingerprint
of the basis, which is checked when the file is read. A file that holds only `LAYER.covariance` is
read as well: the eigenvectors are then computed, and a missing size is that of the paper.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from common.atomic import replace_file
from common.errors import InputError
from metrics.effectiveness.basis import Basis, LayerBasis, from_covariances
from metrics.effectiveness.known_bases import PAPER_SIZE
from transfer.encoders.layout import STYLE_LAYERS

FORMAT = "ecspace-basis-1"
MAKE = "make one with `python -m metrics basis --images DIR --encoder NAME --out FILE.safetensors`"


def write_basis(
    basis: Basis, path: Path, *, make_folder: bool = False, keep_existing: bool = False
) -> None:
    """Write `basis`; `path` holds the old file or the whole new one, never a part.

    Args:
        basis: what to write.
        path: of the file.
        make_folder: make the folder of the file if it is missing.
        keep_existing: leave a file that another process wrote first.

    Raises:
        StorageError: the folder is missing or may not be written.

    """
    tensors: dict[str, Tensor] = {}
    for layer, one in basis.layers.items():
        tensors[f"{layer}.covariance"] = one.covariance.cpu().contiguous()
        tensors[f"{layer}.vectors"] = one.vectors.cpu().contiguous()
    metadata = {
        "format": FORMAT,
        "encoder": basis.encoder,
        "encoder_fingerprint": basis.encoder_fingerprint,
        "size": str(basis.size),
        "pictures": str(basis.pictures),
        "made_from": basis.made_from,
        "ranks": json.dumps(basis.ranks()),
        "fingerprint": basis.fingerprint,
        "what": "mean over the reference pictures of the centred feature covariances (divided by "
        "the number of positions), and their leading eigenvectors as columns; shorter side "
        "resized to `size`, other side int(size*long/short), PIL BILINEAR on uint8",
    }
    with replace_file(path, make_folder=make_folder, keep_existing=keep_existing) as file:
        file.write(save(tensors, metadata))


def read_basis(path: Path) -> Basis:
    """Read a basis, or a file of mean covariances.

    Raises:
        InputError: the file is missing, not a basis, damaged, or of an unknown format.

    """
    if not path.is_file():
        raise InputError(f"no basis at {path}: name a file, or {MAKE}")
    try:
        with safe_open(path, "pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is not a safetensors file ({error}): {MAKE}") from error
    known = metadata.get("format")
    if known is None:
        return _of_covariances(path, tensors, metadata)
    if known != FORMAT:
        raise InputError(f"{path} has format '{known}', which this version does not know: {MAKE}")
    try:
        layers = {
            layer: LayerBasis(tensors[f"{layer}.covariance"], tensors[f"{layer}.vectors"])
            for layer in STYLE_LAYERS
            if f"{layer}.vectors" in tensors
        }
        basis = Basis(
            layers,
            size=int(metadata["size"]),
            encoder=metadata["encoder"],
            encoder_fingerprint=metadata["encoder_fingerprint"],
            pictures=int(metadata["pictures"]),
            made_from=metadata.get("made_from", ""),
        )
        sound = bool(layers) and basis.fingerprint == metadata["fingerprint"]
    except (KeyError, ValueError):
        sound = False
    if not sound:
        raise InputError(f"{path} is damaged: its content does not match its fingerprint; {MAKE}")
    return basis


def _of_covariances(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> Basis:
    covariances = {
        layer: tensors[f"{layer}.covariance"]
        for layer in STYLE_LAYERS
        if f"{layer}.covariance" in tensors
    }
    if not covariances:
        raise InputError(f"{path} holds no basis and no mean covariances: {MAKE}")
    if any(one.dtype not in (torch.float32, torch.float64) for one in covariances.values()):
        raise InputError(f"the covariances in {path} are not float64: {MAKE}")
    try:
        size = int(metadata.get("size", PAPER_SIZE))
        pictures = int(metadata.get("pictures", 0))
    except ValueError:
        raise InputError(f"size or pictures in {path} is not a whole number: {MAKE}") from None
    return from_covariances(
        covariances,
        size=size,
        # The first word is the encoder's name; what follows describes its file.
        encoder=re.split(r"[_,\s]", metadata.get("encoder", ""), maxsplit=1)[0],
        encoder_fingerprint=metadata.get("encoder_fingerprint", ""),
        pictures=pictures,
    )
