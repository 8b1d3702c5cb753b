"""Numerical precision, declared in the recipe and set for a block of code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from common.lookup import check_name

AUTO = "auto"
PRECISIONS = ("float32", "tf32", "bf16")
"""float32: IEEE single precision everywhere; TF32 is off in matrix products and in cuDNN's
convolutions. tf32: both may round their inputs to TF32, where the GPU can (Ampere or later);
on a CPU it is float32. bf16: the encoder runs under autocast in bfloat16, and what is
computed from its features in float32."""


def check_precision(mode: str) -> None:
    """Raise InputError unless `mode` is one of PRECISIONS."""
    check_name("precision", mode, PRECISIONS)


def resolve_precision(mode: str, device: str, threads: int) -> str:
    """`mode`; for `auto` the fastest one that costs no measurable style (docs/performance.md).

    That is bf16 where the hardware multiplies in it: GPUs from Ampere on, and CPUs with
    AVX512-BF16 or AMX for one thread. Other CPUs have to convert every number, which takes longer
    than float32, and several threads in bf16 are slower than one.

    Args:
        mode: one of PRECISIONS, or AUTO.
        device: `cpu` or `cuda`.
        threads: of the CPU.

    """
    if mode != AUTO:
        check_precision(mode)
        return mode
    if device == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        features = torch.cpu.get_capabilities()
        fast = threads == 1 and bool(features.get("avx512_bf16") or features.get("amx_bf16"))
    return "bf16" if fast else "float32"


@contextmanager
def encoder_precision(mode: str, device: torch.device) -> Iterator[None]:
    """Run the block in the precision `mode` on `device`, then restore torch's settings.

    Within the block cuDNN uses deterministic algorithms.
    """
    backends = torch.backends
    wanted = "tf32" if mode == "tf32" else "ieee"
    products, convolutions = backends.cuda.matmul, backends.cudnn.conv  # type: ignore[attr-defined]
    before = (products.fp32_precision, convolutions.fp32_precision)
    deterministic, benchmark = backends.cudnn.deterministic, backends.cudnn.benchmark
    products.fp32_precision = convolutions.fp32_precision = wanted
    backends.cudnn.deterministic, backends.cudnn.benchmark = True, False
    try:
        with torch.autocast(device.type, torch.bfloat16, enabled=mode == "bf16"):
            yield
    finally:
        products.fp32_precision, convolutions.fp32_precision = before
        backends.cudnn.deterministic, backends.cudnn.benchmark = deterministic, benchmark
