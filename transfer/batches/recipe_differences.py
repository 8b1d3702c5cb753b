"""Differences between two recipes, for messages."""

from __future__ import annotations

import json
from typing import Any

from transfer.batches.combinations import Recipe


def differences(old: Recipe, new: Recipe) -> list[str]:
    """The differences between two recipes, as short texts for a message."""
    found: list[str] = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name == "methods" and before and after:
            found.extend(_method_differences(before, after))
        elif isinstance(before, list) and isinstance(after, list):
            found.append(f"{name}: {len(before)} → {len(after)} of them, or others")
        else:
            found.append(f"{name}: {_brief(before)} → {_brief(after)}")
    return found


def _method_differences(before: list[Any], after: list[Any]) -> list[str]:
    if [entry["method"] for entry in before] != [entry["method"] for entry in after]:
        old, new = (", ".join(entry["method"] for entry in side) for side in (before, after))
        return [f"methods: {old} → {new}"]
    found: list[str] = []
    for old_entry, new_entry in zip(before, after, strict=True):
        networks = [
            {"decoders": entry["decoders"]} if "decoders" in entry else {}
            for entry in (old_entry, new_entry)
        ]
        changed = differences(
            old_entry["parameters"] | networks[0], new_entry["parameters"] | networks[1]
        )
        found.extend(f"{old_entry['method']} {change}" for change in changed)
    return found


def _brief(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
