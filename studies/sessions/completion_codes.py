"""Codes that tell a recruitment service how somebody's session ended."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from studies.models import Participant, Study

ENDINGS = ("completed", "attention", "screened_out", "no_consent", "full", "not_loaded")
"""Endings for which a study may declare a code of its own."""
_PROLIFIC = "https://app.prolific.com/submissions/complete"


def ending_of(participant: Participant) -> str:
    """How a finished session is reported.

    Missed gold trials exclude data, never payment: to the service the session is complete. Missed
    traps have a code of their own where the study declares one, because services allow it.
    """
    missed = participant.excluded == "missed traps" and "attention" in participant.study.codes
    return "attention" if missed else "completed"


def code_for(study: Study, ending: str) -> str:
    """The code that the study declared for an ending, or nothing."""
    return study.codes.get(ending, "")


def return_url(study: Study, ending: str) -> str:
    """Where a participant goes from the last page; nothing where nobody waits for them."""
    code = code_for(study, ending)
    if study.recruiter != study.Recruiter.PROLIFIC or not (code or ending == "completed"):
        return ""
    return f"{_PROLIFIC}?{urlencode({'cc': code or 'NOCODE'})}"
