from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from torch import Tensor

from transfer.encoders.architecture import Encoder, random_weights
from transfer.features.statistics import covariance, cross_gram, gram
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.base import Composition, Term
from transfer.methods.losses import Losses, targets_of

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 64, 64, 64)
CHANNELS = {"relu1_1": 64, "relu2_1": 128, "relu3_1": 256, "relu4_1": 512, "relu5_1": 512}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(random_weights(WIDTHS), name="random", padding="reflect").double()


def pictures(n: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, 3, 32, 32, generator=generator, dtype=torch.float64)


SIZE = (32, 32)
CONTENT, STYLE, IMAGE = pictures(2, 0), pictures(2, 1), pictures(2, 2)


def losses_of(composition: Composition, encoder: Encoder, style_scale: float = 1.0) -> Losses:
    targets = [
        targets_of(composition.content, [CONTENT[i : i + 1]], encoder, nullcontext, size=SIZE)
        | targets_of(composition.style, [STYLE[i : i + 1]], encoder, nullcontext, size=SIZE)
        for i in range(2)
    ]
    return Losses(
        composition,
        encoder,
        targets,
        style_scale=style_scale,
        precision=nullcontext,
        memory_format=torch.channels_last,
    )


def composed(key: str, **overrides: object) -> Composition:
    compose = METHODS[key].compose
    assert compose is not None
    return compose(parameters_object(key, resolve_parameters(key, overrides)))


def square(values: Tensor) -> Tensor:
    return values.square().flatten(1).sum(1)


def features(encoder: Encoder, images: Tensor) -> dict[str, Tensor]:
    return encoder(images, list(CHANNELS))


@pytest.mark.parametrize(("key", "statistic"), [("gatys", gram), ("gatys-cov", covariance)])
def test_relative_losses_are_what_is_documented(key: str, statistic, encoder: Encoder) -> None:
    found = losses_of(composed(key, style_weight=300, content_weight=2), encoder).parts(IMAGE)
    image, content, style = (features(encoder, x) for x in (IMAGE, CONTENT, STYLE))
    expected = 2 * square(image["relu4_1"] - content["relu4_1"]) / square(content["relu4_1"])
    torch.testing.assert_close(found.content, expected)
    relative = [
        square(statistic(image[name]) - statistic(style[name]))
        / torch.maximum(square(statistic(style[name])), 1e-5 * square(gram(style[name])))
        for name in CHANNELS
    ]
    torch.testing.assert_close(found.style, 300 / 100 * torch.stack(relative).mean(0))
    torch.testing.assert_close(found.total, found.content + found.style)


@pytest.mark.parametrize("key", ["gatys-cov", "cross-layer-cov"])
def test_a_style_of_one_colour_has_a_target_size(key: str, encoder: Encoder) -> None:
    plain = torch.full((1, 3, *SIZE), 0.5, dtype=torch.float64)
    terms = composed(key).style
    targets = targets_of(terms, [plain], encoder, nullcontext, size=SIZE)
    found = features(encoder, plain)
    for term in terms:
        uncentred = [gram(found[n]) for n in term.layers]
        if len(term.layers) == 2:
            uncentred = [cross_gram(found[term.layers[0]], found[term.layers[1]])]
        expected = 1e-5 * uncentred[0].square().mean()
        assert targets[term].size.item() == pytest.approx(expected.item(), rel=1e-6)


def test_cross_layer_pairs_each_layer_with_the_next(encoder: Encoder) -> None:
    found = losses_of(composed("cross-layer"), encoder).parts(IMAGE)
    image, style = (features(encoder, x) for x in (IMAGE, STYLE))
    names = list(CHANNELS)
    relative = []
    for fine, coarse in zip(names, names[1:], strict=False):
        wanted = cross_gram(style[fine], style[coarse])
        relative.append(square(cross_gram(image[fine], image[coarse]) - wanted) / square(wanted))
    torch.testing.assert_close(found.style, 10 * torch.stack(relative).mean(0))
    assert len(composed("cross-layer", pairs="all").style) == 10


def test_gatys_losses_are_those_of_the_reference_code(encoder: Encoder) -> None:
    """Σ (W/C²) mean((G − A)²) with G = FFᵀ/HW, plus mean((F − P)²)."""
    found = losses_of(composed("gatys", normalisation="gatys"), encoder).parts(IMAGE)
    image, content, style = (features(encoder, x) for x in (IMAGE, CONTENT, STYLE))
    wanted = sum(
        1000 / c**2 * (gram(image[name]) - gram(style[name])).square().mean((1, 2))
        for name, c in CHANNELS.items()
    )
    torch.testing.assert_close(found.style, wanted)
    expected = (image["relu4_1"] - content["relu4_1"]).square().mean((1, 2, 3))
    torch.testing.assert_close(found.content, expected)


def test_paper_losses_are_those_of_the_equations(encoder: Encoder) -> None:
    """Gatys et al. 2016: ½ Σ (F − P)², and Σ_l w_l / (4 N² M²) Σ (G − A)² with G = FFᵀ, w_l =
    1/5."""
    found = losses_of(composed("gatys", normalisation="paper"), encoder).parts(IMAGE)
    image, content, style = (features(encoder, x) for x in (IMAGE, CONTENT, STYLE))
    torch.testing.assert_close(found.content, 0.5 * square(image["relu4_1"] - content["relu4_1"]))
    wanted = torch.zeros(2, dtype=torch.float64)
    for name in CHANNELS:
        f, s = image[name].flatten(2), style[name].flatten(2)
        n, m = f.shape[1:]
        gap = f @ f.transpose(1, 2) - s @ s.transpose(1, 2)
        wanted += 1000 / 5 * square(gap) / (4 * n**2 * m**2)
    torch.testing.assert_close(found.style, wanted)


@pytest.mark.parametrize("key", [key for key in METHODS if METHODS[key].compose is not None])
@pytest.mark.parametrize("normalisation", ["relative", "gatys", "paper"])
def test_its_gradient_is_the_derivative(key: str, normalisation: str, encoder: Encoder) -> None:
    if key == "mmd" and normalisation != "relative":
        pytest.skip("mmd has relative terms only")
    losses = losses_of(composed(key, normalisation=normalisation), encoder)
    values, gradient = losses(IMAGE, [0, 1])
    torch.testing.assert_close(values, losses.parts(IMAGE).total)
    direction = torch.randn(IMAGE.shape, generator=torch.Generator().manual_seed(5)).double()
    step = 1e-8  # so small that hardly a ReLU changes sides
    ahead, behind = (losses(IMAGE + sign * step * direction, [0, 1])[0] for sign in (1, -1))
    slope = (gradient * direction).flatten(1).sum(1)
    torch.testing.assert_close((ahead - behind) / (2 * step), slope, rtol=1e-3, atol=1e-6)


def test_it_picks_the_targets_of_the_images_asked_for(encoder: Encoder) -> None:
    losses = losses_of(composed("gatys"), encoder)
    together, _ = losses(IMAGE, [0, 1])
    second, _ = losses(IMAGE[1:], [1])
    first, _ = losses(IMAGE[:1], [0])
    torch.testing.assert_close(torch.cat([first, second]), together)


def test_a_product_multiplies_content_and_style(encoder: Encoder) -> None:
    plain = composed("gatys")
    product = Composition(plain.content, plain.style, combine="product")
    parts = losses_of(product, encoder).parts(IMAGE)
    torch.testing.assert_close(parts.total, parts.content * parts.style)


def test_the_losses_vanish_at_their_targets(encoder: Encoder) -> None:
    losses = losses_of(composed("gatys"), encoder)
    assert losses.parts(CONTENT).content.max() < 1e-20
    assert losses.parts(STYLE).style.max() < 1e-20


def test_the_style_scale_reaches_absolute_terms_only(encoder: Encoder) -> None:
    for normalisation, factor in (("gatys", 3.0), ("paper", 3.0), ("relative", 1.0)):
        composition = composed("gatys", normalisation=normalisation)
        once, scaled = (losses_of(composition, encoder, by).parts(IMAGE) for by in (1.0, 3.0))
        torch.testing.assert_close(scaled.style, factor * once.style)
        torch.testing.assert_close(scaled.content, once.content)


def test_layer_weights_are_shares(encoder: Encoder) -> None:
    only_third = composed("gatys", layer_weights="0,0,2,0,0")
    alone = composed("gatys", style_layers="relu3_1")
    torch.testing.assert_close(
        losses_of(only_third, encoder).parts(IMAGE).style,
        losses_of(alone, encoder).parts(IMAGE).style,
    )


def test_several_styles_are_averaged(encoder: Encoder) -> None:
    term = Term("gram", ("relu2_1",), 1.0, "mean")
    one, other = ([STYLE[i : i + 1]] for i in range(2))
    both = targets_of([term], one + other, encoder, nullcontext, size=SIZE)[term]
    first, second = (
        targets_of([term], x, encoder, nullcontext, size=SIZE)[term] for x in (one, other)
    )
    torch.testing.assert_close(both.value, (first.value + second.value) / 2)
    torch.testing.assert_close(both.size, both.value.square().mean((1, 2)))
