"""Scripts that were written for the version before go on working."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studies.models.assignments import Assignment
from studies.models.plan import Slot


def test_scripts_open_a_study_and_count_assignments_as_before(
    draft: Callable[..., Any],
) -> None:
    study = draft()
    study.set_consent("You look at pictures.")
    study.open()
    assert study.state == study.State.OPEN
    assert study.consent.text == "You look at pictures."
    assert Slot is Assignment
    assert Slot.objects.filter(trial=None).exists()
