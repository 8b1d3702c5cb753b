"""How often somebody may do something. Nobody's address on the internet is looked at or kept.

What is counted is the session or the study that is acted on, never where a request
comes from: fifty people behind one router are fifty sessions. Each process of the server counts for
itself, so the true limit is at most this one times their number.
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
    """At most so many times in so many seconds, for each key of its own."""

    name: str
    most: int
    seconds: int

    def allows(self, key: str) -> bool:
        """Count one more time, and say whether it still is within the limit."""
        place = f"limit:{self.name}:{hashlib.sha256(key.encode()).hexdigest()}"
        if cache.add(place, 1, self.seconds):
            return True
        try:
            return cache.incr(place) <= self.most
        except ValueError:  # it ran out between the two lines
            return True

    def on_posts(self, view: View) -> View:
        """Guard a view whose token says who acts. Too many answers 429, which browsers repeat."""

        @wraps(view)
        def guarded(request: HttpRequest, token: str) -> HttpResponse:
            if request.method == "POST" and not self.allows(token):
                answer = HttpResponse("Too many at once: please wait a moment.", status=429)
                answer["Retry-After"] = str(self.seconds)
                return answer
            return view(request, token)

        return guarded


SESSION = Limit("session", most=600, seconds=60)
"""Answers and other posts of one participant: far more than anybody's hands can do."""
ARRIVALS = Limit("arrivals", most=600, seconds=60)
"""Consents to one study: a whole lecture hall may begin within a minute."""
