from __future__ import annotations

import pytest

from transfer.methods import METHODS, resolve_parameters
from transfer.methods.near_duplicates import NEAR_DUPLICATES, among


def entry(method: str, **changes) -> tuple[str, dict]:
    return method, resolve_parameters(method, changes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (entry("gatys"), entry("mmd", kernel="polynomial")),
        (entry("mmd", kernel="polynomial", style_weight=50), entry("gatys-aggressive")),
        (entry("mmd", kernel="linear"), entry("mmd", kernel="polynomial", degree=1, offset=2)),
        (
            entry("inversion", loss="moments", moments=1),
            entry("inversion", loss="moments", moments=1, moment_kind="central"),
        ),
    ],
)
def test_a_declared_pair_is_reported(one, other) -> None:
    (said,) = among([one, entry("universal"), other])
    assert one[0] in said
    assert other[0] in said
    assert "the same method" in said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (entry("gatys"), entry("gatys")),
        (entry("gatys"), entry("mmd")),
        (entry("gatys"), entry("mmd", kernel="polynomial", offset=1)),
        (entry("gatys"), entry("mmd", kernel="polynomial", degree=3)),
        (entry("gatys", normalisation="paper"), entry("mmd", kernel="polynomial")),
        (entry("gatys-mean"), entry("mmd", kernel="linear")),
        (
            entry("inversion", loss="moments", moments=2),
            entry("inversion", loss="moments", moments=2, moment_kind="central"),
        ),
    ],
)
def test_other_pairs_are_not_reported(one, other) -> None:
    assert among([one, other]) == []


def test_declarations_name_known_methods_and_parameters() -> None:
    for pair in NEAR_DUPLICATES:
        for variant in (pair.one, pair.other):
            assert variant.method in METHODS
            defaults = resolve_parameters(variant.method, {})
            for name, values in variant.parameters.items():
                assert all(type(value) is type(defaults[name]) for value in values)
