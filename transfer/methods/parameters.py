"""Parameters of methods: their declaration, and the parsing of text into checked values.

A method declares its parameters as the fields of one frozen dataclass; `parameter` gives each
field its default, what it accepts, what it does, and the source of the default.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import InputError
from transfer.encoders.layout import LAYERS

Values = dict[str, Any]
"""Parameter names with values that JSON can hold."""


@dataclass(frozen=True)
class Kind:
    """What a parameter accepts.

    Attributes:
        name: number, whole, choice, layer, layers or numbers.
        accepts: the accepted values in words, for error messages and forms.
        parse: the value from text or from a JSON value; ValueError or TypeError if it is neither.
        choices: the accepted words; empty if other values are accepted.

    """

    name: str
    accepts: str
    parse: Callable[[Any], Any]
    choices: tuple[str, ...] = ()


def parameter(default: Any, kind: Kind, what: str, *, source: str, added: bool = False) -> Any:
    """Declare a field with `default`, a description `what`, and the `source` of the default.

    `added`: the parameter is younger than some stored recipes. At its default it is left out of the
    resolved values, so that those recipes and the keys of their stimuli do not change.
    """
    return dataclasses.field(
        default=default, metadata={"kind": kind, "help": what, "source": source, "added": added}
    )


LARGEST_NUMBER = 3.4028234e38
"""The largest number of float32 (IEEE 754 binary32), in which methods compute."""


def number(low: float, high: float = math.inf) -> Kind:
    """A number from `low` to `high` that float32 can hold."""

    def parse(value: Any) -> float:
        if isinstance(value, bool):
            raise TypeError
        found = float(value)
        if LARGEST_NUMBER < abs(found) < math.inf:
            raise OverflowError
        if not (math.isfinite(found) and low <= found <= high):
            raise ValueError
        return found

    return Kind("number", f"a number {_range(low, high)}", parse)


def whole(low: int, high: float = math.inf) -> Kind:
    """A whole number from `low` to `high`."""

    def parse(value: Any) -> int:
        if value == math.inf:
            raise ValueError
        found = int(value)
        if isinstance(value, bool) or found != float(value) or not low <= found <= high:
            raise ValueError
        return found

    return Kind("whole", f"a whole number {_range(low, high)}", parse)


def choice(*words: str) -> Kind:
    """One of `words`."""

    def parse(value: Any) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return Kind("choice", f"one of {', '.join(words)}", parse, words)


def layer() -> Kind:
    """The name of one layer."""
    return dataclasses.replace(choice(*LAYERS), name="layer")


def layers(least: int = 1) -> Kind:
    """Different layers, given in any order, kept in the order of the network."""

    def parse(value: Any) -> list[str]:
        found = _items(value)
        if any(name not in LAYERS for name in found) or len(set(found)) != len(found):
            raise ValueError
        if len(found) < least:
            raise ValueError
        return sorted(found, key=LAYERS.index)

    count = "" if least == 1 else f"{least} or more "
    return Kind("layers", f"{count}different layers of {', '.join(LAYERS)}", parse, LAYERS)


def numbers(low: float, high: float = math.inf) -> Kind:
    """Numbers from `low` to `high`, possibly none."""
    each = number(low, high)

    def parse(value: Any) -> list[float]:
        return [each.parse(item) for item in _items(value)]

    return Kind("numbers", f"numbers {_range(low, high)} between commas, or nothing", parse)


def shares() -> Kind:
    """Weights that add up to 1, possibly none."""
    each = numbers(0, 1)

    def parse(value: Any) -> list[float]:
        found: list[float] = each.parse(value)
        if found and not math.isclose(sum(found), 1, abs_tol=1e-6):
            raise ValueError
        return found

    return Kind("numbers", "weights that add up to 1 between commas, or nothing", parse)


def _range(low: float, high: float) -> str:
    return f"from {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, Sequence):
        return list(value)
    return [value]


@dataclass(frozen=True)
class Parameters:
    """The base of every method's parameters."""

    @property
    def steps(self) -> int:
        """The steps that progress is counted in, per picture."""
        return int(getattr(self, "iterations", 1))

    def validate(self) -> None:
        """Raise InputError if values that are each acceptable contradict each other."""


def resolve(
    cls: type[Parameters],
    overrides: Mapping[str, object],
    *,
    owner: str,
    presets: Mapping[str, Values],
    defaults: Values | None = None,
) -> Values:
    """Complete, checked values: the defaults, a preset's changes, then the overrides.

    A parameter that is `added` is included only if it differs from its default.

    Args:
        cls: the method's parameters.
        overrides: values or text by name; `preset` names one of `presets`.
        owner: the method, for messages.
        presets: changes by the name of the preset.
        defaults: changes of the defaults; those of a preset take precedence.

    Raises:
        InputError: an unknown name or preset, or a value that is not accepted.

    """
    fields = {field.name: field for field in dataclasses.fields(cls)}
    given = dict(overrides)
    changes: Values = dict(defaults or {})
    if "preset" in given:
        name = str(given.pop("preset"))
        if name not in presets:
            known = f"use one of {', '.join(presets)}" if presets else "it has none"
            raise InputError(f"method '{owner}' has no preset '{name}': {known}")
        changes.update(presets[name])
    changes.update(given)
    values: Values = {}
    for name in changes:
        if name not in fields:
            raise InputError(
                f"method '{owner}' has no parameter '{name}': use one of {', '.join(fields)}"
            )
    for name, field in fields.items():
        kind: Kind = field.metadata["kind"]
        value = changes.get(name, field.default)
        try:
            values[name] = kind.parse(value)
        except OverflowError:
            raise InputError(
                f"{name}={_shown(value)} cannot be used by method '{owner}', which computes in "
                f"float32: give at most {LARGEST_NUMBER:.1e}"
            ) from None
        except (ValueError, TypeError):
            raise InputError(
                f"{name}={_shown(value)} cannot be used by method '{owner}': give {kind.accepts}"
            ) from None
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        if field.metadata["added"] and values[name] == default:
            del values[name]
    as_object(cls, values).validate()
    return values


def as_object(cls: type[Parameters], values: Mapping[str, Any]) -> Any:
    """The dataclass from resolved values; lists become tuples."""
    return cls(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
    )


def describe(cls: type[Parameters]) -> list[dict[str, Any]]:
    """Every parameter as plain values, in the order of declaration."""
    return [
        {
            "name": field.name,
            "kind": field.metadata["kind"].name,
            "default": list(field.default) if isinstance(field.default, tuple) else field.default,
            "accepts": field.metadata["kind"].accepts,
            "choices": list(field.metadata["kind"].choices),
            "help": field.metadata["help"],
            "source": field.metadata["source"],
        }
        for field in dataclasses.fields(cls)
    ]


def _shown(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
