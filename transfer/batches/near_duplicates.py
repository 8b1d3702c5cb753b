"""Near-duplicates among the stimuli of batches, for those who design studies with them."""

from __future__ import annotations

from collections.abc import Iterable

from transfer.methods.near_duplicates import among
from transfer.models import Batch


def near_duplicates(batches: Iterable[Batch]) -> list[str]:
    """One sentence for every two methods of the batches' recipes that are one method."""
    entries = [entry for batch in batches for entry in batch.recipe.get("methods", [])]
    return among((entry["method"], entry["parameters"]) for entry in entries)
