"""The files that a vote passes, from its request to the next page."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from types import FrameType

import pytest

from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from tests.conftest import ROOT

WALK = {
    "common/rate_limit.py",
    "studies/views/participant.py",
    "studies/forms/participant.py",
    "studies/sessions/voting.py",
    "studies/sessions/next_trial.py",
    "studies/sessions/compiled_query.py",
    "studies/sessions/history.py",
    "studies/sessions/trial_content.py",
}
"""Eight files, as docs/architecture.md lists them."""
ROWS = ("studies/models/", "studies/rules/")
"""Tables and declarations: their properties are read on the way."""
MIDDLEWARE = (
    "config/",
    "transfer/views/upload_limit.py",
    "common/body_limit.py",
    "common/text_filter.py",
)
"""Runs before every view that receives a form."""


@pytest.mark.django_db
def test_a_vote_passes_eight_files(client, study):
    participant = enrol(study)
    trial = current_trial(participant)
    passed: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT) and ".venv" not in path.parts:
            passed.add(str(path.relative_to(ROOT)))

    for number in range(2):
        answer = {"trial": trial.public_id, "choice": "left", "client_uuid": uuid.uuid4()}
        before = sys.getprofile()
        sys.setprofile(note if number else before)  # the first vote compiles the queries
        try:
            page = client.post(
                f"{participant.take_url}vote/", answer, headers={"X-Requested-With": "fetch"}
            )
        finally:
            sys.setprofile(before)
        trial = page.context["trial"]
    ours = {name for name in passed if not name.startswith((*ROWS, *MIDDLEWARE, "tests/"))}
    assert ours == WALK
