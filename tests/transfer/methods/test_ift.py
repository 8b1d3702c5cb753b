from __future__ import annotations

import pytest
import torch

from common.errors import InputError
from tests.transfer.methods.test_levels import AUTOENCODERS, features_before_decoding, image
from transfer.features.iterative import gradient, loss, second_moment
from transfer.methods import resolve_parameters
from transfer.methods.engine import Task

LAYER = "relu2_1"


def encoded(picture: torch.Tensor) -> torch.Tensor:
    return AUTOENCODERS[1].encoder(picture, [LAYER])[LAYER].flatten(2).double()


def test_the_decoder_gets_features_after_n_upd_steps() -> None:
    """The steps of equation 27, one by one, with λ as printed."""
    content, style = image(0), image(1, 40, 56)
    features = anchor = encoded(content)
    moment = second_moment(encoded(style))
    for _ in range(7):
        features = features - 0.002 * gradient(features, anchor, moment, 9000.0)
    found = features_before_decoding(
        "ift", Task(content, (style,), 0), LAYER,
        normalisation="paper", strengths=9000, n_upd=7, rate=0.002,
    )  # fmt: skip
    torch.testing.assert_close(found.flatten(2).double(), features, atol=1e-4, rtol=1e-4)
    assert float((features - anchor).abs().max()) > 1e-2


@pytest.mark.parametrize("preset", ["default", "paper", "conservative"])
def test_the_steps_of_every_preset_lower_the_loss(preset: str) -> None:
    strength = {"default": 200, "paper": 19, "conservative": 4.9}[preset]
    for seed in range(3):
        content, style = image(seed), image(10 + seed)
        anchor, moment = encoded(content), second_moment(encoded(style))
        found = features_before_decoding(
            "ift", Task(content, (style,), 0), LAYER, preset=preset, strengths=strength
        )
        after = found.flatten(2).double()
        norm = max(
            float(torch.linalg.matrix_norm(one[0], ord=2))
            for one in (moment, second_moment(anchor))
        )
        weight = strength / norm * anchor.shape[2]
        assert float(loss(after, anchor, moment, weight)) < float(
            loss(anchor, anchor, moment, weight)
        )


def test_a_stronger_style_comes_nearer_to_it() -> None:
    content, style = image(0), image(1)
    moment = second_moment(encoded(style))
    gaps = []
    for strength in (0, 3, 20):
        found = features_before_decoding(
            "ift", Task(content, (style,), 0), LAYER, strengths=strength, rate=0.01, n_upd=50
        )
        gaps.append(float((second_moment(found.flatten(2).double()) - moment).norm()))
    assert gaps[0] > gaps[1] > gaps[2]


def test_several_styles_add_their_second_moments() -> None:
    """S = Σ w_k F_k F_kᵀ / m_k: the steps go to the mixture, not to an average of pictures."""
    one, other = image(2), image(3, 40, 40)
    anchor = encoded(image(0))
    moment = 0.3 * second_moment(encoded(one)) + 0.7 * second_moment(encoded(other))
    features = anchor
    for _ in range(5):
        features = features - 0.002 * gradient(features, anchor, moment, 9000.0)
    found = features_before_decoding(
        "ift", Task(image(0), (one, other), 0), LAYER, style_share="0.3,0.7",
        normalisation="paper", strengths=9000, n_upd=5, rate=0.002,
    )  # fmt: skip
    torch.testing.assert_close(found.flatten(2).double(), features, atol=1e-4, rtol=1e-4)


def test_every_level_needs_a_strength() -> None:
    with pytest.raises(InputError, match="4 strengths were given for 2 style_layers"):
        resolve_parameters("ift", {"style_layers": "relu1_1,relu2_1"})


def test_presets_have_the_published_steps() -> None:
    """Chiu & Gurari 2020, supplement Table 1; the authors' learning rate."""
    for preset in ("paper", "conservative"):
        values = resolve_parameters("ift", {"preset": preset})
        assert (values["n_iter"], values["n_upd"], values["rate"]) == (1, 15, 0.01)
