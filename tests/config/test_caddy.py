"""The site behind Caddy with the configuration of docs/deploy, TLS included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.config.proxied import NAME, Served, behind, changed, free_ports, log_in, redirect
from tests.live import until
from tests.project.commands import ROOT

pytestmark = pytest.mark.caddy


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("caddy")
    ports = free_ports()
    options = (
        f"admin off\nskip_install_trust\ndefault_bind 127.0.0.1\nstorage file_system {folder}\n"
        f"http_port {ports['plain']}\nhttps_port {ports['tls']}\n"
    )
    text = changed(
        (ROOT / "docs/deploy/Caddyfile").read_text(),
        [
            (r"\A((?:#.*\n)*\{\n)", rf"\1{options}"),
            # A certificate of its own authority, as the name is nobody's.
            (r"^study\.example\.org \{", f"{NAME} {{\ntls internal"),
            (r"127\.0\.0\.1:8000", f"127.0.0.1:{ports['site']}"),
        ],
    )
    (folder / "Caddyfile").write_text(text)
    command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    trust = folder / "pki/authorities/local/root.crt"
    with behind(command, folder, ports, trust) as found:
        yield found


def test_it_serves_over_tls_and_redirects_to_it(served):
    answer = redirect(served)
    assert answer.startswith("HTTP/1.0 308") and f"Location: https://{NAME}" in answer
    page, text = served.ask("GET", "/login/")
    assert page.status == 200 and b"password" in text
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Secure" in page.headers["Set-Cookie"]
    style, _ = served.ask("GET", "/static/site.css", **{"Accept-Encoding": "gzip"})
    assert style.headers["Content-Encoding"] == "gzip"
    assert (
        "Content-Encoding"
        not in served.ask("GET", "/login/", **{"Accept-Encoding": "gzip"})[0].headers
    ), "a page with secrets is not compressed (BREACH)"


def test_a_researcher_logs_in_through_caddy(served):
    answer, text = log_in(served)
    assert answer.status == 200 and b"errorlist" in text


def test_refused_uploads_are_not_read(served):
    """Caddy ends the connection after its answer, which a client that still sends may miss."""
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer, _ = served.ask("POST", "/transfer/pictures/", bytes(100_000), **kind)
    assert answer.status == 302 and answer.headers["Location"].startswith("/login/")
    for path, status in (("/transfer/pictures/", 302), ("/login/", 413)):
        with suppress(OSError):
            assert served.ask("POST", path, bytes(30_000_000), **kind)[0].status == status
    assert served.ask("GET", "/login/")[0].status == 200


def test_slow_clients_do_not_block_others(served):
    begun = time.monotonic()
    served.ask("GET", "/login/")
    calm = time.monotonic() - begun
    head = f"POST /login/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 500\r\n"
    with ExitStack() as held:
        for number in range(60):
            if number % 3 == 0:
                held.enter_context(served.connect())
                continue
            client = held.enter_context(served.secured())
            client.sendall(head.encode() + (b"\r\nhalf" if number % 3 == 1 else b""))
        begun = time.monotonic()
        assert served.ask("GET", "/login/")[0].status == 200
        assert time.monotonic() - begun < 5 + 5 * calm


def test_logs_hold_no_ids_keys_or_addresses(served):
    served.ask("GET", f"{served.entry}?PROLIFIC_PID=telling", Referer=f"https://{NAME}/?telling")
    log = served.folder / "gunicorn.log"
    until(lambda: "/studies/join/-/" in log.read_text())
    text = log.read_text()
    assert "telling" not in text and served.entry.split("/")[-2] not in text
    assert "127.0.0.1" not in text
