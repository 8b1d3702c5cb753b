"""Matching of annotations to pictures by their names."""

from __future__ import annotations

import unicodedata

import pytest

from transfer.media.matching import match


@pytest.mark.parametrize(
    ("picture", "annotation"),
    [
        ("a.png", "a.mat"),
        ("A.JPG", "a.MAT"),
        ("a.jpg", "a.jpg.mat"),
        ("a.png", "a_gt.mat"),
        ("a.png", "a-groundtruth.mat"),
        ("a.png", "A_Boundaries.mat"),
        ("test/a.jpg", "test/a.mat"),
        ("test/a.jpg", "a.mat"),
        ("a.jpg", "deep/down/a.mat"),
        ("a [1].png", "a [1].mat"),
        ("a b.png", "a b.mat"),
        ("a.b.png", "a.b.mat"),
        (unicodedata.normalize("NFD", "ü.png"), unicodedata.normalize("NFC", "ü.mat")),
    ],
)
def test_it_finds_the_annotation_of_a_picture(picture: str, annotation: str) -> None:
    found = match([picture], [annotation])
    assert (found.of_picture, found.left_over) == ([[0]], [])


def test_the_folder_of_the_same_name_has_precedence() -> None:
    found = match(["test/1.jpg", "train/1.jpg"], ["train/1.mat", "test/1.mat"])
    assert found.of_picture == [[1], [0]]


def test_exactly_the_same_letters_have_precedence() -> None:
    found = match(["a.png", "A.png"], ["A.mat", "a.mat"])
    assert found.of_picture == [[1], [0]]


def test_ambiguous_annotations_are_all_returned() -> None:
    assert match(["a.png"], ["x/a.mat", "y/a.mat"]).of_picture == [[0, 1]]


def test_annotations_without_a_picture_are_left_over() -> None:
    found = match(["a.png", "b.png"], ["a.mat", "gt.mat", "ab.mat"])
    assert (found.of_picture, found.left_over) == ([[0], []], ["gt.mat", "ab.mat"])
