"""Tables that every app may use."""

from __future__ import annotations

from django.db import models


class Use(models.Model):
    """The number of uses of a limit in the current period; see `common.shared_limit`."""

    key = models.CharField(max_length=64, primary_key=True)
    """Keyed hash of the limit's name and of what is limited, which hides both."""
    number = models.PositiveIntegerField()
    ends = models.DateTimeField(db_index=True)
    """The end of the period, after which the row may be removed."""

    def __str__(self) -> str:
        return f"{self.number} until {self.ends}"
