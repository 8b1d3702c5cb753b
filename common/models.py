"""Tables that every app may use."""

from __future__ import annotations

from django.db import models


class Use(models.Model):
    """How often something was done within a span of time, see `common.shared_limit`."""

    key = models.CharField(max_length=64, primary_key=True)
    """Keyed hash of the limit's name and of what is limited: neither can be read from it."""
    number = models.PositiveIntegerField()
    ends = models.DateTimeField(db_index=True)
    """When the span is over and the row may be removed."""

    def __str__(self) -> str:
        return f"{self.number} until {self.ends}"
