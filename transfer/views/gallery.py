"""The order and the pages of a gallery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import Max, Min

from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from transfer.models.stimuli import StimulusQuerySet

Scores = dict[str, dict[str, float]]
"""Public id in hex → E and C score, where known."""
ORDERS = {
    "-E": "E score, best first",
    "E": "E score, worst first",
    "-C": "C score, best first",
    "C": "C score, worst first",
}


def in_batch(batch: Batch) -> StimulusQuerySet:
    """The stimuli of a batch, also by the range of their primary keys.

    Without the range a database may read all stimuli of older batches before the first of a page.
    """
    ends = batch.stimuli.aggregate(Min("pk"), Max("pk"))
    keys = (ends["pk__min"], ends["pk__max"])
    return batch.stimuli.filter(pk__range=keys) if all(keys) else batch.stimuli.none()


def as_made(stimuli: StimulusQuerySet, number: int | None = None) -> Sequence[Stimulus]:
    """The stimuli in their order. Rows are read when sliced, and those before a page are not.

    Args:
        stimuli: of a gallery.
        number: of them, if it is known.

    """
    return _Made(stimuli, number)


def by_score(stimuli: StimulusQuerySet, scores: Scores, order: str) -> Sequence[Stimulus]:
    """The stimuli by one of ORDERS; those without a score come last. Rows are read when sliced."""
    target = order.lstrip("-")
    sign = -1 if order.startswith("-") else 1
    found = []
    for key, name in stimuli.values_list("pk", "public_id"):
        score = scores.get(name.hex, {}).get(target)
        found.append((score is None, sign * (score or 0.0), key))
    return _Rows(stimuli, [key for *_, key in sorted(found)])


class _Rows(Sequence[Stimulus]):
    """Rows in the order of their primary keys in a list."""

    def __init__(self, stimuli: StimulusQuerySet, keys: list[int]) -> None:
        self._stimuli, self._keys = stimuli, keys

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, part):  # type: ignore[no-untyped-def]  # of Sequence, in two signatures
        wanted = self._keys[part]
        if isinstance(wanted, int):
            return self._stimuli.get(pk=wanted)
        rows = self._stimuli.in_bulk(wanted)
        return [rows[key] for key in wanted]


class _Made(Sequence[Stimulus]):
    """Rows in their order. The keys of a page come from an index, so a late page is quick."""

    def __init__(self, stimuli: StimulusQuerySet, number: int | None) -> None:
        self._stimuli, self._number = stimuli, number

    def __len__(self) -> int:
        if self._number is None:
            self._number = self._stimuli.count()
        return self._number

    def __getitem__(self, part):  # type: ignore[no-untyped-def]  # of Sequence, in two signatures
        if isinstance(part, int):
            return self._stimuli[part]
        keys = list(self._stimuli.values_list("pk", flat=True)[part])
        rows = self._stimuli.in_bulk(keys)
        return [rows[key] for key in keys]
