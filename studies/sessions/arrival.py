"""Parse the URL parameters with which a recruitment service identifies a person."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple

PERSON = ("prolific_pid", "prolificid", "workerid", "participant_id", "participant", "pid")
STUDY = ("study_id", "hitid")
SESSION = ("session_id", "submission_id", "assignmentid")
SIGNATURE = ("signature", "sig", "hmac")
"""Names of parameters, in any case: Prolific's PROLIFIC_PID, STUDY_ID and SESSION_ID, Mechanical
Turk's workerId, hitId and assignmentId, and names that other services use."""
_LONGEST = {"person": 200, "study": 100, "session": 200, "signature": 64}
_UNFILLED = re.compile(
    r"[{}<>\[\]$%]"  # {{%PROLIFIC_PID%}}, ${workerId}, [ID], <id>, %SURVEY_CODE%
    r"|^[\W_].*[\W_]$"  # __ID__, *|ID|*, #ID#, (null)
    r"|^(assignment_id_not_available|undefined|null|nil|none|nan|n/a|na)$",
    re.IGNORECASE,
)
"""Values that identify nobody: placeholders that a service left unfilled, the value that Mechanical
Turk sends while a worker previews an assignment, and what scripts send for a missing value."""


class Arrival(NamedTuple):
    """The ids in an address; empty if a parameter is missing or not filled in."""

    person: str = ""
    """The person's id on the service."""
    study: str = ""
    """The id of the study on the service. It identifies no person."""
    session: str = ""
    """The person's submission or assignment. It identifies the person."""
    signature: str = ""
    """HMAC-SHA-256 of the person's id under a secret that the service shares with the study."""

    @classmethod
    def by(cls, query: Mapping[str, str]) -> Arrival:
        """Read the parameters of an address."""
        given = {name.lower(): _printable(str(value)) for name, value in query.items()}
        found = {
            kind: next((given[name] for name in names if _is_filled(given.get(name, ""))), "")
            for kind, names in (
                ("person", PERSON),
                ("study", STUDY),
                ("session", SESSION),
                ("signature", SIGNATURE),
            )
        }
        return cls(**{kind: value[: _LONGEST[kind]] for kind, value in found.items()})

    def is_signed(self, secret: str) -> bool:
        """Whether the service that knows the secret has signed this id."""
        right = hmac.new(secret.encode(), self.person.encode(), "sha256").hexdigest()
        return bool(self.person) and hmac.compare_digest(right, self.signature.lower())


def _is_filled(value: str) -> bool:
    # All who arrive with an unfilled placeholder would count as one person; likewise with the name
    # of the parameter in place of its value.
    is_name = value.lower() in (*PERSON, *STUDY, *SESSION)
    return bool(value) and not is_name and not _UNFILLED.search(value)


def _printable(text: str) -> str:
    """The text without control characters, which the database refuses."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
