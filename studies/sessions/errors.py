"""Why somebody cannot take part just now. Pages answer these politely."""

from __future__ import annotations


class NotAdmittedError(Exception):
    """Nobody can begin with this study at the moment."""

    ending = "not_open"


class NotOpenError(NotAdmittedError):
    """The study has not begun, is paused, or is over."""


class FullError(NotAdmittedError):
    """Every place is taken."""

    ending = "full"


class BegunError(NotAdmittedError):
    """The person began before, and the study lets nobody return."""

    ending = "begun"
