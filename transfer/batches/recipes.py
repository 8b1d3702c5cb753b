"""Recipes: everything that determines the stimuli of a batch, as JSON values, and their expansion.

A recipe holds
    methods      [{"method": key, "parameters": complete parameters}, …], one per variant; where
                 the method needs decoders, "decoders" is a hash of all networks that it uses
    contents, styles   SHA-256 of the pictures. With style_share a method combines that many styles
    in every stimulus, in every assignment of the styles to the shares sampling     {"rule": "grid"}
    or {"rule": "samples", "samples": N} encoder, encoder_fingerprint, size (width in pixels), seed,
    precision, threads, chunk
The same recipe gives the same stimuli, in the same order, in the same chunks.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations, product
from math import factorial, perm, prod
from typing import Any

from common.errors import InputError
from common.lookup import check_name
from transfer import methods as registry
from transfer.batches.sampling import sample
from transfer.methods.style_weights import RANGES, Range, strengths

Recipe = dict[str, Any]
PRECISIONS = ("float32", "tf32", "bf16")  # as transfer.methods.precision, which imports torch
LARGEST = 100_000
"""Stimuli in one batch. The limit guards against mistakes in an order."""


@dataclass(frozen=True)
class Source:
    """The properties of a content or style picture that a recipe depends on."""

    sha256: str
    width: int
    height: int


Pictures = tuple[Source | None, tuple[Source, ...]]
"""A content, where the method needs one, and one or more styles."""


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


def variants(
    methods: Sequence[str],
    *,
    style_weights: Sequence[float] = (),
    weights: Range | None = None,
    iterations: int | None = None,
    settings: Mapping[str, Any] | None = None,
    encoder: str = "",
) -> list[dict[str, Any]]:
    """Every method at every style weight, with complete parameters.

    A method without a style weight is included once. With `weights` each method is run at the
    twenty strengths of the paper's experiment instead (`methods.style_weights`). `settings` maps
    `name` to a value for all methods or `method.name` to a value for one. `encoder` is its name, on
    which defaults may depend.

    Raises:
        InputError: no method, an unknown one, weights of both kinds, or a parameter or value that
            a method does not accept.

    """
    if not methods:
        raise InputError("no method was chosen: name at least one")
    if weights and style_weights:
        raise InputError("style weights and a range of weights were given: give one of the two")
    if weights:
        check_name("range of weights", weights, RANGES)
    found = []
    for method in dict.fromkeys(methods):
        known = registry.parameter_names(method)
        changes = _settings_of(method, settings or {}, methods)
        if iterations is not None and "iterations" in known:
            changes["iterations"] = iterations
        name, values = _strengths(method, known, style_weights, weights)
        for value in dict.fromkeys(values):
            changed = changes if value is None else changes | {name: value}
            parameters = registry.resolve_parameters(method, changed, encoder=encoder)
            found.append({"method": method, "parameters": parameters})
    return found


def _strengths(
    method: str,
    known: Collection[str],
    style_weights: Sequence[float],
    weights: Range | None,
) -> tuple[str, Sequence[float | None]]:
    """The parameter in which a method is varied, and its values; None stands for the default."""
    if weights:
        found = strengths(known, registry.find_method(method).weights, weights)
        return found or ("", (None,))
    if style_weights and "style_weight" in known:
        return "style_weight", style_weights
    return "", (None,)


def _settings_of(
    method: str, settings: Mapping[str, Any], methods: Sequence[str]
) -> dict[str, Any]:
    chosen = {}
    for name, value in settings.items():
        owner, dot, parameter = name.rpartition(".")
        if dot and owner not in methods:
            raise InputError(
                f"'{name}' is a setting of '{owner}', which is not among the methods: use one of "
                f"{', '.join(methods)}"
            )
        if not dot or owner == method:
            chosen[parameter] = value
    return chosen


def expand(
    recipe: Recipe, contents: Sequence[Source], styles: Sequence[Source]
) -> list[StimulusRecipe]:
    """The stimuli of a recipe; a combination that occurs twice is one stimulus.

    Raises:
        InputError: more samples than combinations, or more stimuli than LARGEST.

    """
    number = _count(recipe, contents, styles)
    if number > LARGEST:
        raise InputError(
            f"these are {number} stimuli, more than {LARGEST}: choose fewer contents, styles or "
            "methods, or sample (--samples)"
        )
    groups: dict[tuple[int, Fraction], list[Pictures]] = defaultdict(list)
    for variant, pictures in _combinations(recipe, contents, styles):
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
    return fingerprint(
        {name: recipe[name] for name in common}
        | networks
        | {"method": entry["method"], "parameters": entry["parameters"], "seed": seed}
        | {"content": content.sha256 if content else None}
        | {"styles": [style.sha256 for style in styles]}
    )


def fingerprint(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(old: Recipe, new: Recipe) -> list[str]:
    """The differences between two recipes, as short texts for a message."""
    found: list[str] = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name == "methods" and before and after:
            found.extend(_method_differences(before, after))
        elif isinstance(before, list) and isinstance(after, list):
            found.append(f"{name}: {len(before)} → {len(after)} of them, or others")
        else:
            found.append(f"{name}: {_brief(before)} → {_brief(after)}")
    return found


def _method_differences(before: list[Any], after: list[Any]) -> list[str]:
    if [entry["method"] for entry in before] != [entry["method"] for entry in after]:
        old, new = (", ".join(entry["method"] for entry in side) for side in (before, after))
        return [f"methods: {old} → {new}"]
    found: list[str] = []
    for old_entry, new_entry in zip(before, after, strict=True):
        networks = [
            {"decoders": entry["decoders"]} if "decoders" in entry else {}
            for entry in (old_entry, new_entry)
        ]
        changed = differences(
            old_entry["parameters"] | networks[0], new_entry["parameters"] | networks[1]
        )
        found.extend(f"{old_entry['method']} {change}" for change in changed)
    return found


def _brief(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


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


def _count(recipe: Recipe, contents: Sequence[Source], styles: Sequence[Source]) -> int:
    if recipe["sampling"]["rule"] == "samples":
        methods = {entry["method"] for entry in recipe["methods"]}
        return len(methods) * int(recipe["sampling"]["samples"])
    number = 0
    for entry in recipe["methods"]:
        mixtures = _count_mixtures(len(styles), _shares(entry))
        number += (len(contents) if _needs_content(entry) else 1) * mixtures
    return number


def _combinations(
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
