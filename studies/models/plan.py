"""The former name of assignments, for scripts that were written for the version before."""

from studies.models.assignments import Assignment as Slot

__all__ = ["Slot"]
