"""The coefficients that a set of pairs determines."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studies.design.rank import undetermined

NAMES = ("E1", "E2", "E3", "E4")


@given(st.integers(4, 40), st.integers(0, 2**32 - 1))
def test_independent_terms_are_determined(pairs, seed):
    scale = np.array([1.0, 1e-4, 100.0, 20.0])
    differences = np.random.default_rng(seed).normal(size=(pairs, 4)) * scale
    assert undetermined(differences, NAMES) == []


@given(st.integers(6, 40), st.integers(0, 2**32 - 1))
def test_it_names_dependent_terms_only(pairs, seed):
    differences = np.random.default_rng(seed).normal(size=(pairs, 4))
    differences[:, 1] = 3 * differences[:, 0]
    assert undetermined(differences, NAMES) == ["E1", "E2"]
    differences[:, 3] = 0
    assert undetermined(differences, NAMES) == ["E1", "E2", "E4"]
    differences[:, 2] = differences[:, 0] - 2 * differences[:, 1]
    assert undetermined(differences, NAMES) == list(NAMES)


def test_it_names_all_terms_if_pairs_are_too_few_or_constant():
    few = np.random.default_rng(1).normal(size=(3, 4))
    assert undetermined(few, NAMES) == list(NAMES)
    assert undetermined(np.zeros((5, 4)), NAMES) == list(NAMES)
    assert undetermined(np.zeros((0, 4)), NAMES) == list(NAMES)


def test_indicators_of_methods_follow_the_graph_of_methods():
    # a–b and c–d: two components. Of the two columns of each one follows from the other.
    components = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1]])
    assert undetermined(components[:, 1:], ("b", "c", "d")) == ["c", "d"]
    joined = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1], [0, 1, -1, 0]])
    assert undetermined(joined[:, 1:], ("b", "c", "d")) == []


def test_it_takes_half_a_million_pairs():
    differences = np.random.default_rng(1).normal(size=(500_000, 5))
    assert undetermined(differences, (*NAMES, "E5")) == []
