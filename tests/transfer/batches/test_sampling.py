"""Draws of samples: even, different, the same for methods with and without weights."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InputError
from transfer.batches.sampling import sample


@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5), st.integers(0, 1000), st.data())
def test_a_sample_is_even_and_repeats_nothing(weights, contents, styles, seed, data):
    number = data.draw(st.integers(1, weights * contents * styles))
    draws = sample(number, weights, contents, styles, seed)
    assert len(set(draws)) == number
    assert draws == sample(number, weights, contents, styles, seed)
    counts = Counter(content for _, content, _ in draws)
    assert max(counts.values()) - min(counts[content] for content in range(contents)) <= 1


def test_it_refuses_more_samples_than_combinations():
    with pytest.raises(InputError, match="only 12 combinations"):
        sample(13, 1, 4, 3, seed=0)


def test_methods_with_and_without_weights_get_the_same_pictures():
    with_weights, without = (sample(12, weights, 4, 3, seed=5) for weights in (20, 1))
    assert [draw[1:] for draw in with_weights] == [draw[1:] for draw in without]
