"""How a recruitment service says who comes: by parameters in the address of the study's link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

PERSON = ("prolific_pid", "prolificid", "workerid", "participant_id", "participant", "pid")
STUDY = ("study_id", "hitid")
SESSION = ("session_id", "submission_id", "assignmentid")
"""Names of parameters, in whatever case: Prolific's PROLIFIC_PID, STUDY_ID and SESSION_ID,
Mechanical Turk's workerId, hitId and assignmentId, and what other services call them."""
_LONGEST = {"person": 200, "study": 100, "session": 200}
_PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
"""Stands in place of an assignment where a worker only looks at what Mechanical Turk offers."""


class Arrival(NamedTuple):
    """What the address told; nothing where it did not."""

    person: str = ""
    """An id that names the person on the service."""
    study: str = ""
    """The service's name of the offer that was taken up. It names nobody."""
    session: str = ""
    """The person's submission or assignment: it leads to the person."""

    @classmethod
    def by(cls, query: Mapping[str, str]) -> Arrival:
        """Read the parameters of an address."""
        given = {name.lower(): _printable(str(value)) for name, value in query.items()}
        found = {
            kind: next((given[name] for name in names if _is_filled(given.get(name, ""))), "")
            for kind, names in (("person", PERSON), ("study", STUDY), ("session", SESSION))
        }
        return cls(**{kind: value[: _LONGEST[kind]] for kind, value in found.items()})


def _is_filled(value: str) -> bool:
    # A placeholder that the service did not fill would make one person of all who come.
    return bool(value) and "{%" not in value and value != _PREVIEW


def _printable(text: str) -> str:
    """The text without control characters, which no service sends and no database wants."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
