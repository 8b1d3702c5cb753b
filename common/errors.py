"""Errors that a person can mend. Every message says what was wrong and what to do, in one line."""

from __future__ import annotations


class InputError(Exception):
    """Input that cannot be used: a file, a name, a value or a missing weight.

    Commands print the message on standard error and end with exit code 2. Trying again without a
    change gives the same error, so a worker fails the job at once instead of repeating it.
    """


class PictureError(InputError):
    """A file that is not a usable picture."""


class WeightsError(InputError):
    """Weights that are missing, damaged, or not those of the encoder asked for."""
