"""The site behind a web server with a configuration of docs/deploy, TLS included."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

from tests.live import PATIENCE, free_port, listens, until
from tests.project.commands import ROOT, manage, python

NAME = "study.example.org"
STUDY = """
import django; django.setup()
from studies.models import Study
print(Study.objects.create(name="s", kind="E", recruiter="prolific").entry_url)
"""


@dataclass
class Served:
    """A running web server with the site behind it.

    Attributes:
        plain, tls: its ports.
        entry: the address of a study.
        folder: of its files.
        trust: the certificate to trust; written by the time the server listens.

    """

    plain: int
    tls: int
    entry: str
    folder: Path
    trust: Path

    def connect(self) -> socket.socket:
        """A connection to the port of TLS that nothing was sent on."""
        return socket.create_connection(("127.0.0.1", self.tls), timeout=PATIENCE)

    def secured(self) -> ssl.SSLSocket:
        """A connection on which TLS is agreed on."""
        context = ssl.create_default_context(cafile=self.trust)
        return context.wrap_socket(self.connect(), server_hostname=NAME)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[HTTPResponse, bytes]:
        """The answer to a request, and its body. No port is named, as if it were that of HTTPS."""
        trust = ssl.create_default_context(cafile=self.trust)
        client = HTTPSConnection(NAME, self.tls, context=trust, timeout=PATIENCE)
        client._create_connection = lambda _, *rest: socket.create_connection(  # type: ignore
            ("127.0.0.1", self.tls), *rest
        )
        with closing(client):
            client.request(method, path, body, {"Host": NAME, **headers})
            answer = client.getresponse()
            return answer, answer.read()


def free_ports() -> dict[str, int]:
    """Ports of plain HTTP, of TLS, and of the site behind."""
    return {name: free_port() for name in ("plain", "tls", "site")}


def changed(text: str, changes: Sequence[tuple[str, str]]) -> str:
    """A configuration with the ports and folders of a test in place of its own."""
    for old, new in changes:
        text, number = re.subn(old, new, text, flags=re.MULTILINE)
        assert number, f"{old} is not in the configuration"
    return text


@contextmanager
def behind(
    command: Sequence[str], folder: Path, ports: dict[str, int], trust: Path
) -> Iterator[Served]:
    """Run the site, and the web server that `command` starts before it."""
    variables = {
        "ECSPACE_DATA": str(folder / "data"), "SECRET_KEY_FILE": str(folder / "key"),
        "PRODUCTION": "yes", "BEHIND_PROXY": "yes", "ALLOWED_HOSTS": NAME, "DATABASE_URL": "",
    }  # fmt: skip
    assert manage("migrate", "--verbosity", "0", **variables).returncode == 0
    entry = python("-c", STUDY, **variables)
    assert entry.returncode == 0, entry.stderr
    with ExitStack() as running:
        for words in (
            [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket", "--bind",
             f"127.0.0.1:{ports['site']}", "--access-logfile", str(folder / "gunicorn.log")],
            [*command],
        ):  # fmt: skip
            process = subprocess.Popen(
                words, cwd=ROOT, env=os.environ | variables | {"HOME": str(folder)}
            )
            running.callback(process.wait, PATIENCE)
            running.callback(process.terminate)
        until(lambda: listens(ports["site"]) and listens(ports["tls"]) and trust.exists())
        found = Served(ports["plain"], ports["tls"], entry.stdout.strip(), folder, trust)
        until(lambda: found.ask("GET", "/login/")[0].status == 200)  # its processes are at work
        yield found


def redirect(served: Served) -> str:
    """The answer to a plain request of the login page."""
    with closing(socket.create_connection(("127.0.0.1", served.plain))) as client:
        client.sendall(f"GET /login/?a=1 HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())
        return client.recv(4096).decode()


def log_in(served: Served) -> tuple[HTTPResponse, bytes]:
    """The answer to a wrong password."""
    page, text = served.ask("GET", "/login/")
    found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    assert found
    body = f"csrfmiddlewaretoken={found[1].decode()}&username=x&password=y".encode()
    headers = {
        "Cookie": page.headers["Set-Cookie"].split(";")[0],
        "Referer": f"https://{NAME}/login/",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return served.ask("POST", "/login/", body, **headers)
