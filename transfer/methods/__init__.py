"""The registry of style transfer methods. Nothing here imports torch.

A method's file declares its parameters and its loss, and variants of it that differ in defaults
only; each has one line in METHODS. `stylise` makes the pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from common.lookup import find
from transfer.methods import (
    cross_layer,
    cross_layer_cov,
    cross_layer_mean_cov,
    cross_layer_multiplicative,
    gal,
    gatys,
    gatys_cov,
    gatys_histogram,
    gatys_layerwise,
    gatys_mean,
    gatys_mean_cov,
    universal,
)
from transfer.methods.base import Method
from transfer.methods.parameters import Values, as_object, describe, resolve

__all__ = ["METHODS", "Method", "find_method", "method_info", "resolve_parameters"]

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        gatys.METHOD,
        gatys.AGGRESSIVE,
        gatys_histogram.METHOD,
        gatys_layerwise.METHOD,
        gatys_mean.METHOD,
        gatys_cov.METHOD,
        gatys_mean_cov.METHOD,
        cross_layer.METHOD,
        cross_layer.AGGRESSIVE,
        cross_layer_multiplicative.METHOD,
        cross_layer_cov.METHOD,
        cross_layer_mean_cov.METHOD,
        gal.METHOD,
        universal.METHOD,
    )
}


def find_method(key: str) -> Method:
    """The registry's entry; InputError names the known ones."""
    return find("method", key, METHODS)


def resolve_parameters(key: str, overrides: Mapping[str, object]) -> Values:
    """Complete, checked parameters of a method, as values that JSON can hold.

    Text is parsed, so what comes from a form or a command line can be given as it is. `preset`
    names one of the method's presets. Resolving complete parameters again changes nothing.

    Raises:
        InputError: an unknown method, name or preset, or a value that is not accepted.

    """
    method = find_method(key)
    return resolve(method.parameters, overrides, owner=key, presets=method.presets)


def parameter_names(key: str) -> list[str]:
    """The names of a method's parameters."""
    return [field.name for field in fields(find_method(key).parameters)]


def parameters_object(key: str, values: Mapping[str, Any]) -> Any:
    """The method's dataclass from resolved values."""
    return as_object(find_method(key).parameters, values)


def method_info(key: str) -> dict[str, Any]:
    """Name, source, presets and parameters of a method, as values that JSON can hold."""
    method = find_method(key)
    return {
        "key": method.key,
        "name": method.name,
        "paper": method.paper,
        "needs_decoder": method.needs_decoder,
        "presets": {name: dict(values) for name, values in method.presets.items()},
        "parameters": describe(method.parameters),
    }
