"""Copies of studies: a new draft with the settings of another study."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from studies.models import Study
from studies.planning.opening import set_consent
from studies.rules.questions import LATEST

OWN = frozenset(
    {
        "id", "name", "kind", "question_version", "entry_token", "pilot_token", "pairs_wanted",
        "state", "paused_because", "opened_at", "closed_at", "created_by", "created_at",
        "rules_version", "codes", "archived_at",
    }
)  # fmt: skip
"""Fields that every study has for itself. Completion codes are never used twice."""
_LONGEST_NAME = 185  # characters; leaves room for a number in the 200 of the column


@transaction.atomic
def duplicate_study(study: Study, owner: Any, *, kind: str = "") -> Study:
    """Create a draft with the settings, batches and consent text of `study`.

    Args:
        study: in any state; it is not changed.
        owner: of the new study; None: every researcher sees it.
        kind: `E` or `C`; by default that of `study`.

    Returns:
        The draft, named after `study` with the first addition that its owner does not use.

    """
    copied = {
        field.attname: getattr(study, field.attname)
        for field in Study._meta.concrete_fields
        if field.name not in OWN
    }
    kind = kind or study.kind
    addition = "copy" if kind == study.kind else f"{kind}-test"
    draft = Study.objects.create(
        **copied,
        kind=kind,
        question_version=LATEST[kind],
        created_by=owner,
        name=_free_name(study.name, addition, owner),
    )
    draft.batches.set(study.batches.all())
    set_consent(draft, study.consent.text)
    return draft


def _free_name(name: str, addition: str, owner: Any) -> str:
    of_owner = Study.objects.filter(created_by=owner)
    label, number = f"{name[:_LONGEST_NAME]} ({addition})", 1
    while of_owner.filter(name=label).exists():
        number += 1
        label = f"{name[:_LONGEST_NAME]} ({addition} {number})"
    return label
