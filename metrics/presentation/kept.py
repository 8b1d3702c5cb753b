"""Results kept in memory for the next request, under a key of the data that they come from.

Measurements are never overwritten, so their number and the highest primary key tell whether any was
added or deleted. What else a result depends on is part of its key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from django.core.cache import caches
from django.db.models import Count, Max

from metrics.models import Measurement
from metrics.statistics import every_statistic
from studies.models import Study, Vote
from transfer.models import Batch, Picture, Stimulus

if TYPE_CHECKING:
    from metrics.presentation.scoring import Scoring

Value = TypeVar("Value")
CACHE = "figures"


def kept(key: str, make: Callable[[], Value]) -> Value:
    """What `make` returned when it was last called for this key; it is called if that is not kept.

    Values must not be changed by the caller, and None is not kept.
    """
    cache = caches[CACHE]
    found: Value | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found)
    return found


def measurements_key(batches: Sequence[Batch]) -> str:
    """A key of the finished stimuli of batches, their measurements, and all pictures."""
    numbers = sorted(batch.pk for batch in batches)
    measured = Measurement.objects.filter(stimulus__batch__in=numbers).order_by()
    made = Stimulus.objects.filter(batch__in=numbers, state=Stimulus.State.DONE).order_by()
    # Annotations of pictures decide which measurements are current; names are shown.
    pictures = Picture.objects.order_by("pk").values_list("pk", "name", "annotations")
    return _digest(
        numbers,
        measured.aggregate(Count("pk"), Max("pk")),
        made.aggregate(Count("pk"), Max("finished_at")),
        list(pictures),
    )


def space_key(
    batches: Sequence[Batch], scorings: Mapping[str, Scoring], bins: str, set_level: object
) -> str:
    """A key of everything that an EC space is computed from."""
    models = [
        (target, each.label, each.key, each.any_instrument, each.model)
        for target, each in sorted(scorings.items())
    ]
    return _digest(measurements_key(batches), models, bins, set_level)


def judgement_key(study: Study) -> str:
    """A key of the votes of a study, and of the measurements of its stimuli.

    Votes are read: their number tells neither of a changed answer nor of an excluded participant.
    What a trial showed never changes.
    """
    votes = Vote.objects.filter(trial__participant__study=study).order_by("pk")
    fields = ("pk", "choice", "excluded", "trial__participant__excluded", "trial__kind")
    stimuli = Stimulus.objects.filter(studies=study).order_by()
    measured = Measurement.objects.filter(stimulus__in=stimuli).order_by()
    pictures = Picture.objects.order_by("pk").values_list("pk", "name", "annotations")
    return _digest(
        study.pk,
        study.kind,
        list(votes.values_list(*fields)),
        stimuli.aggregate(Count("pk"), Max("pk"), Max("finished_at")),
        measured.aggregate(Count("pk"), Max("pk")),
        list(pictures),
        sorted(every_statistic()),
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
