"""Choose batches and models that fit together: models whose instruments measured the stimuli."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet

from common.errors import InputError
from metrics.calibration.presets import PRESETS, preset
from metrics.measurements.measuring import data_folder
from metrics.models import Calibration, Measurement
from metrics.presentation.kept import kept, measurements_key
from metrics.presentation.scoring import Scoring, scoring, stimuli_of
from metrics.statistics import STATISTICS, statistic
from metrics.statistics.base import shared_name
from transfer.models import Batch

TARGETS = ("E", "C")


@dataclass(frozen=True)
class Fit:
    """How a model fits stimuli.

    Attributes:
        scoring: the model.
        stimuli: primary keys of the stimuli that it can score.
        reason: why it can score none, in words; empty if it can score some.

    """

    scoring: Scoring
    stimuli: frozenset[int]
    reason: str = ""


@dataclass(frozen=True)
class Measured:
    """Which stimuli of batches are measured, and by which instruments."""

    batches: Sequence[Batch]

    @cached_property
    def by(self) -> dict[str, dict[str, set[int]]]:
        """Statistic → instrument, without annotations → primary keys of stimuli."""
        return kept(f"measured-{measurements_key(self.batches)}", self._by)

    def _by(self) -> dict[str, dict[str, set[int]]]:
        keys = {statistic(key).names[0]: key for key in STATISTICS}
        rows = Measurement.objects.filter(
            stimulus__in=stimuli_of(list(self.batches)).order_by(), statistic__in=keys
        ).current()
        found: dict[str, dict[str, set[int]]] = {}
        for stimulus, name, instrument in rows.order_by().values_list(
            "stimulus_id", "statistic", "instrument"
        ):
            by = found.setdefault(keys[name], {})
            by.setdefault(shared_name(instrument), set()).add(stimulus)
        return found

    def fit(self, chosen: Scoring) -> Fit:
        """The stimuli that a model can score."""
        stimuli: frozenset[int] | None = None
        for key in dict.fromkeys(_statistic_of(term) for term in chosen.model.terms):
            by = self.by.get(key, {})
            wanted = None if chosen.any_instrument else chosen.model.instruments.get(key)
            if wanted is None:
                measured = max(by.values(), key=len, default=set())
            else:
                measured = by.get(wanted, set())
            if not measured:
                return Fit(chosen, frozenset(), _reason(key, wanted, bool(by)))
            stimuli = frozenset(measured if stimuli is None else stimuli & measured)
        reason = "" if stimuli else "none of them has all the statistics that it needs"
        return Fit(chosen, stimuli or frozenset(), reason)


def _statistic_of(term: str) -> str:
    """The key of the statistic that measures a term."""
    return next((key for key in STATISTICS if term in statistic(key).names), term)


def _reason(key: str, instrument: str | None, measured_otherwise: bool) -> str:
    if not measured_otherwise:
        return f"{key} of these stimuli is not measured yet"
    words = statistic(key).words(instrument or "", data_folder())
    return f"it needs {key} measured by {words}, and these stimuli were measured otherwise"


@dataclass(frozen=True)
class Choice:
    """Batches with an E- and a C-model that score them.

    Attributes:
        batches: whose stimuli are shown.
        scorings: target (E, C) → model.
        measured: which stimuli of the batches are measured.

    """

    batches: list[Batch]
    scorings: dict[str, Scoring]
    measured: Measured

    @property
    def problem(self) -> str:
        """Why no stimulus has both scores, in words; empty if some have."""
        fits = {target: self.measured.fit(each) for target, each in self.scorings.items()}
        reasons = [
            f"the {target}-model '{fit.scoring.label}' cannot score them: {fit.reason}"
            for target, fit in fits.items()
            if fit.reason
        ]
        names = ", ".join(f"'{batch.name}'" for batch in self.batches)
        if reasons:
            return f"no stimulus of {names} can be shown: {'; '.join(reasons)}"
        if not frozenset.intersection(*(fit.stimuli for fit in fits.values())):
            return f"no stimulus of {names} has both scores: the models score different stimuli"
        return ""

    def check(self) -> None:
        """Raise InputError if no stimulus has both scores."""
        if self.problem:
            raise InputError(f"{self.problem}; {self._advice()}")

    def _advice(self) -> str:
        """The command that measures what is missing."""
        names = [batch.name for batch in self.batches]
        wanted = f"--batch {names[0]!r}"
        for each in self.scorings.values():
            if each.calibration and self.measured.fit(each).reason:
                return f"manage.py measure {wanted} --model {each.key} measures them for it"
        return f"manage.py measure {wanted} measures them"


def choose(
    keys: Mapping[str, str],
    batches: Sequence[Batch] = (),
    among: QuerySet[Calibration] | None = None,
) -> Choice:
    """Complete a choice: what is not named is the newest that fits the rest.

    Args:
        keys: target (E, C) → primary key or name of a model; empty or missing for the newest
            calibration that scores stimuli of the batches, or else the published model.
        batches: empty for those whose stimuli the votes of the models compare, or else the newest
            measured batch.
        among: the calibrations to choose from; all by default.

    Raises:
        InputError: no such model, or no batch is measured.

    """
    rows = Calibration.objects.all() if among is None else among
    named = {target: scoring(target, keys[target], rows) for target in TARGETS if keys.get(target)}
    if batches:
        return _with_models(list(batches), named, rows)
    choices = (_with_models(each, named, rows) for each in _candidates(named, rows))
    first: Choice | None = None
    for choice in choices:
        if not choice.problem:
            return choice
        first = first or choice
    if first is None:
        raise InputError("no stimulus is measured yet: launch a batch and measure it")
    return first


def fits(target: str, measured: Measured, among: QuerySet[Calibration] | None = None) -> list[Fit]:
    """How every model of a target fits: calibrations from the newest on, then published models."""
    rows = Calibration.objects.all() if among is None else among
    models = [Scoring(row.name, row.exported, row) for row in rows.filter(target=target)]
    models += [
        Scoring(name, preset(name), None) for name in PRESETS if PRESETS[name].target == target
    ]
    return [measured.fit(each) for each in models]


def _with_models(
    batches: list[Batch], named: Mapping[str, Scoring], among: QuerySet[Calibration]
) -> Choice:
    measured = Measured(batches)
    options = {
        target: [measured.fit(named[target])] if target in named else fits(target, measured, among)
        for target in TARGETS
    }
    for e in options["E"]:
        for c in options["C"]:
            if e.stimuli & c.stimuli:
                return Choice(batches, {"E": e.scoring, "C": c.scoring}, measured)
    # Nothing fits: the published models ask for least.
    return Choice(batches, {target: options[target][-1].scoring for target in TARGETS}, measured)


def _candidates(named: Mapping[str, Scoring], among: QuerySet[Calibration]) -> list[list[Batch]]:
    """Sets of batches that a page may show, the most likely first."""
    rows = [each.calibration for each in named.values() if each.calibration] or list(among[:1])
    compared = [
        list(Batch.objects.filter(studies__calibrations__in=wanted).distinct())
        for wanted in (rows, *([row] for row in rows))
    ]
    measured = Batch.objects.filter(
        pk__in=Measurement.objects.order_by().values("stimulus__batch").distinct()
    )
    return [each for each in compared if each] + [[batch] for batch in measured]
