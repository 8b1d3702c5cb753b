"""Reasons why a request of a participant is refused."""

from __future__ import annotations


class NotAdmittedError(Exception):
    """A person cannot begin at the moment. `ending` selects the exit page."""

    ending = "not_open"


class NotOpenError(NotAdmittedError):
    """The study has not begun, is paused, or is over."""


class FullError(NotAdmittedError):
    """Every place is taken."""

    ending = "full"


class BegunError(NotAdmittedError):
    """The person began before, and the study refuses returning participants."""

    ending = "begun"


class UnprovenError(NotAdmittedError):
    """A session has begun with the person's id, and nothing shows that it is theirs."""

    ending = "elsewhere"


class NotFoundError(Exception):
    """The session, or its trial, does not exist."""


class TieNotOfferedError(Exception):
    """The answer is a tie, and the study offers none."""
