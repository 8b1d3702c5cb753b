"""The fingerprint of an encoder: a hash of architecture, weights and input convention."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from transfer.encoders.architecture import Weights
from transfer.encoders.registry import EncoderSpec


def fingerprint(spec: EncoderSpec, weights: Weights) -> str:
    """`name:` and 16 hexadecimal digits that change with anything that changes features.

    Taken over the float32 values of all tensors in the file, so that neither the file's format nor
    the depth to which the network is built matters.
    """
    digest = hashlib.sha256()
    settings = {
        "convention": asdict(spec.convention),
        "pooling": spec.pooling,
        "padding": spec.padding,
    }
    digest.update(json.dumps(settings, sort_keys=True).encode())
    for name in sorted(weights):
        values = weights[name].float().contiguous()
        digest.update(f"{name}{tuple(values.shape)}".encode())
        digest.update(values.numpy().tobytes())
    return f"{spec.name}:{digest.hexdigest()[:16]}"
