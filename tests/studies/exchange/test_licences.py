"""Which licences let anybody publish pictures, and what was made from them."""

from __future__ import annotations

import pytest

from studies.exchange.licences import MADE_FROM, NO_CHANGES, NOT_KNOWN, NOT_STATED, permission


@pytest.mark.parametrize(
    "licence",
    [
        "CC0",
        "cc0-1.0",
        "CC0 (Rachel Michetti)",
        "public domain (NASA)",
        "CC BY 2.0 (danielbuechele)",
        "CC-BY-NC-SA-4.0",
        "CC BY-SA 3.0 DE",
        "https://creativecommons.org/licenses/by-nc/4.0/",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "ODbL-1.0",
    ],
)
def test_it_publishes_what_a_known_licence_permits(licence):
    assert permission(licence).obstacle == permission(licence).adaptation_obstacle == ""


@pytest.mark.parametrize(
    "licence",
    [
        "all rights reserved",
        "research only",
        "BSDS500: non-commercial research and education",
        "not CC0",
        "CC0 in the USA only",
        "CC",
        "public",
        "CC BY 4.0 once the paper is out",
        "mitigated",
    ],
)
def test_it_publishes_nothing_under_a_licence_that_it_does_not_know(licence):
    found = permission(licence)
    assert (found.obstacle, found.adaptation_obstacle) == (NOT_KNOWN, MADE_FROM)
    assert permission(licence, [licence]).obstacle == ""


def test_it_publishes_nothing_without_a_licence_whatever_is_permitted():
    for blank in ("", "  "):
        assert permission(blank, ["", "  "]).obstacle == NOT_STATED


def test_it_publishes_a_picture_without_what_was_made_from_it_where_changes_are_forbidden():
    for licence in (
        "CC BY-ND 4.0",
        "CC-BY-NC-ND",
        "https://creativecommons.org/licenses/by-nd/4.0/",
    ):
        found = permission(licence)
        assert (found.obstacle, found.adaptation_obstacle) == ("", NO_CHANGES)
