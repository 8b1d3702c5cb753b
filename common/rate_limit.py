"""Rate limits. IP addresses are neither read nor stored.

Requests are counted by the session or the study that they concern, never by their origin: fifty
people behind one router are fifty sessions. Each process of the server counts for itself, so the
true limit is at most this one times the number of processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

View = Callable[[HttpRequest, str], HttpResponse]


@dataclass(frozen=True)
class Limit:
    """At most `most` requests in `seconds` seconds for each key."""

    name: str
    most: int
    seconds: int

    def allows(self, key: str) -> bool:
        """Count one more request; whether it is within the limit."""
        place = f"limit:{self.name}:{hashlib.sha256(key.encode()).hexdigest()}"
        if cache.add(place, 1, self.seconds):
            return True
        try:
            return cache.incr(place) <= self.most
        except ValueError:  # it expired between the two calls
            return True

    def on_posts(self, view: View) -> View:
        """Wrap a view that gets a token: POST requests beyond the limit are answered with 429."""

        @wraps(view)
        def guarded(request: HttpRequest, token: str) -> HttpResponse:
            if request.method == "POST" and not self.allows(token):
                answer = HttpResponse("Too many at once: please wait a moment.", status=429)
                answer["Retry-After"] = str(self.seconds)
                return answer
            return view(request, token)

        return guarded


SESSION = Limit("session", most=600, seconds=60)
"""POST requests of one participant: above human speed."""
ARRIVALS = Limit("arrivals", most=600, seconds=60)
"""Consents to one study: all students of a lecture may begin within a minute."""
