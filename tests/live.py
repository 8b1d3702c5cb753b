"""The site in processes of its own, and people who vote on it without a browser."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 90
"""Seconds to wait for something that should happen at once: machines of tests are busy."""


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens at a port of this machine."""
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is true. Fails after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


@contextmanager
def server(port: int, variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """gunicorn as `make run` starts it, with further environment variables."""
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket"]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT, env=os.environ | variables, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def field(name: str, text: str) -> str:
    """The value of a hidden field; empty where the page has none."""
    found = re.search(rf'name="{name}" value="([^"]+)"', text)
    return found[1] if found else ""


class Person:
    """A participant who insists, as static/studies/delivery.js does.

    Attributes:
        address: of the session.
        text: the page that is shown.
        acknowledged: the client ids of the answers that the server took.

    """

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        self.address = self.text = ""
        self.acknowledged: list[uuid.UUID] = []

    def get(self, path: str, **fields: object) -> tuple[str, str]:
        """Address and text of a page; with fields, of what a form leads to."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        with self.opener.open(f"{self.base}{path}", data, timeout=30) as response:
            return urllib.parse.urlsplit(response.url).path, response.read().decode()

    def insist(self, path: str, **fields: object) -> tuple[str, str]:
        """`get` again and again while the server is away, or answers that it cannot."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.get(path, **fields)
            except HTTPError as error:
                if error.code < 500 or time.monotonic() > end:
                    raise
            except (OSError, HTTPException):
                if time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def begin(self, entry: str) -> None:
        """Consent, and see the first trial."""
        _, text = self.insist(entry)
        token = field("csrfmiddlewaretoken", text)
        self.address, self.text = self.insist(entry, consent="yes", csrfmiddlewaretoken=token)

    def vote(self, choice: str = "left") -> bool:
        """Answer the trial that is shown. False where none is."""
        if not (trial := field("trial", self.text)):
            return False
        key = uuid.uuid4()
        _, self.text = self.insist(
            f"{self.address}vote/",
            trial=trial,
            choice=choice,
            client_uuid=key,
            response_ms=500,
            csrfmiddlewaretoken=field("csrfmiddlewaretoken", self.text),
        )
        self.acknowledged.append(key)
        return True
