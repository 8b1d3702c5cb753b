"""Scripts that were written for an earlier version still work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studies.models.assignments import Assignment
from studies.models.plan import Slot
from tests.studies.world import png
from transfer.models import Picture


def test_former_names_open_a_study_and_count_assignments(
    draft: Callable[..., Any],
) -> None:
    study = draft()
    study.set_consent("You look at pictures.")
    study.open()
    assert study.state == study.State.OPEN
    assert study.consent.text == "You look at pictures."
    assert Slot is Assignment
    assert Slot.objects.filter(trial=None).exists()


def test_former_names_store_a_picture(db: None, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(png(1))
    picture = Picture.from_file(file, "content")
    assert (picture.role, picture.width, picture.height) == ("content", 96, 64)
    assert Picture.from_file(file, "content").pk == picture.pk
