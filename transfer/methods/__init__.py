"""The registry of style transfer methods. Nothing here imports torch.

A method's file declares its parameters and its loss, and variants of it that differ in defaults
only; each has one line in METHODS. `stylise` makes the pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from common.errors import PictureError
from common.lookup import find
from transfer.methods import (
    adain,
    avatar_net,
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
    ift,
    inversion,
    mmd,
    universal,
)
from transfer.methods.base import Method
from transfer.methods.parameters import Values, as_object, describe, resolve

__all__ = ["METHODS", "Method", "check_styles", "find_method", "method_info", "resolve_parameters"]

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
        adain.METHOD,
        avatar_net.METHOD,
        ift.METHOD,
        mmd.METHOD,
        inversion.METHOD,
    )
}


def find_method(key: str) -> Method:
    """The registry's entry; InputError names the known ones."""
    return find("method", key, METHODS)


def resolve_parameters(key: str, overrides: Mapping[str, object], *, encoder: str = "") -> Values:
    """Complete, checked parameters of a method, as values that JSON can hold.

    Text is parsed, so values of forms and command lines can be passed unchanged. `preset`
    names one of the method's presets. Resolving complete parameters again changes nothing.
    `encoder` is the name of the encoder, where a default of the method depends on it.

    Raises:
        InputError: an unknown method, name or preset, or a value that is not accepted.

    """
    method = find_method(key)
    changes = method.encoder_presets.get(encoder, {})
    return resolve(
        method.parameters,
        overrides,
        owner=key,
        presets={
            name: {**values, **changes.get(name, {})} for name, values in method.presets.items()
        },
        defaults=method.encoder_defaults.get(encoder),
    )


def parameter_names(key: str) -> list[str]:
    """The names of a method's parameters."""
    return [field.name for field in fields(find_method(key).parameters)]


def parameters_object(key: str, values: Mapping[str, Any]) -> Any:
    """The method's dataclass from resolved values."""
    return as_object(find_method(key).parameters, values)


def check_styles(styles: int, shares: Sequence[float]) -> None:
    """Raise PictureError unless there are styles and, if there are shares, one for each style."""
    if not styles:
        raise PictureError("there is no style picture: give at least one")
    if shares and len(shares) != styles:
        raise PictureError(
            f"{len(shares)} style shares were given for {styles} style "
            f"{'picture' if styles == 1 else 'pictures'}: give one for each, or none"
        )


def method_info(key: str) -> dict[str, Any]:
    """Name, source, presets and parameters of a method, as values that JSON can hold."""
    method = find_method(key)
    return {
        "key": method.key,
        "name": method.name,
        "paper": method.paper,
        "needs_content": method.needs_content,
        "needs_decoder": method.needs_decoder,
        "presets": {name: dict(values) for name, values in method.presets.items()},
        "encoder_defaults": {
            name: dict(values) for name, values in method.encoder_defaults.items()
        },
        "encoder_presets": {
            name: {preset: dict(values) for preset, values in changes.items()}
            for name, changes in method.encoder_presets.items()
        },
        "parameters": describe(method.parameters),
    }
