from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

from common.errors import InputError, PictureError
from tests.transfer.methods.test_losses import (
    CONTENT,
    IMAGE,
    SIZE,
    STYLE,
    composed,
    encoder,
)
from transfer.methods import METHODS, check_styles, resolve_parameters
from transfer.methods.losses import Losses, targets_of

__all__ = ["encoder"]  # a fixture
DESCENTS = [key for key, method in METHODS.items() if method.compose is not None]
SQUARED = [key for key in DESCENTS if key not in ("mmd", "cross-layer-multiplicative")]


def losses(key: str, encoder, styles, shares=(), **changes) -> Losses:
    composition = composed(key, normalisation="gatys", **changes)
    content = targets_of(composition.content, [CONTENT[:1]], encoder, nullcontext, size=SIZE)
    style = targets_of(composition.style, styles, encoder, nullcontext, size=SIZE, shares=shares)
    return Losses(
        composition, encoder, [content | style], style_scale=1.0, precision=nullcontext,
        memory_format=torch.contiguous_format,
    )  # fmt: skip


@pytest.mark.parametrize("key", SQUARED)
def test_one_averaged_target_has_the_gradient_of_a_weighted_sum(key: str, encoder) -> None:
    """Chiu & Gurari 2020, supplement, equation 29: Σ_k λ^k ‖G − G_k‖², here λ^k = w_k."""
    one, other = STYLE[:1], STYLE[1:]
    _, mixed = losses(key, encoder, [one, other], (0.3, 0.7))(IMAGE[:1], [0])
    (_, first), (_, second) = (
        losses(key, encoder, [style])(IMAGE[:1], [0]) for style in (one, other)
    )
    torch.testing.assert_close(mixed, 0.3 * first + 0.7 * second, rtol=1e-8, atol=1e-14)


def test_equal_weights_are_the_default(encoder) -> None:
    styles = [STYLE[:1], STYLE[1:]]
    one, other = (
        losses("gatys", encoder, styles, shares).parts(IMAGE[:1]).style
        for shares in ((), (0.5, 0.5))
    )
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize("shares", ["0.3,0.6", "1,1", "-0.5,1.5", "much", "0.3;0.7"])
def test_weights_that_do_not_add_up_to_one_are_refused(shares: str) -> None:
    with pytest.raises(InputError, match="weights that add up to 1") as caught:
        resolve_parameters("gatys", {"style_share": shares})
    assert "\n" not in str(caught.value)


def test_there_is_a_weight_for_each_style() -> None:
    check_styles(2, [0.3, 0.7])
    check_styles(3, [])
    with pytest.raises(PictureError, match="2 style shares were given for 1 style picture"):
        check_styles(1, [0.3, 0.7])
    with pytest.raises(PictureError, match="no style picture"):
        check_styles(0, [])


def test_older_recipes_do_not_hold_it() -> None:
    assert "style_share" not in resolve_parameters("universal", {})
    assert resolve_parameters("ift", {"style_share": "0.3,0.7"})["style_share"] == [0.3, 0.7]
