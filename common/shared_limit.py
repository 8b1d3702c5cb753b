"""Limits that all processes of an installation share, kept in the database.

Unlike those of `common.rate_limit`, a count is exact and is never dropped early. Rows are removed
when their period ends, so the limits themselves bound their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from common.models import Use


@dataclass(frozen=True)
class SharedLimit:
    """At most `most` uses in `seconds` seconds for each key."""

    name: str
    most: int
    seconds: int

    def has_room(self, key: str) -> bool:
        """Whether one more use is within the limit; it is not counted."""
        full = Use.objects.filter(key=self._row(key), number__gte=self.most)
        return not full.filter(ends__gt=timezone.now()).exists()

    def allows(self, key: str) -> bool:
        """Count one more use if it is within the limit; return whether it is."""
        if not self.has_room(key):
            return False
        Use.objects.filter(ends__lte=timezone.now()).delete()
        return self._count(key) or self._begin(key) or self._count(key)

    def _count(self, key: str) -> bool:
        row = Use.objects.filter(key=self._row(key), number__lt=self.most)
        return row.update(number=F("number") + 1) > 0

    def _begin(self, key: str) -> bool:
        ends = timezone.now() + timedelta(seconds=self.seconds)
        try:
            with transaction.atomic():
                Use.objects.create(key=self._row(key), number=1, ends=ends)
        except IntegrityError:  # another process was faster
            return False
        return True

    def _row(self, key: str) -> str:
        value = f"{self.name}:{key}"
        return salted_hmac("common.shared_limit", value, algorithm="sha256").hexdigest()
