"""What pages say of instruments: words, and the hashes that they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.measurements.measuring import data_folder
from metrics.models import Calibration
from metrics.presentation.choosing import Choice
from metrics.presentation.scoring import stimuli_of
from metrics.statistics import STATISTICS, statistic
from transfer.models import Batch


@dataclass(frozen=True)
class InstrumentName:
    """An instrument in words, and its full name."""

    words: str
    name: str


@dataclass(frozen=True)
class Remedy:
    """A batch that can be measured with the instruments of a model; None: the default ones."""

    batch: Batch
    calibration: Calibration | None

    @property
    def label(self) -> str:
        """What a button says."""
        if self.calibration is None:
            return f"Measure {self.batch}"
        return f"Measure {self.batch} with the instruments of {self.calibration}"


def instrument_words(names: Mapping[str, Sequence[str]]) -> dict[str, list[InstrumentName]]:
    """Statistic → its instruments in words and by their names."""
    return {key: [in_words(key, name) for name in each] for key, each in names.items()}


def in_words(key: str, name: str) -> InstrumentName:
    """An instrument of a statistic in words and by its name."""
    known = key in STATISTICS
    return InstrumentName(statistic(key).words(name, data_folder()) if known else name, name)


def remedies(choice: Choice) -> list[Remedy]:
    """What can be measured so that the models of a choice score all stimuli of its batches."""
    fits = [choice.measured.fit(each) for each in choice.scorings.values()]
    found: list[Remedy] = []
    for batch in choice.batches:
        # Pictures made from styles alone have no C, so they cannot be shown anyway.
        made = stimuli_of([batch]).filter(content__isnull=False)
        done = set(made.values_list("pk", flat=True))
        for fit in fits:
            if done <= fit.stimuli:
                continue
            named = fit.scoring.calibration if fit.scoring.model.instruments else None
            if Remedy(batch, named) not in found:
                found.append(Remedy(batch, named))
    return found
