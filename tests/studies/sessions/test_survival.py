"""Acknowledged votes are not lost when the server is killed."""

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
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from http.cookiejar import CookieJar

import pytest
from django.db import connection

from studies.models import Vote
from tests.conftest import DATA, ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A production server on the database file of the tests."""
    name = connection.settings_dict["NAME"]
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{name}", "ECSPACE_DATA": str(DATA)}
    arguments = ["-m", "gunicorn", "config.wsgi", "--no-control-socket"]
    arguments += ["--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Person:
    """A minimal browser."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def get(self, path: str, **fields: object) -> tuple[str, str]:
        """Address and text of a page; with fields, of the page after a form."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        with self.opener.open(f"{self.base}{path}", data, timeout=30) as response:
            return urllib.parse.urlsplit(response.url).path, response.read().decode()

    def wait(self, path: str) -> tuple[str, str]:
        """Get a page from a server that is just starting."""
        for _ in range(600):
            try:
                return self.get(path)
            except (OSError, HTTPException):
                time.sleep(0.1)
        raise TimeoutError(path)


def field(name: str, text: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', text)
    assert found
    return found[1]


def test_it_keeps_every_acknowledged_vote_when_the_server_is_killed(study):
    port = free_port()
    person = Person(port)
    address = ""
    for round_ in range(2):
        with server(port) as process:
            if round_ == 0:
                _, text = person.wait(study.entry_url)
                token = field("csrfmiddlewaretoken", text)
                address, text = person.get(
                    study.entry_url, consent="yes", csrfmiddlewaretoken=token
                )
            else:
                _, text = person.wait(address)
            for _ in range(2):
                _, text = person.get(
                    f"{address}vote/",
                    trial=field("trial", text),
                    choice="left",
                    client_uuid=uuid.uuid4(),
                    response_ms=500,
                    csrfmiddlewaretoken=field("csrfmiddlewaretoken", text),
                )
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert Vote.objects.count() == 2 * (round_ + 1)
    assert 'value="4"' in text
