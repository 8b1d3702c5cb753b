"""Cards of methods: what people wrote about them, what the registry knows, and what was measured.

`costs.json` is written by docs/method_examples.py, `reference_batch.json` by docs/ec_table.py. A
method that is in neither is shown as not measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from transfer.methods import METHODS, find_method, method_info
from transfer.methods.base import Method
from transfer.methods.near_duplicates import NEAR_DUPLICATES, NearDuplicate

FOLDER = Path(__file__).parent
STATIC = FOLDER.parents[1] / "static"
COSTS, REFERENCE_BATCH = "costs.json", "reference_batch.json"
YARDSTICK = "gatys"
"""The method whose cost is 1, and from whose scores differences are taken."""


@dataclass(frozen=True)
class Place:
    """Where the mean of a method lies in the EC space of the reference batch.

    Attributes:
        stimuli: how many stimuli the means are of.
        E, C: difference of the mean score from that of `gatys` in the same pairs, in log odds, and
            its 95 % interval: (difference, low, high); higher is better. None where a method has no
            such score.
        E_rank, C_rank: 1 is the highest mean.
        methods: how many methods are ranked.
        admissible: whether no other method has a mean at least as high in both and higher in one.
        reason: why a score is missing; empty where none is.

    """

    stimuli: int
    E: tuple[float, float, float] | None
    C: tuple[float, float, float] | None
    E_rank: int | None
    C_rank: int | None
    methods: int
    admissible: bool | None
    reason: str = ""


@dataclass(frozen=True)
class MethodCard:
    """All that a card shows.

    Attributes:
        method: the entry of the registry.
        info: its parameters and presets as plain values (`method_info`).
        cost: processor time of a picture ÷ that of `gatys`; None where it was not measured.
        place: in the EC space; None where it was not measured.
        duplicates: (the other method, the reason) where it is another method under a second name.

    """

    method: Method
    info: Mapping[str, Any]
    cost: float | None
    place: Place | None
    duplicates: list[tuple[str, str]]

    @property
    def example(self) -> str | None:
        """The static file that shows the method on three pairs of pictures, once it was drawn."""
        name = f"transfer/methods/{self.method.key}.jpg"
        return name if (STATIC / name).exists() else None


def method_card(key: str) -> MethodCard:
    """The card of a method; InputError names the known ones."""
    method = find_method(key)
    cost = measured_costs().get("methods", {}).get(key)
    return MethodCard(method, method_info(key), cost, _place(key), _duplicates(key))


def method_cards() -> list[MethodCard]:
    """The cards of all methods, in the order of the registry."""
    return [method_card(key) for key in METHODS]


@cache
def measured_costs() -> Mapping[str, Any]:
    """What was measured of the costs: how, and the relative cost of a picture by method."""
    return _stored(COSTS)


@cache
def reference_batch() -> Mapping[str, Any]:
    """What was measured of the reference batch: how, and the scores by method."""
    return _stored(REFERENCE_BATCH)


def _stored(name: str) -> Mapping[str, Any]:
    path = FOLDER / name
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _place(key: str) -> Place | None:
    rows = reference_batch().get("methods", {})
    if key not in rows:
        return None
    row = rows[key]
    return Place(
        stimuli=row["stimuli"],
        E=tuple(row["E"]) if row["E"] else None,
        C=tuple(row["C"]) if row["C"] else None,
        E_rank=row["E_rank"],
        C_rank=row["C_rank"],
        methods=sum(other["E_rank"] is not None for other in rows.values()),
        admissible=row["admissible"],
        reason=row["reason"],
    )


def _duplicates(key: str) -> list[tuple[str, str]]:
    """The near-duplicates of a method, those with another choice of its own parameters included."""
    found = []
    for pair in NEAR_DUPLICATES:
        for own, other in ((pair.one, pair.other), (pair.other, pair.one)):
            if own.method == key:
                found.append((_name(other.method, other.parameters), _where(pair, key)))
                break
    return found


def _where(pair: NearDuplicate, key: str) -> str:
    own = pair.one if pair.one.method == key else pair.other
    settings = _name("", own.parameters).strip()
    return f"{pair.reason}; with {settings}" if settings else pair.reason


def _name(method: str, parameters: Mapping[str, tuple[object, ...]]) -> str:
    settings = [
        f"{name}={' or '.join(map(str, values))}" for name, values in sorted(parameters.items())
    ]
    return " ".join([method, *settings])
