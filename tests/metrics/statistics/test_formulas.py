"""Every formula against a second computation in float64, on six pairs of pictures."""

from __future__ import annotations

import numpy as np
import piq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates
from scipy.signal import convolve2d
from scipy.special import rel_entr, softmax
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity

from metrics.statistics.formulas.cfsd import cfsd
from metrics.statistics.formulas.colour import colour_wasserstein, histogram_distance, lab
from metrics.statistics.formulas.feature_distance import feature_distance
from metrics.statistics.formulas.frechet import frechet
from metrics.statistics.formulas.gradient_similarity import gmsd
from metrics.statistics.formulas.gram import gram_distances
from metrics.statistics.formulas.mean_deviation import mean_deviation
from metrics.statistics.formulas.self_similarity import self_similarity
from metrics.statistics.formulas.sliced_wasserstein import (
    directions,
    feature_wasserstein,
    quantile_distance,
)
from metrics.statistics.formulas.structure import ms_ssim, ssim
from metrics.statistics.formulas.visual_information import vif
from metrics.statistics.instruments.comparison import pixels
from tests.metrics.pictures import small_encoder
from tests.metrics.statistics.cases import pairs

SIX = pytest.mark.parametrize("number", range(6))
EXACT = 1e-5
LAYERS = ("relu1_1", "relu2_1", "relu3_1")


@pytest.fixture(scope="module")
def tensors():
    return [(pixels(one), pixels(other)) for one, other in pairs()]


@pytest.fixture(scope="module")
def features(tensors):
    encoder = small_encoder(deepest="relu3_1")
    return [
        tuple(encoder(image.float()[..., :96, :80], LAYERS) for image in pair) for pair in tensors
    ]


def grey(image):
    return np.tensordot([0.299, 0.587, 0.114], image[0].numpy(), 1)


def flat(layer):
    """(1, C, H, W) → (C, P) float64."""
    return layer[0].double().numpy().reshape(layer.shape[1], -1)


def window(side, deviation):
    at = np.arange(side) - (side - 1) / 2
    one = np.exp(-(at**2) / (2 * deviation**2))
    both = np.outer(one, one)
    return both / both.sum()


def moments(x, y, kernel):
    def mean(z):
        return convolve2d(z, kernel, "valid")

    mx, my = mean(x), mean(y)
    return mx, my, mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my


@SIX
def test_ssim_is_scikit_images(tensors, number):
    x, y = tensors[number]
    expected = structural_similarity(
        grey(x),
        grey(y),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1,
    )
    assert ssim(x, y) == pytest.approx(expected, abs=EXACT)


@SIX
def test_ms_ssim_is_the_product_over_five_scales(tensors, number):
    x, y = (grey(image) for image in tensors[number])
    expected = 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        mx, my, vx, vy, both = moments(x, y, window(11, 1.5))
        structure = (2 * both + 0.03**2) / (vx + vy + 0.03**2)
        light = (2 * mx * my + 0.01**2) / (mx**2 + my**2 + 0.01**2)
        mean = (structure * light if scale == 4 else structure).mean()
        expected *= max(mean, 0.0) ** weight
        x, y = (z.reshape(len(z) // 2, 2, -1, 2).mean((1, 3)) if scale < 4 else z for z in (x, y))
    assert ms_ssim(*tensors[number]) == pytest.approx(expected, abs=EXACT)


@SIX
def test_gmsd_is_the_deviation_of_gradient_similarity(tensors, number):
    gradients = []
    for image in tensors[number]:
        small = grey(image).reshape(88, 2, 88, 2).mean((1, 3))
        prewitt = np.array([[1, 0, -1]] * 3) / 3
        across, down = (convolve2d(small, kernel, "same") for kernel in (prewitt, prewitt.T))
        gradients.append(np.hypot(across, down))
    x, y = gradients
    similarity = (2 * x * y + 170 / 255**2) / (x**2 + y**2 + 170 / 255**2)
    assert gmsd(*tensors[number]) == pytest.approx(similarity.std(), abs=EXACT)


@SIX
def test_vif_is_the_ratio_of_preserved_information(tensors, number):
    stimulus, content = (255 * grey(image) for image in tensors[number])
    kept = all_there = 0.0
    for scale in range(4):
        side = 2 ** (4 - scale) + 1
        kernel = window(side, side / 5)
        if scale:
            stimulus, content = (
                convolve2d(z, kernel, "valid")[::2, ::2] for z in (stimulus, content)
            )
        _, _, vs, vc, both = moments(stimulus, content, kernel)
        vs, vc = np.maximum(vs, 0), np.maximum(vc, 0)
        gain = np.where((vc > 1e-8) & (vs > 1e-8), both / (vc + 1e-8), 0.0)
        noise = np.where(vs > 1e-8, vs - gain * both, 0.0)
        noise = np.where(gain < 0, vs, noise)
        gain = np.maximum(gain, 0)
        kept += np.log10(1 + gain**2 * vc / (np.maximum(noise, 1e-8) + 2)).sum()
        all_there += np.log10(1 + vc / 2).sum()
    assert vif(*tensors[number]) == pytest.approx(kept / all_there, abs=EXACT)


@SIX
def test_feature_distance_is_lpips_with_unit_weights(features, number):
    total = 0.0
    for layer in LAYERS:
        x, y = (flat(one[layer]) for one in features[number])
        x, y = (z / (np.sqrt((z**2).sum(0)) + 1e-10) for z in (x, y))
        total += ((x - y) ** 2).sum(0).mean()
    assert feature_distance(*features[number]) == pytest.approx(total, rel=EXACT)


@SIX
def test_self_similarity_compares_normalised_distances(features, number):
    patterns = []
    for one in features[number]:
        columns = []
        for layer in LAYERS:
            array = one[layer][0].double().numpy()
            _, height, width = array.shape
            down = (np.arange(32) + 0.5) / 32 * height - 0.5
            across = (np.arange(32) + 0.5) / 32 * width - 0.5
            grid = np.meshgrid(down, across, indexing="ij")
            columns += [map_coordinates(c, grid, order=1, mode="nearest").ravel() for c in array]
        vectors = np.array(columns).T
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        distances = np.maximum(1 - unit @ unit.T, 0)
        np.fill_diagonal(distances, 0)
        patterns.append(distances / distances.sum(0))
    expected = np.abs(patterns[0] - patterns[1]).sum() / 1024
    assert self_similarity(*features[number]) == pytest.approx(expected, rel=EXACT)


@SIX
def test_gram_distances_are_gatys(features, number):
    found = gram_distances(*features[number])
    for layer in LAYERS:
        x, y = (flat(one[layer]) for one in features[number])
        gap = np.einsum("ip,jp->ij", x, x) / x.shape[1] - np.einsum("ip,jp->ij", y, y) / y.shape[1]
        assert found[layer] == pytest.approx((gap**2).sum() / (4 * len(x) ** 2), rel=EXACT)


@SIX
def test_mean_deviation_is_adains_loss(features, number):
    total = 0.0
    for layer in LAYERS:
        x, y = (flat(one[layer]) for one in features[number])
        total += np.linalg.norm(x.mean(1) - y.mean(1)) + np.linalg.norm(x.std(1) - y.std(1))
    assert mean_deviation(*features[number]) == pytest.approx(total, rel=EXACT)


@SIX
def test_feature_wasserstein_sorts_projections(features, number):
    total = 0.0
    for layer in LAYERS:
        x, y = (flat(one[layer]) for one in features[number])
        along = directions(len(x), len(x)).numpy()
        total += ((np.sort(along @ x, axis=1) - np.sort(along @ y, axis=1)) ** 2).mean()
    assert feature_wasserstein(*features[number]) == pytest.approx(total, rel=EXACT)


@SIX
def test_frechet_distance_is_that_of_gaussians(features, number):
    x, y = (flat(one["relu2_1"]) for one in features[number])
    spread, other = np.cov(x), np.cov(y)
    # The trace of a root is the sum of the roots of the eigenvalues, which are real and ≥ 0.
    roots = np.sqrt(np.maximum(np.linalg.eigvals(spread @ other).real, 0)).sum()
    expected = ((x.mean(1) - y.mean(1)) ** 2).sum() + np.trace(spread + other) - 2 * roots
    assert frechet(*(one["relu2_1"] for one in features[number])) == pytest.approx(
        expected, abs=1e-5
    )


@SIX
def test_cfsd_is_the_mean_divergence_of_softmaxed_similarities(features, number):
    s, c = (flat(one["relu3_1"]) for one in features[number])
    stimulus, content = (softmax((z.T / len(z)) @ (z / len(z)), axis=1) for z in (s, c))
    expected = rel_entr(content, stimulus).sum(1).mean()
    found = cfsd(*(one["relu3_1"] for one in features[number]))
    assert found == pytest.approx(expected, rel=EXACT, abs=1e-12)


@SIX
def test_cielab_is_scikit_images(tensors, number):
    for image in tensors[number]:
        expected = rgb2lab(image[0].permute(1, 2, 0).numpy()).reshape(-1, 3).T
        assert np.abs(lab(image).numpy() - expected).max() < 0.02  # its matrix has six digits less


@SIX
def test_histogram_distance_is_hellingers(tensors, number):
    shares = []
    for image in tensors[number]:
        edges = np.linspace(0, 100, 11), np.linspace(-120, 120, 13), np.linspace(-120, 120, 13)
        counts = np.histogramdd(lab(image).numpy().T, bins=edges)[0]
        shares.append(counts / counts.sum())
    expected = np.sqrt(1 - np.sqrt(shares[0] * shares[1]).sum())
    assert histogram_distance(*tensors[number]) == pytest.approx(expected, abs=EXACT)


@SIX
def test_colour_wasserstein_sorts_projections(tensors, number):
    along = directions(3, 32).numpy()
    x, y = (np.sort(along @ lab(image).numpy(), axis=1) for image in tensors[number])
    expected = np.sqrt(3 * ((x - y) ** 2).mean())
    assert colour_wasserstein(*tensors[number]) == pytest.approx(expected, rel=EXACT)


@SIX
def test_piq_computes_the_same(tensors, number):
    x, y = tensors[number]
    grey_x, grey_y = (torch.from_numpy(grey(image))[None, None] for image in (x, y))
    assert ssim(x, y) == pytest.approx(float(piq.ssim(grey_x, grey_y)), abs=EXACT)
    assert ms_ssim(x, y) == pytest.approx(float(piq.multi_scale_ssim(grey_x, grey_y)), abs=EXACT)
    assert gmsd(x, y) == pytest.approx(float(piq.gmsd(x, y)), abs=EXACT)
    assert vif(x, y) == pytest.approx(float(piq.vif_p(grey_x, grey_y)), abs=EXACT)


def test_large_pictures_are_averaged_as_piq_does(tensors):
    x, y = (image.repeat(1, 1, 3, 3) for image in tensors[0])
    found = piq.ssim(*(torch.from_numpy(grey(image))[None, None] for image in (x, y)))
    assert ssim(x, y) == pytest.approx(float(found), abs=EXACT)


values = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=7).map(sorted)


@settings(max_examples=80, deadline=None)
@given(values, values)
def test_unequal_numbers_of_values_are_compared_exactly(one, other):
    x = np.repeat(one, len(other))  # each value as often as makes both equally many
    y = np.repeat(other, len(one))
    (found,) = quantile_distance(np.array([one]), np.array([other]))
    assert found == pytest.approx(((x - y) ** 2).mean(), abs=1e-12)


def test_a_shift_of_all_colours_is_its_own_distance():
    rng = np.random.default_rng(0)
    dark = torch.from_numpy(np.full((1, 3, 40, 40), 0.3) + 0.01 * rng.random((1, 1, 40, 40)))
    light = dark + 0.2
    shift = float((lab(light) - lab(dark)).mean(1).norm())
    assert colour_wasserstein(dark, light) == pytest.approx(shift, rel=0.15)


@pytest.mark.parametrize("side", [176, 177, 191])
def test_the_smallest_pictures_of_five_scales_are_measured(tensors, side):
    # What does not fill a block of two pixels is dropped, at each scale again.
    image = tensors[0][0].repeat(1, 1, 2, 2)[..., :side, :side]
    assert ms_ssim(image, image) == pytest.approx(1)


def test_too_small_or_flat_pictures_have_a_reason_and_no_number(tensors):
    small = [image[..., :40, :40] for image in tensors[0]]
    assert "176 pixels" in ms_ssim(*small)
    assert "41 pixels" in vif(*small)
    assert "flat" in vif(tensors[0][0], torch.full_like(tensors[0][0], 0.5))
    constant = {"relu1_1": torch.ones(1, 4, 8, 8)}
    assert "do not vary" in self_similarity(constant, constant)
