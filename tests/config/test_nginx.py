"""The site behind nginx with the configuration of docs/deploy, TLS included."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest

from tests.project.commands import ROOT, manage, python

pytestmark = pytest.mark.nginx
NAME = "study.example.org"
PATIENCE = 90
STUDY = """
import django; django.setup()
from studies.models import Study
print(Study.objects.create(name="s", kind="E", recruiter="prolific").entry_url)
"""


@dataclass
class Served:
    """Ports and files of a running nginx with the site behind it."""

    plain: int
    tls: int
    entry: str
    folder: Path

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[HTTPResponse, bytes]:
        trust = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        client = HTTPSConnection(NAME, self.tls, context=trust, timeout=PATIENCE)
        client._create_connection = lambda _, *rest: socket.create_connection(  # type: ignore
            ("127.0.0.1", self.tls), *rest
        )
        with closing(client):
            client.request(method, path, body, headers)
            answer = client.getresponse()
            return answer, answer.read()


def free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def listens(port: int) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def configuration(folder: Path, ports: dict[str, int]) -> Path:
    """The configuration of docs/deploy with the ports and folders of this test."""
    text = (ROOT / "docs/deploy/nginx.conf").read_text()
    changes = [
        (r"listen \[::\].*", ""),
        (r"listen 80;", f"listen 127.0.0.1:{ports['plain']};"),
        (r"listen 443 ", f"listen 127.0.0.1:{ports['tls']} "),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{ports['site']}"),
        (r"/etc/letsencrypt/live/study\.example\.org", str(folder)),
        (r"/var/log/nginx", str(folder)),
    ]
    for old, new in changes:
        text, number = re.subn(old, new, text)
        assert number, f"{old} is not in the configuration"
    (folder / "ecspace.conf").write_text(text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;"
        f"user {'root' if os.geteuid() == 0 else 'nobody'}; events {{ worker_connections 1024; }}"
        f"http {{ {places} include {folder}/ecspace.conf; }}"
    )
    return main


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("nginx")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
        + ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    variables = {
        "ECSPACE_DATA": str(folder / "data"), "SECRET_KEY_FILE": str(folder / "key"),
        "PRODUCTION": "yes", "BEHIND_PROXY": "yes", "ALLOWED_HOSTS": NAME, "DATABASE_URL": "",
    }  # fmt: skip
    assert manage("migrate", "--verbosity", "0", **variables).returncode == 0
    entry = python("-c", STUDY, **variables)
    assert entry.returncode == 0, entry.stderr
    ports = {name: free_port() for name in ("plain", "tls", "site")}
    main = configuration(folder, ports)
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    with ExitStack() as running:
        for command in (
            [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket", "--bind",
             f"127.0.0.1:{ports['site']}", "--access-logfile", str(folder / "gunicorn.log")],
            [nginx, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(main)],
        ):  # fmt: skip
            process = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables)
            running.callback(process.wait, PATIENCE)
            running.callback(process.terminate)
        until(lambda: listens(ports["site"]) and listens(ports["tls"]))
        found = Served(ports["plain"], ports["tls"], entry.stdout.strip(), folder)
        until(lambda: found.ask("GET", "/login/")[0].status == 200)  # its processes are at work
        yield found


def test_it_serves_over_tls_and_redirects_to_it(served):
    with closing(socket.create_connection(("127.0.0.1", served.plain))) as client:
        client.sendall(f"GET /login/?a=1 HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())
        answer = client.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 301") and f"Location: https://{NAME}/login/?a=1" in answer
    page, text = served.ask("GET", "/login/")
    assert page.status == 200 and b"password" in text
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "nginx/" not in page.headers["Server"]
    assert "Secure" in page.headers["Set-Cookie"]
    style, _ = served.ask("GET", "/static/site.css", **{"Accept-Encoding": "gzip"})
    assert style.headers["Content-Encoding"] == "gzip"


def test_a_researcher_logs_in_through_nginx(served):
    page, text = served.ask("GET", "/login/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', text)[1].decode()
    body = f"csrfmiddlewaretoken={token}&username=x&password=y".encode()
    headers = {
        "Cookie": page.headers["Set-Cookie"].split(";")[0],
        "Referer": f"https://{NAME}/login/",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer, text = served.ask("POST", "/login/", body, **headers)
    assert answer.status == 200 and b"errorlist" in text


def test_refused_uploads_are_not_stored(served):
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer, _ = served.ask("POST", "/transfer/pictures/", bytes(30_000_000), **kind)
    assert answer.status == 302 and answer.headers["Location"].startswith("/login/")
    assert served.ask("POST", "/login/", bytes(3_000_000), **kind)[0].status == 413
    assert not [path for path in (served.folder / "client_body").rglob("*") if path.is_file()]


def test_slow_clients_do_not_block_others(served):
    begun = time.monotonic()
    served.ask("GET", "/login/")
    calm = time.monotonic() - begun
    with ExitStack() as held:
        for number in range(100):
            client = held.enter_context(socket.create_connection(("127.0.0.1", served.tls)))
            if number % 2:  # half a TLS handshake
                client.sendall(b"\x16\x03\x01")
        begun = time.monotonic()
        assert served.ask("GET", "/login/")[0].status == 200
        assert time.monotonic() - begun < 5 + 5 * calm


def test_logs_hold_no_ids_keys_or_addresses(served):
    served.ask("GET", f"{served.entry}?PROLIFIC_PID=telling", Referer=f"https://{NAME}/?telling")
    logs = [served.folder / "ecspace.log", served.folder / "gunicorn.log"]
    key = served.entry.split("/")[-2]
    until(lambda: all("/studies/join/-/" in log.read_text() for log in logs))
    for log in logs:
        text = log.read_text()
        assert "telling" not in text and key not in text and "127.0.0.1" not in text
