"""Choose where to compute: the CPU or a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import InputError

if TYPE_CHECKING:
    import argparse

    import torch

DEVICES = ("auto", "cpu", "cuda")


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Add the option --device."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="auto: a GPU if there is one (default)"
    )


def choose_device(name: str) -> str:
    """`cpu` or `cuda` from one of DEVICES; `auto` is the GPU if this process sees one.

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


def best_device() -> torch.device:
    """The GPU if this process sees one, else the CPU."""
    import torch

    return torch.device(choose_device("auto"))


def free_memory(device: torch.device) -> int | None:
    """Free bytes of a GPU, including those that torch has reserved without use; None on a CPU."""
    import torch

    if device.type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
