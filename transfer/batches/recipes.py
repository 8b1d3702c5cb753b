"""Recipes: everything that determines the stimuli of a batch, as JSON values, and their expansion.

A recipe holds
    methods      [{"method": key, "parameters": complete parameters}, …], one per variant; where
                 the method needs decoders, "decoders" is a hash of all networks that it uses
    contents, styles   SHA-256 of the pictures. With style_share a method combines that many styles
                 in every stimulus, in every assignment of the styles to the shares
    sampling     {"rule": "grid"} or {"rule": "samples", "samples": N}
    encoder, encoder_fingerprint, size (width in pixels), seed, precision, threads, chunk
    colours      the rule by which colour profiles are converted, only where a picture has one
                 (common/colours.py)
The same recipe gives the same stimuli, in the same order, in the same chunks.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from common.errors import InputError
from transfer.batches.combinations import Pictures, Recipe, Source, count, picture_combinations

PRECISIONS = ("float32", "tf32", "bf16")  # as transfer.methods.precision, which imports torch
AUTO = "auto"
"""In an order: the precision that is fastest on this machine."""
LARGEST = 100_000
"""Stimuli in one batch. The limit guards against mistakes in an order."""


@dataclass(frozen=True)
class StimulusRecipe:
    """The part of a recipe that determines one stimulus.

    Attributes:
        key: SHA-256 of everything that determines the result.
        chunk: number of the group that is made together, with the same method, parameters and
            shape.

    """

    method: str
    parameters: Mapping[str, Any]
    content: Source | None
    styles: tuple[Source, ...]
    seed: int
    key: str
    chunk: int


def expand(
    recipe: Recipe, contents: Sequence[Source], styles: Sequence[Source]
) -> list[StimulusRecipe]:
    """The stimuli of a recipe; a combination that occurs twice is one stimulus.

    Raises:
        InputError: more samples than combinations, or more stimuli than LARGEST.

    """
    number = count(recipe, contents, styles)
    if number > LARGEST:
        raise InputError(
            f"these are {number} stimuli, more than {LARGEST}: choose fewer contents, styles or "
            "methods, or sample (--samples)"
        )
    groups: dict[tuple[int, Fraction], list[Pictures]] = defaultdict(list)
    for variant, pictures in picture_combinations(recipe, contents, styles):
        groups[variant, _shape(pictures)].append(pictures)
    stimuli: dict[str, StimulusRecipe] = {}
    chunk = 0
    for (variant, _), members in groups.items():
        entry = recipe["methods"][variant]
        # Sorted by style, so that a chunk computes the targets of a shared style once.
        members.sort(key=_order)
        for start in range(0, len(members), recipe["chunk"]):
            for content, chosen in members[start : start + recipe["chunk"]]:
                seed = noise_seed(recipe["seed"], content, chosen)
                key = recipe_key(recipe, entry, content, chosen, seed)
                one = StimulusRecipe(
                    entry["method"], entry["parameters"], content, chosen, seed, key, chunk
                )
                stimuli.setdefault(key, one)
            chunk += 1
    return list(stimuli.values())


def _shape(pictures: Pictures) -> Fraction:
    """Height ÷ width of the picture that is made."""
    content, styles = pictures
    shown = content or styles[0]
    return Fraction(shown.height, shown.width)


def _order(pictures: Pictures) -> tuple[list[str], str]:
    content, styles = pictures
    return [style.sha256 for style in styles], content.sha256 if content else ""


def noise_seed(seed: int, content: Source | None, styles: Sequence[Source]) -> int:
    """The seed of a stimulus: it differs between pairs of pictures, but not between methods.

    So stimuli that people compare, which share content and style, start from the same noise.
    Pictures made from a style alone all start with the recipe's seed, as in the source of
    `inversion`.
    """
    if content is None:
        return seed
    text = f"{seed}:{content.sha256}:{'+'.join(style.sha256 for style in styles)}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def recipe_key(
    recipe: Recipe,
    entry: Mapping[str, Any],
    content: Source | None,
    styles: Sequence[Source],
    seed: int,
) -> str:
    """SHA-256 of everything that determines a stimulus."""
    common = ("encoder_fingerprint", "size", "precision", "threads", "chunk")
    networks = {"decoders": entry["decoders"]} if "decoders" in entry else {}
    converted = any(one.converted for one in (content, *styles) if one)
    return fingerprint(
        {name: recipe[name] for name in common}
        | networks
        | ({"colours": recipe["colours"]} if converted else {})
        | {"method": entry["method"], "parameters": entry["parameters"], "seed": seed}
        | {"content": content.sha256 if content else None}
        | {"styles": [style.sha256 for style in styles]}
    )


def fingerprint(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
