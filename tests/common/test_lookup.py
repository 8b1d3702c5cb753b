"""Lookup by name, and NAME=VALUE words."""

from __future__ import annotations

import pytest

from common.errors import InputError
from common.lookup import check_name, find, unknown
from common.name_value import names_and_values

KNOWN = {"gatys": 1, "gal": 2, "universal": 3}


def test_it_finds_an_entry() -> None:
    assert find("method", "gal", KNOWN) == 2
    check_name("method", "gal", KNOWN)


def test_it_lists_the_known_names_and_the_likely_one() -> None:
    with pytest.raises(InputError) as caught:
        find("method", "gatis", KNOWN)
    assert str(caught.value) == (
        "unknown method 'gatis': use one of gatys, gal, universal (did you mean gatys?)"
    )
    assert unknown("method", "x", KNOWN).endswith("use one of gatys, gal, universal")
    assert unknown("study", "x", ()) == "unknown study 'x': there is none"


def test_it_splits_at_the_first_equals_sign() -> None:
    assert names_and_values(["a=1", "b=c=d", "e="]) == {"a": "1", "b": "c=d", "e": ""}


@pytest.mark.parametrize("word", ["a", "=1", ""])
def test_it_refuses_a_word_without_name_or_sign(word: str) -> None:
    with pytest.raises(InputError, match="use NAME=VALUE"):
        names_and_values([word])
