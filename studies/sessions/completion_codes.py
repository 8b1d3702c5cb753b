"""Completion codes: how the end of a session is reported to the recruitment service."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from studies.rules.session_rules import MISSED_ATTENTION_CHECKS

if TYPE_CHECKING:
    from studies.models import Participant, Study

ENDINGS = ("completed", "attention", "screened_out", "no_consent", "full", "not_loaded")
"""Endings for which a study may declare a code."""
_PROLIFIC = "https://app.prolific.com/submissions/complete"


def ending_of(participant: Participant) -> str:
    """The ending of a finished session: completed, or attention.

    Missed gold trials exclude data, never payment: the session is reported as complete. Missed
    attention checks have a code of their own where the study declares one, because services permit
    that.
    """
    missed = participant.excluded == MISSED_ATTENTION_CHECKS
    return "attention" if missed and "attention" in participant.study.codes else "completed"


def code_for(study: Study, ending: str) -> str:
    """The code that the study declares for an ending; empty if there is none."""
    return study.codes.get(ending, "")


def return_url(study: Study, ending: str) -> str:
    """The address at the recruitment service for the last page's button; empty without one."""
    code = code_for(study, ending)
    if study.recruiter != study.Recruiter.PROLIFIC or not (code or ending == "completed"):
        return ""
    return f"{_PROLIFIC}?{urlencode({'cc': code or 'NOCODE'})}"
