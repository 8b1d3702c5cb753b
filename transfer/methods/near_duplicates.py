"""Pairs of methods that are the same method under two names: their pictures are nearly equal.

A pair is declared here with the parameters under which it holds; other parameters, such as weights,
may differ. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any


@dataclass(frozen=True)
class Variant:
    """A method with some of its parameters, each with one or several values; others are free."""

    method: str
    parameters: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def covers(self, method: str, parameters: Mapping[str, Any]) -> bool:
        """Whether a stimulus of `method` with `parameters` is one of this variant."""
        return method == self.method and all(
            parameters.get(name) in values for name, values in self.parameters.items()
        )


@dataclass(frozen=True)
class NearDuplicate:
    """Two variants that differ in nothing but the meaning of their weights."""

    one: Variant
    other: Variant
    reason: str


_SQUARED = {"kernel": ("polynomial",), "degree": (2,), "offset": (0.0,)}
_GATYS = ("gatys", "gatys-aggressive")
NEAR_DUPLICATES = (
    *(
        NearDuplicate(
            Variant(key, {"normalisation": ("relative",)}),
            Variant("mmd", _SQUARED),
            "MMD² with the kernel (xᵀy)² is ‖G − A‖² (Li et al. 2017, §4.1)",
        )
        for key in _GATYS
    ),
    NearDuplicate(
        Variant("mmd", {"kernel": ("linear",)}),
        Variant("mmd", {"kernel": ("polynomial",), "degree": (1,)}),
        "MMD² with the kernel xᵀy + c is ‖μ − ν‖² for every c",
    ),
    NearDuplicate(
        Variant("inversion", {"loss": ("moments",), "moments": (1,), "moment_kind": ("raw",)}),
        Variant("inversion", {"loss": ("moments",), "moments": (1,), "moment_kind": ("central",)}),
        "the first moment is the mean in both kinds",
    ),
)
"""Mean control alone would be MMD² with the kernel xᵀy, up to its weight: no method of the registry
has only that term. `gatys-mean` has it beside the Gram matrices, as `mmd` with the kernel
(xᵀy + c)² has, whose weight of the means, 2c, depends on the encoder."""


def among(stimuli: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """A sentence for every near-duplicate among methods with parameters."""
    found: dict[str, None] = {}
    for (one, ones), (other, others) in combinations(list(stimuli), 2):
        for pair in NEAR_DUPLICATES:
            straight = pair.one.covers(one, ones) and pair.other.covers(other, others)
            if straight or (pair.one.covers(other, others) and pair.other.covers(one, ones)):
                names = " and ".join(sorted({_name(pair.one), _name(pair.other)}))
                found[f"{names} are the same method up to their weights: {pair.reason}."] = None
    return list(found)


def _name(variant: Variant) -> str:
    shown = {
        name: values[0] for name, values in variant.parameters.items() if name != "normalisation"
    }
    return " ".join([variant.method, *(f"{name}={value}" for name, value in shown.items())])
