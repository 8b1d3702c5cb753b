from __future__ import annotations

import torch

from tests.transfer.methods.test_levels import AUTOENCODERS, features_before_decoding, image
from transfer.methods.engine import Task


def statistics(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    deviation, mean = torch.std_mean(features, dim=(2, 3))
    return mean, deviation


def encoded(picture: torch.Tensor) -> torch.Tensor:
    return AUTOENCODERS[3].encoder(picture, ["relu4_1"])["relu4_1"]


def test_the_decoder_gets_the_styles_means_and_deviations() -> None:
    style = image(2, 64, 56)
    got = statistics(features_before_decoding("adain", Task(image(0), (style,), 0), "relu4_1"))
    for one, other in zip(got, statistics(encoded(style)), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


def test_two_styles_average_the_transformed_features() -> None:
    """Huang & Belongie 2017, equation 15."""
    one, other = image(2), image(3)
    mixed, first, second = (
        features_before_decoding("adain", Task(image(0), styles, 0), "relu4_1", **changes)
        for styles, changes in (
            ((one, other), {"style_share": "0.3,0.7"}),
            ((one,), {}),
            ((other,), {}),
        )
    )
    torch.testing.assert_close(mixed, 0.3 * first + 0.7 * second, atol=1e-5, rtol=1e-4)


def test_alpha_mixes_with_the_contents_features() -> None:
    """Huang & Belongie 2017, equation 14."""
    task = Task(image(0), (image(2),), 0)
    half = features_before_decoding("adain", task, "relu4_1", alpha=0.25)
    whole = features_before_decoding("adain", task, "relu4_1")
    expected = 0.25 * whole + 0.75 * encoded(image(0))
    torch.testing.assert_close(half, expected, atol=1e-5, rtol=1e-4)
