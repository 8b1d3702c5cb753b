"""How long the stimuli of a recipe will take, and in how much memory.

Time is taken from stimuli that were made here with the same encoder and precision: those of the
same method where there are any, else those of another one and the ratio of both costs (`costs.json`
of the method cards). It grows with the steps and with the area. Where nothing is known, no number
is given.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.progress import duration
from transfer import methods as registry
from transfer.batches.combinations import Recipe
from transfer.batches.recipes import StimulusRecipe
from transfer.encoders import loaded_encoder
from transfer.methods.cards import measured_costs
from transfer.methods.memory import HEADROOM, descent_bytes, kept_for_backward
from transfer.models import Batch, Stimulus, WorkerProcess
from transfer.models.ledger import LATEST

BATCHES = 20
"""Number of latest batches that times are taken from."""
PROGRAM = 800_000_000
"""Bytes of a process of `compact` on a CPU before its first picture: measured, 770 MB."""
_HISTORY = "history"  # the parameter of methods that descend with L-BFGS


@dataclass(frozen=True)
class Estimate:
    """What is known before a launch.

    Attributes:
        seconds: time of one process for all stimuli; None where nothing is known of a method.
        unknown: methods of which nothing is known.
        compared: methods whose time follows from that of another.
        processes: worker processes that are alive.
        before: stimuli of other batches that wait or are being made.
        bytes: of memory in each process, or of its GPU.

    """

    stimuli: int
    seconds: float | None
    unknown: tuple[str, ...]
    compared: tuple[str, ...]
    processes: int
    before: int
    bytes: int

    @property
    def time(self) -> str:
        """The time in words, for the present workers."""
        if self.seconds is None:
            return (
                f"time not known: nothing comparable to {_listed(self.unknown)} was made here with "
                "this encoder and precision"
            )
        if not self.processes:
            return f"about {duration(self.seconds)} of one process; no worker runs now"
        shown = duration(self.seconds / self.processes)
        workers = "the worker" if self.processes == 1 else f"the {self.processes} workers"
        pace = self.stimuli * self.processes * 3600 / self.seconds if self.seconds else 0
        rate = f" ({pace:,.0f} images/hour)" if pace else ""
        return f"about {shown} with {workers} that run{'s' * (self.processes == 1)} now{rate}"

    @property
    def memory(self) -> str:
        """The memory in words."""
        each = f"about {self.bytes / 1e9:.1f} GB of memory in each process"
        if self.processes < 2:
            return each
        return f"{each}, {self.processes * self.bytes / 1e9:.1f} GB in {self.processes}"

    @property
    def source(self) -> str:
        """Where the time comes from; empty if it is not known."""
        if self.seconds is None:
            return ""
        text = "The time is that of stimuli made here before, for their steps and their area"
        if self.compared:
            text += f"; that of {_listed(self.compared)} follows from the costs on the method cards"
        return f"{text}. Measuring is not counted."


def estimate(recipe: Recipe, stimuli: Sequence[StimulusRecipe]) -> Estimate:
    """Estimate the time and memory of the stimuli of a recipe."""
    workers = [one for one in WorkerProcess.objects.alive() if one.command != "generate"]
    known = _Known(recipe, {one.device for one in workers if one.device})
    seconds = 0.0
    found: dict[str, str] = {}
    for (method, steps), number in Counter(
        (s.method, _steps(s.parameters)) for s in stimuli
    ).items():
        each, found[method] = known.seconds(method, steps)
        seconds += number * each
    return Estimate(
        stimuli=len(stimuli),
        seconds=None if _UNKNOWN in found.values() else seconds,
        unknown=tuple(method for method, how in found.items() if how == _UNKNOWN),
        compared=tuple(method for method, how in found.items() if how == _COMPARED),
        processes=len(workers),
        before=Stimulus.objects.progress().open,
        bytes=_bytes(recipe, stimuli),
    )


_UNKNOWN, _COMPARED, _MEASURED = "unknown", "compared", "measured"


class _Known:
    """Times of earlier stimuli."""

    def __init__(self, recipe: Recipe, devices: set[str]) -> None:
        self.recipe, self.devices = recipe, devices
        alike = Batch.objects.filter(
            recipe__encoder_fingerprint=recipe["encoder_fingerprint"],
            recipe__precision=recipe["precision"],
        )
        self.batches = list(alike.order_by("-pk")[:BATCHES])
        self.costs: Mapping[str, float] = measured_costs().get("methods", {})

    def seconds(self, method: str, steps: float) -> tuple[float, str]:
        """Seconds of one stimulus of so many steps, and how they are known."""
        area = steps * self.recipe["size"] ** 2
        if (own := self._unit(method)) is not None:
            return area * own, _MEASURED
        for other in self._comparable(method):
            if (unit := self._unit(other)) is not None:
                # Costs are those of whole pictures with the steps that methods have by default.
                whole = unit * self._default(other) * self.costs[method] / self.costs[other]
                return whole * area / self._default(method), _COMPARED
        return 0.0, _UNKNOWN

    def _comparable(self, method: str) -> list[str]:
        """The other methods of the batches whose cost is known, the nearest in cost first."""
        if method not in self.costs:
            return []
        named = {entry["method"] for batch in self.batches for entry in batch.recipe["methods"]}
        cost = self.costs[method]
        known = sorted(named & {*self.costs} - {method})
        return sorted(known, key=lambda other: abs(math.log(self.costs[other] / cost)))

    def _unit(self, method: str) -> float | None:
        """Mean seconds for a step and a pixel of the width squared, of the latest batch.

        A batch of the same width is preferred.
        """
        size = self.recipe["size"]
        for batch in sorted(self.batches, key=lambda one: one.recipe["size"] != size):
            if all(entry["method"] != method for entry in batch.recipe["methods"]):
                continue
            made = batch.stimuli.filter(method=method, state=Stimulus.State.DONE, seconds__gt=0)
            if self.devices:
                made = made.filter(device__in=self.devices)
            rows = made.order_by("-pk").values_list("parameters", "seconds")[:LATEST]
            units = [seconds / _steps(parameters) for parameters, seconds in rows if seconds]
            if units:
                return sum(units) / len(units) / float(batch.recipe["size"]) ** 2
        return None

    def _default(self, method: str) -> float:
        return _steps(registry.resolve_parameters(method, {}, encoder=self.recipe["encoder"]))


def _steps(parameters: Mapping[str, Any]) -> float:
    return float(parameters.get("iterations") or 1)


def _bytes(recipe: Recipe, stimuli: Sequence[StimulusRecipe]) -> int:
    """Memory of a process: the program, and the largest chunk that it makes."""
    encoder = loaded_encoder(recipe["encoder"])
    most = 0
    chunks = Counter(one.chunk for one in stimuli)
    seen = set()
    for one in stimuli:
        if one.chunk in seen:
            continue
        seen.add(one.chunk)
        shown = one.content or one.styles[0]
        size = round(recipe["size"] * shown.height / shown.width), recipe["size"]
        history = one.parameters.get(_HISTORY)
        if history is not None:
            each = descent_bytes(
                encoder.widths, size, padding=encoder.padding, history=int(history)
            )
        else:
            each = int(HEADROOM * kept_for_backward(encoder.widths, size, padding=encoder.padding))
        most = max(most, chunks[one.chunk] * each)
    return PROGRAM + most


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
