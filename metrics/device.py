"""An encoder on the device that measures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transfer.errors import InputError

if TYPE_CHECKING:
    from transfer.encoders.architecture import Encoder


def load_on(name: str, weights: Path | None, device: str) -> Encoder:
    """The encoder on the device: `cpu`, `cuda`, or `auto` for CUDA where there is one.

    Raises:
        InputError: see `load_encoder`; or CUDA was asked for and there is none.

    """
    import torch

    from transfer.encoders import load_encoder

    present = torch.cuda.is_available()
    if device == "cuda" and not present:
        raise InputError("this machine has no CUDA device: use --device cpu")
    if device == "auto":
        device = "cuda" if present else "cpu"
    return load_encoder(name, weights=weights, device=device)
