"""Combinations of contents and styles that each variant of a recipe is run on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product
from math import factorial, perm, prod
from typing import Any

from common.errors import InputError
from transfer import methods as registry
from transfer.batches.sampling import sample

Recipe = dict[str, Any]
"""See transfer.batches.recipes."""


@dataclass(frozen=True)
class Source:
    """The properties of a content or style picture that a recipe depends on.

    `converted`: whether its colours are converted to sRGB when it is read.
    """

    sha256: str
    width: int
    height: int
    converted: bool = False


Pictures = tuple[Source | None, tuple[Source, ...]]
"""A content, where the method needs one, and one or more styles."""


def count(recipe: Recipe, contents: Sequence[Source], styles: Sequence[Source]) -> int:
    """The number of stimuli of a recipe, without listing them."""
    if recipe["sampling"]["rule"] == "samples":
        methods = {entry["method"] for entry in recipe["methods"]}
        return len(methods) * int(recipe["sampling"]["samples"])
    number = 0
    for entry in recipe["methods"]:
        mixtures = _count_mixtures(len(styles), _shares(entry))
        number += (len(contents) if _needs_content(entry) else 1) * mixtures
    return number


def picture_combinations(
    recipe: Recipe, contents: Sequence[Source], styles: Sequence[Source]
) -> Iterator[tuple[int, Pictures]]:
    """(index of the variant, (content, styles))."""
    entries = recipe["methods"]
    if recipe["sampling"]["rule"] == "grid":
        for index, entry in enumerate(entries):
            for pictures in product(*_axes(entry, contents, styles)):
                yield index, pictures
        return
    number = int(recipe["sampling"]["samples"])
    of_method: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(entries):
        of_method[entry["method"]].append(index)
    for indices in of_method.values():
        own, mixtures = _axes(entries[indices[0]], contents, styles)
        for weight, content, style in sample(
            number, len(indices), len(own), len(mixtures), recipe["seed"]
        ):
            yield indices[weight], (own[content], mixtures[style])


def _shares(entry: Mapping[str, Any]) -> Sequence[float]:
    """The weights of the styles of each stimulus of a variant; one style has the weight 1."""
    return entry["parameters"].get("style_share") or (1.0,)


def _mixtures(styles: Sequence[Source], shares: Sequence[float]) -> Iterator[tuple[Source, ...]]:
    """Every assignment of styles to shares that gives a different mixture."""
    alike = [pair for pair in combinations(range(len(shares)), 2)
             if shares[pair[0]] == shares[pair[1]]]  # fmt: skip
    for chosen in permutations(range(len(styles)), len(shares)):
        if all(chosen[one] < chosen[other] for one, other in alike):
            yield tuple(styles[number] for number in chosen)


def _count_mixtures(styles: int, shares: Sequence[float]) -> int:
    return perm(styles, len(shares)) // prod(map(factorial, Counter(shares).values()))


def _needs_content(entry: Mapping[str, Any]) -> bool:
    return registry.find_method(entry["method"]).needs_content


def _axes(
    entry: Mapping[str, Any], contents: Sequence[Source], styles: Sequence[Source]
) -> tuple[Sequence[Source | None], list[tuple[Source, ...]]]:
    """The contents and the (combinations of) styles that a variant is run on."""
    shares = _shares(entry)
    if len(shares) > len(styles):
        raise InputError(
            f"style_share of method '{entry['method']}' is for {len(shares)} styles, the batch has "
            f"{len(styles)}: choose more styles, or fewer shares"
        )
    return (contents if _needs_content(entry) else [None]), [*_mixtures(styles, shares)]
