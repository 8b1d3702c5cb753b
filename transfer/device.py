"""Where to compute."""

from __future__ import annotations

from transfer.errors import InputError

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str) -> str:
    """`cpu` or `cuda` from one of DEVICES; `auto` is the GPU where this process sees one.

    Raises:
        InputError: `cuda` without a GPU that torch can use.

    """
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError(
            "--device cuda: torch sees no GPU here; install a CUDA build of torch and check "
            "nvidia-smi, or use --device cpu"
        )
    return name
