"""The locust users of `benchmarks/load.py`: they get a trial, answer, and get the next."""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_pacing, events, task

ENTRY = os.environ["LOAD_ENTRY"]
PACE = float(os.environ["LOAD_PACE"])
_FIELD = r'name="{}" value="([^"]+)"'
SCRIPT = {"X-Requested-With": "fetch"}
PICTURE = re.compile(r'src="(/studies/picture/[^"]+)"')

acknowledged: list[str] = []
"""The client's ids of the acknowledged votes."""
sent: list[str] = []
times_ms: list[tuple[float, float]] = []
"""The time of each acknowledgement, and the duration of the vote."""
errors: list[str] = []


class Person(FastHttpUser):
    """A participant with a browser."""

    wait_time = constant_pacing(PACE)
    page = ""
    address = ""

    def begin(self) -> None:
        self.client.client.cookiejar.clear()
        text = self._expect(self.client.get(ENTRY, name="consent"), 200)
        form = {"consent": "yes", "csrfmiddlewaretoken": field("csrfmiddlewaretoken", text)}
        answer = self.client.post(ENTRY, data=form, name="begin", allow_redirects=False)
        self._expect(answer, 303)
        self.address = answer.headers["Location"]
        self.page = self._expect(self.client.get(self.address, name="trial"), 200)
        for picture in PICTURE.findall(self.page):
            self._expect(self.client.get(picture, name="picture"), 200)

    @task
    def vote(self) -> None:
        if 'name="trial"' not in self.page:
            self.begin()
        client_uuid = str(uuid.uuid4())
        form = {
            "trial": field("trial", self.page),
            "choice": "left",
            "client_uuid": client_uuid,
            "response_ms": 800,
            "csrfmiddlewaretoken": field("csrfmiddlewaretoken", self.page),
        }
        sent.append(client_uuid)
        start = time.perf_counter()
        # As in static/studies/trial.js: the response to a vote is the next page.
        answer = self.client.post(f"{self.address}vote/", data=form, headers=SCRIPT, name="vote")
        self.page = self._expect(answer, 200)
        acknowledged.append(client_uuid)
        times_ms.append((time.time(), 1000 * (time.perf_counter() - start)))

    def _expect(self, answer: Any, status: int) -> str:
        if answer.status_code != status:
            errors.append(f"{answer.request and answer.request.url}: {answer.status_code}")
        return str(answer.text or "")


def field(name: str, text: str) -> str:
    found = re.search(_FIELD.format(name), text)
    assert found, f"no {name} on the page"
    return found[1]


@events.quitting.add_listener
def tell(**_: object) -> None:
    said = {
        "acknowledged": acknowledged,
        "sent": sent,
        "times_ms": times_ms,
        "errors": errors,
    }
    Path(os.environ["LOAD_OUT"]).write_text(json.dumps(said))
