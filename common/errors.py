"""Errors that the user can correct. A message is one line: what was wrong, what to do."""

from __future__ import annotations


class InputError(Exception):
    """Input that cannot be used: a file, a name, a value or missing weights.

    Commands print the message on standard error and end with exit code 2. Trying again without a
    change gives the same error, so a worker fails the job at once instead of repeating it.
    """


class PictureError(InputError):
    """A file that is not a usable picture."""


class WeightsError(InputError):
    """Weights that are missing, damaged, or not those of the encoder asked for."""


class MachineError(InputError):
    """Work that this machine cannot do and another may: other weights, too little memory."""


class StorageError(InputError):
    """A file that cannot be written: a full disk, a missing folder, no permission.

    The work whose result was to be written is not the cause.
    """
