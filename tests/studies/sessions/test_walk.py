"""The files that a vote runs through: docs/architecture.md lists them."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from tests.project.source import ROOT

if TYPE_CHECKING:
    from django.test import Client

    from studies.models import Study

APPS = {"common", "studies", "transfer", "metrics"}


def files_run(action: Any) -> list[str]:
    """The files of ours whose functions run, in the order of their first call."""
    found: dict[str, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name not in {"<module>", "<lambda>"}:
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in APPS:
                found[str(path.relative_to(ROOT))] = None

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return list(found)


MOST = 8
"""Files from the request to the next page, without tables and the checks of every request."""


def test_it_passes_few_files_from_a_vote_to_the_next_trial(study: Study, client: Client) -> None:
    participant = enrol(study)
    for _ in range(2):  # the first compiles the queries of this connection
        trial = current_trial(participant)
        assert trial is not None
        answer = {
            "trial": trial.public_id,
            "choice": "left",
            "client_uuid": uuid.uuid4(),
            "response_ms": 900,
        }
        address = reverse("studies:vote", args=[participant.token])
        found = files_run(
            lambda address=address, answer=answer: client.post(
                address, answer, headers={"X-Requested-With": "fetch"}
            )
        )
    passed = [name for name in found if not name.startswith(("common/", "studies/models/"))]
    assert passed[0] == "studies/views/participant.py"
    assert len(passed) <= MOST, passed
    listed = (ROOT / "docs" / "architecture.md").read_text()
    assert not [name for name in passed if f"`{name}`" not in listed]
