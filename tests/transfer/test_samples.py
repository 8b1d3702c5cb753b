"""The bundled pictures."""

from __future__ import annotations

import numpy as np
import pytest

from transfer.samples import styles
from transfer.samples.contents import Sample, sample_contents
from transfer.samples.styles import sample_styles


@pytest.fixture(scope="module")
def style_samples() -> list[Sample]:
    return sample_styles()


def test_it_gives_four_contents_and_four_styles_with_licences(
    style_samples: list[Sample],
) -> None:
    samples = [*sample_contents(), *style_samples]
    assert len({sample.name for sample in samples}) == 8
    for sample in samples:
        assert sample.pixels.dtype == np.uint8
        assert sample.pixels.ndim == 3
        assert sample.pixels.shape[2] == 3
        assert min(sample.pixels.shape[:2]) >= 300
        assert sample.licence
        assert sample.source


@pytest.mark.parametrize("draw", [styles.stained_glass, styles.swirls, styles.hatching])
def test_a_drawing_is_the_same_every_time_and_another_with_another_seed(draw: object) -> None:
    first = draw(side=96)  # type: ignore[operator]
    assert first.shape == (96, 96, 3)
    assert np.array_equal(first, draw(side=96))  # type: ignore[operator]
    assert not np.array_equal(first, draw(side=96, seed=99))  # type: ignore[operator]


def test_styles_differ_in_palette_and_contrast(style_samples: list[Sample]) -> None:
    means = np.array([sample.pixels.mean((0, 1)) for sample in style_samples])
    gaps = np.linalg.norm(means[:, None] - means[None], axis=-1)
    assert gaps[np.triu_indices(4, 1)].min() > 10
    assert all(sample.pixels.std() > 20 for sample in style_samples)
