"""The rules that a study declares before its first participant: control trials, exclusions, breaks.

They are stored as JSON with the study and frozen when it opens. Every participant carries their
version: that of this module and that of the study's declaration, as in "1.3". Failing a control
trial excludes data; it never decides about payment, and no row is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from common.errors import InputError
from common.lookup import check_name

VERSION = 1
"""Of the meaning of the rules below: raise it whenever `exclusion` judges differently."""


@dataclass(frozen=True)
class Rules:
    """How a session is composed, and when its data do not count. 0 turns a rule off."""

    training: int = 0
    """Trials at the start that only make people familiar with the question."""
    gold: int = 0
    """Trials with an obvious answer: one picture belongs to another reference."""
    traps: int = 0
    """Trials that say which picture to choose."""
    repeats: int = 0
    """Real trials shown a second time, sides swapped, to measure agreement with oneself."""
    gold_misses: int = 0
    """Wrong answers to gold trials that are forgiven."""
    trap_misses: int = 0
    """Wrong answers to traps that are forgiven."""
    fastest_median_ms: int = 0
    """People whose median response time is shorter did not look."""
    break_every: int = 0
    """After so many answers a page offers a rest."""
    pause_not_loaded_percent: int = 0
    """The study pauses where more of the latest trials could not load their pictures."""
    pause_gold_missed_percent: int = 0
    """The study pauses where more of the latest gold trials were missed."""

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Rules:
        """The rules that JSON declares.

        Raises:
            InputError: a name is unknown, or a value is not a whole number of at least 0.

        """
        known = {field.name for field in fields(cls)}
        for name, value in declared.items():
            check_name("rule", name, sorted(known))
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise InputError(f"rule {name}={value!r}: use a whole number of at least 0")
        return cls(**declared)

    def declared(self) -> dict[str, int]:
        """The rules that are on, as JSON."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def controls(self) -> int:
        """Trials of a session that are not real ones."""
        return self.training + self.gold + self.traps + self.repeats


@dataclass(frozen=True)
class Record:
    """What exclusions look at in a session."""

    gold_wrong: int
    traps_wrong: int
    median_ms: float | None


def exclusion(rules: Rules, record: Record) -> str:
    """Why a session does not count, by the first rule that it fails; nothing where it counts."""
    if rules.traps and record.traps_wrong > rules.trap_misses:
        return "missed traps"
    if rules.gold and record.gold_wrong > rules.gold_misses:
        return "missed gold trials"
    if record.median_ms is not None and record.median_ms < rules.fastest_median_ms:
        return "answered too fast"
    return ""
