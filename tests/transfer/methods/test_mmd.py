from __future__ import annotations

import pytest
import torch

from common.errors import InputError
from tests.transfer.methods.test_losses import (
    CONTENT,
    IMAGE,
    STYLE,
    composed,
    encoder,
    features,
    losses_of,
)
from transfer.features.discrepancy import biased
from transfer.features.kernels import Gaussian, Kernel, Linear, Polynomial
from transfer.methods import resolve_parameters

__all__ = ["encoder"]  # a fixture
LAYERS = ("relu1_1", "relu3_1")


def places(maps: torch.Tensor) -> torch.Tensor:
    return maps.flatten(2).transpose(1, 2)


@pytest.mark.parametrize(
    ("kernel", "changes", "tolerance"),
    [
        (Linear(), {"kernel": "linear"}, 1e-9),
        (Polynomial(0, 2), {"kernel": "polynomial"}, 1e-9),
        (Polynomial(0.5, 2), {"kernel": "polynomial", "offset": 0.5}, 1e-9),
    ],
)
def test_the_loss_is_the_discrepancy_over_the_styles_own(
    kernel: Kernel, changes: dict, tolerance: float, encoder
) -> None:
    """MMD² of all places ÷ the squared length of the style's mean embedding, without c²."""
    composition = composed("mmd", style_layers=LAYERS, style_weight=100, **changes)
    found = losses_of(composition, encoder).parts(IMAGE).style
    image, style = features(encoder, IMAGE), features(encoder, STYLE)
    constant = kernel.offset**2 if isinstance(kernel, Polynomial) else 0
    expected = []
    for layer in LAYERS:
        x, y = places(image[layer]), places(style[layer])
        length = kernel.matrix(y, y).mean(dim=(1, 2)) - constant
        expected.append(biased(kernel, x, y) / length)
    torch.testing.assert_close(found, torch.stack(expected).mean(0), rtol=tolerance, atol=0)


def test_the_gaussian_loss_is_near_the_discrepancy(encoder) -> None:
    composition = composed("mmd", style_layers="relu2_1", style_weight=100)
    found = losses_of(composition, encoder).parts(IMAGE).style
    x, y = (places(features(encoder, one)["relu2_1"]) for one in (IMAGE, STYLE))
    distance = torch.cdist(y, y).square().mean(dim=(1, 2))
    kernel = Gaussian(distance[:, None, None] / 2)
    expected = biased(kernel, x, y) / kernel.matrix(y, y).mean(dim=(1, 2))
    torch.testing.assert_close(found, expected, rtol=0.25, atol=0)


def test_the_squared_product_kernel_is_gatys(encoder) -> None:
    for part in ("content", "style", "total"):
        one, other = (
            getattr(losses_of(composed(key, **changes), encoder).parts(IMAGE), part)
            for key, changes in (("gatys", {}), ("mmd", {"kernel": "polynomial"}))
        )
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("kernel", ["linear", "polynomial", "gaussian", "batch-norm"])
def test_the_style_itself_has_no_loss_and_the_gradient_is_finite(kernel: str, encoder) -> None:
    losses = losses_of(composed("mmd", kernel=kernel), encoder)
    assert losses.parts(STYLE).style.max() < 1e-12
    for images in (STYLE, IMAGE, CONTENT):
        _, gradient = losses(images, [0, 1])
        assert gradient.isfinite().all()


def test_the_scale_of_the_gaussian_is_that_of_each_image(encoder) -> None:
    losses = losses_of(composed("mmd"), encoder)
    together = losses(IMAGE, [0, 1])[0]
    for number in (0, 1):
        alone = losses(IMAGE[number : number + 1], [number])[0]
        torch.testing.assert_close(alone, together[number : number + 1])


def test_parameters_of_another_kernel_are_refused() -> None:
    with pytest.raises(InputError, match="belong to kernel=polynomial"):
        resolve_parameters("mmd", {"kernel": "linear", "degree": 3})
