"""The site behind nginx with the configuration of docs/deploy, TLS included."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.config.proxied import NAME, Served, behind, changed, free_ports, log_in, redirect
from tests.live import until
from tests.project.commands import ROOT

pytestmark = pytest.mark.nginx


def configuration(folder: Path, ports: dict[str, int]) -> Path:
    """The configuration of docs/deploy with the ports and folders of this test."""
    text = changed(
        (ROOT / "docs/deploy/nginx.conf").read_text(),
        [
            (r"listen \[::\].*", ""),
            (r"listen 80;", f"listen 127.0.0.1:{ports['plain']};"),
            (r"listen 443 ", f"listen 127.0.0.1:{ports['tls']} "),
            (r"127\.0\.0\.1:8000", f"127.0.0.1:{ports['site']}"),
            (r"/etc/letsencrypt/live/study\.example\.org", str(folder)),
            (r"/var/log/nginx", str(folder)),
        ],
    )
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
    trust = folder / "fullchain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
        + ["-keyout", str(folder / "privkey.pem"), "-out", str(trust)],
        check=True, capture_output=True,
    )  # fmt: skip
    ports = free_ports()
    main = configuration(folder, ports)
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [nginx, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(main)]
    with behind(command, folder, ports, trust) as found:
        yield found


def test_it_serves_over_tls_and_redirects_to_it(served):
    answer = redirect(served)
    assert answer.startswith("HTTP/1.1 301") and f"Location: https://{NAME}/login/?a=1" in answer
    page, text = served.ask("GET", "/login/")
    assert page.status == 200 and b"password" in text
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "nginx/" not in page.headers["Server"]
    assert "Secure" in page.headers["Set-Cookie"]
    style, _ = served.ask("GET", "/static/site.css", **{"Accept-Encoding": "gzip"})
    assert style.headers["Content-Encoding"] == "gzip"


def test_a_researcher_logs_in_through_nginx(served):
    answer, text = log_in(served)
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
            client = held.enter_context(served.connect())
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
