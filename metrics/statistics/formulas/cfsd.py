"""Content feature structural distance: how the places of a picture resemble each other.

Chung, Hyun & Heo 2024 (StyleID, CVPR), section 4.1, and their `PatchSimi`: with F the features of n
places at relu3_1 divided by the number of channels, S = softmax of the rows of FFᵀ, and
Σ_i KL(S^content_i ‖ S^stimulus_i). The authors' code adds up the places; here their mean is given,
so that pictures of different sizes compare.
"""

from __future__ import annotations

import torch
from torch import Tensor

_ROWS = 512
"""Rows of the similarities computed at once: with 16,384 places the whole matrix takes 2 GB."""


def cfsd(stimulus: Tensor, content: Tensor) -> float:
    """The mean divergence of features (1, C, H, W), in nats; ≥ 0, lower is better."""
    s, c = _scaled(stimulus), _scaled(content)
    total = 0.0
    for first in range(0, len(c), _ROWS):
        rows = slice(first, first + _ROWS)
        log_content = torch.log_softmax(c[rows] @ c.T, dim=1)
        log_stimulus = torch.log_softmax(s[rows] @ s.T, dim=1)
        total += float((log_content.exp() * (log_content - log_stimulus)).sum())
    return max(0.0, total / len(c))


def _scaled(features: Tensor) -> Tensor:
    """(1, C, H, W) → (P, C)."""
    flat = features[0].flatten(1).double()
    return flat.T / flat.shape[0]
