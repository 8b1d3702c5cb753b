"""Variants of a batch: every method at every style weight, with complete parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from common.errors import InputError
from common.lookup import check_name
from transfer import methods as registry
from transfer.methods.style_weights import RANGES, Range, strengths


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
