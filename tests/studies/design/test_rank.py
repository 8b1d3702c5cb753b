"""Which coefficients a set of pairs can determine."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studies.design.rank import undetermined

NAMES = ("E1", "E2", "E3", "E4")


@given(st.integers(4, 40), st.integers(0, 2**32 - 1))
def test_it_determines_whatever_varies_on_its_own(pairs, seed):
    scale = np.array([1.0, 1e-4, 100.0, 20.0])
    differences = np.random.default_rng(seed).normal(size=(pairs, 4)) * scale
    assert undetermined(differences, NAMES) == []


@given(st.integers(6, 40), st.integers(0, 2**32 - 1))
def test_it_names_what_depends_on_each_other_and_nothing_else(pairs, seed):
    differences = np.random.default_rng(seed).normal(size=(pairs, 4))
    differences[:, 1] = 3 * differences[:, 0]
    assert undetermined(differences, NAMES) == ["E1", "E2"]
    differences[:, 3] = 0
    assert undetermined(differences, NAMES) == ["E1", "E2", "E4"]
    differences[:, 2] = differences[:, 0] - 2 * differences[:, 1]
    assert undetermined(differences, NAMES) == list(NAMES)


def test_it_names_all_terms_where_pairs_are_too_few_or_say_nothing():
    few = np.random.default_rng(1).normal(size=(3, 4))
    assert undetermined(few, NAMES) == list(NAMES)
    assert undetermined(np.zeros((5, 4)), NAMES) == list(NAMES)
    assert undetermined(np.zeros((0, 4)), NAMES) == list(NAMES)


def test_it_follows_the_graph_of_methods_where_terms_are_their_indicators():
    # a–b and c–d: two islands. Of each island's two columns one follows from the other.
    islands = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1]])
    assert undetermined(islands[:, 1:], ("b", "c", "d")) == ["c", "d"]
    joined = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1], [0, 1, -1, 0]])
    assert undetermined(joined[:, 1:], ("b", "c", "d")) == []


def test_it_takes_half_a_million_pairs():
    differences = np.random.default_rng(1).normal(size=(500_000, 5))
    assert undetermined(differences, (*NAMES, "E5")) == []
