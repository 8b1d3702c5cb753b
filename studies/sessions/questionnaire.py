"""The questions after the last trial: which there are, and the answers of a participant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_noop

from studies.models import Participant

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
"""Raised whenever a question or an answer changes its meaning."""
LONGEST_COMMENT = 1000
"""Characters."""
AGES = {
    "18-29": gettext_noop("18 to 29"),
    "30-44": gettext_noop("30 to 44"),
    "45-59": gettext_noop("45 to 59"),
    "60-": gettext_noop("60 or older"),
}
VISION = {
    "normal": gettext_noop("Normal, or corrected by glasses or lenses"),
    "colour": gettext_noop("I see some colours less well than others do"),
    "other": gettext_noop("I see less well in another way"),
}
SILENT = gettext_noop("I prefer not to say")
"""The answer that stores nothing."""
QUESTIONS = {
    "age": gettext_noop("How old are you?"),
    "vision": gettext_noop("How is your eyesight?"),
    "comment": gettext_noop("Do you have a comment?"),
}
"""Name of the answer → question."""


def is_due(participant: Participant) -> bool:
    """Whether the questions come next: the session is finished, and they were not shown before."""
    finished = participant.state == Participant.State.FINISHED
    asked = participant.study.session_rules.questionnaire
    return finished and bool(asked) and not participant.questionnaire


@transaction.atomic
def record(participant: Participant, answers: Mapping[str, str]) -> None:
    """Store the answers of a participant. The first ones that arrive are kept.

    Args:
        participant: whose session is finished.
        answers: by name of the question; empty ones are not stored.

    """
    locked = Participant.objects.select_for_update().get(pk=participant.pk)
    locked.study = participant.study
    if is_due(locked):
        given = {name: text for name, text in answers.items() if text}
        locked.questionnaire = {"version": VERSION, **given}
        locked.save(update_fields=["questionnaire"])
