"""Studies over a small batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.studies.session import PHONE, WIDE

# Records are imported inside fixtures: this file is read before Django starts.
if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from pytest_django.fixtures import SettingsWrapper
    from pytest_django.live_server_helper import LiveServer

    from studies.models import Study
    from transfer.models import Batch


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: SettingsWrapper) -> None:
    """Every test has its own files."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def batch(db: None) -> Batch:
    from tests.studies.world import batch_of

    return batch_of()


@pytest.fixture
def draft(batch: Batch) -> Callable[..., Study]:
    """Make a study in draft over the batch; fields may be given."""

    from studies.models import Study
    from studies.planning.opening import set_consent

    def make(**fields: object) -> Study:
        name = f"study {Study.objects.count() + 1}"
        values = {"name": name, "kind": "E", "trials_per_participant": 6, "participant_target": 4}
        study = Study.objects.create(**{**values, **fields})
        study.batches.add(batch)
        set_consent(study, "You look at pictures. You may stop at any time.")
        return study

    return make


@pytest.fixture
def study(draft: Callable[..., Study]) -> Study:
    """An open E-test: 12 stimuli in 4 groups of 3, so 12 pairs."""
    from studies.planning.opening import open_study

    study = draft()
    open_study(study)
    return study


@pytest.fixture
def long_study(live_server: LiveServer, draft: Callable[..., Study]) -> Study:
    """An open study of ten trials a person."""
    from studies.planning.opening import open_study

    study = draft(trials_per_participant=10, votes_per_pair=1)
    open_study(study)
    return study


@pytest.fixture
def short_study(live_server: LiveServer, draft: Callable[..., Study]) -> Study:
    """An open study of four trials a person, for tests that need no more."""
    from studies.planning.opening import open_study

    study = draft(trials_per_participant=4)
    open_study(study)
    return study


@pytest.fixture(params=[WIDE, PHONE], ids=["desktop", "phone"])
def window(request: pytest.FixtureRequest, page: Page) -> Page:
    """A window as wide as a desktop's, and one as narrow as a phone's."""
    width, height = request.param
    page.set_viewport_size({"width": width, "height": height})
    return page
