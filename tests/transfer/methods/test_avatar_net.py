from __future__ import annotations

import torch

from tests.transfer.methods.test_levels import (
    AUTOENCODERS,
    features_before_decoding,
    image,
    picture_of,
    transfer,
)
from transfer.features.whitening import spread
from transfer.methods.engine import Task

LAYER = "relu2_1"


def encoded(picture: torch.Tensor) -> torch.Tensor:
    return AUTOENCODERS[1].encoder(picture, [LAYER])[LAYER]


def test_a_style_transferred_to_itself_does_not_change() -> None:
    """Whitened features are swapped for themselves, and coloured again."""
    same = image(1)
    found = features_before_decoding(
        "avatar-net", Task(same, (same,), 0), LAYER, alpha=1, eigenvalue_threshold=0
    )
    torch.testing.assert_close(found, encoded(same), atol=1e-3, rtol=1e-2)


def test_without_swapping_it_is_whitening_and_colouring() -> None:
    """α = 0 leaves the content's whitened features, which then get the style's covariance."""
    style = image(2)
    found = features_before_decoding(
        "avatar-net", Task(image(0), (style,), 0), LAYER, alpha=0, eigenvalue_threshold=1e-9
    )
    got, wanted = spread(found), spread(encoded(style))
    torch.testing.assert_close(got.mean, wanted.mean, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(got.covariance, wanted.covariance, rtol=1e-2, atol=1e-3)


def test_the_patch_matters() -> None:
    task = Task(image(0), (image(3),), 0)
    one, other = (picture_of(transfer("avatar-net", task, patch=patch)[0]) for patch in (1, 3))
    assert (one - other).abs().max() > 0.001


def test_two_styles_average_the_decorated_features() -> None:
    one, other = image(2), image(3)
    mixed, first, second = (
        features_before_decoding("avatar-net", Task(image(0), styles, 0), LAYER, **changes)
        for styles, changes in (
            ((one, other), {"style_share": "0.3,0.7"}),
            ((one,), {}),
            ((other,), {}),
        )
    )
    torch.testing.assert_close(mixed, 0.3 * first + 0.7 * second, atol=1e-4, rtol=1e-3)
