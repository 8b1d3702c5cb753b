"""Near-duplicates among the stimuli of batches, reported where a study is designed."""

from __future__ import annotations

from collections.abc import Iterable

from transfer.methods.near_duplicates import among
from transfer.models import Batch


def near_duplicates(batches: Iterable[Batch]) -> list[str]:
    """A sentence for every pair of methods in the batches' recipes that are the same method."""
    entries = [entry for batch in batches for entry in batch.recipe.get("methods", [])]
    return among((entry["method"], entry["parameters"]) for entry in entries)
