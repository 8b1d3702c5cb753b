"""Colour control: a picture that keeps the content's colours, although its style has others.

`luminance` transfers the style between the luminances alone and gives the result the content's
chrominance; `histogram` gives the style the content's colours before the transfer. Colours are
(N, 3, H, W), RGB in [0, 1].

Source: Gatys et al. 2016, "Preserving Color in Neural Artistic Style Transfer", arXiv 1606.05897,
sections 3 and 4.
"""

from __future__ import annotations

import torch
from torch import Tensor

from transfer.features.whitening import apply, covariance_power, spread

_LUMINANCE = (0.299, 0.587, 0.114)  # Y of YIQ, which the paper works in (ITU-R BT.601)
_PLAIN = 1e-9  # variance, relative to the colours' mean square, that counts as rounding


def luminance(pictures: Tensor) -> Tensor:
    """Y at every position, (N, 1, H, W)."""
    weights = pictures.new_tensor(_LUMINANCE)[:, None, None]
    return (weights * pictures).sum(dim=1, keepdim=True)


def grey(pictures: Tensor) -> Tensor:
    """The luminance in all three channels."""
    return luminance(pictures).expand_as(pictures).contiguous()


def match_luminance(style: Tensor, content: Tensor) -> Tensor:
    """The style in grey, with the mean and deviation of the content's luminance (section 4).

    A style without contrast only gets the mean. Values may leave [0, 1].
    """
    ours, theirs = luminance(style), luminance(content)
    (spread_ours, mean_ours), (spread_theirs, mean_theirs) = (
        torch.std_mean(one, dim=(1, 2, 3), correction=0, keepdim=True) for one in (ours, theirs)
    )
    contrast = spread_ours > _PLAIN**0.5
    factor = torch.where(contrast, spread_theirs / torch.where(contrast, spread_ours, 1.0), 0.0)
    matched = (ours - mean_ours) * factor + mean_theirs
    return matched.expand_as(style).contiguous()


def with_chrominance(picture: Tensor, content: Tensor) -> Tensor:
    """The luminance of `picture` with the chrominance of `content`, of one shape.

    Where RGB cannot represent that luminance with that chrominance, the nearest possible luminance
    is taken: clipping each channel would change the chrominance.
    """
    chrominance = content - luminance(content)
    low = -chrominance.amin(dim=1, keepdim=True)
    high = 1 - chrominance.amax(dim=1, keepdim=True)
    return chrominance + luminance(picture).clamp(min=low, max=high)


def match_colours(style: Tensor, content: Tensor) -> Tensor:
    """The style with the mean and covariance of the content's colours (section 3).

    The map is Σc^½ Σs^-½, the one of image analogies that the paper prefers to Cholesky's.
    Directions in which the style's colours do not vary stay without variation. Values may leave [0,
    1].
    """
    ours, theirs = spread(style), spread(content)
    matrix = torch.bmm(covariance_power(theirs, 0.5, _PLAIN), covariance_power(ours, -0.5, _PLAIN))
    return apply(matrix, theirs.mean - torch.bmm(matrix, ours.mean), style.double()).to(style)
