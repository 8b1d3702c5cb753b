"""Access logs identify no person, in any format."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from config.access_log import AccessLog

ENVIRON = {
    "REMOTE_ADDR": "198.51.100.7",
    "REQUEST_METHOD": "GET",
    "RAW_URI": "/studies/join/secret-key/?PROLIFIC_PID=telling",
    "PATH_INFO": "/studies/join/secret-key/",
    "QUERY_STRING": "PROLIFIC_PID=telling",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_REFERER": "https://study.example.org/?PROLIFIC_PID=telling",
    "HTTP_USER_AGENT": "a telling browser",
}


@pytest.mark.parametrize(
    "page", ["join/secret-key/", "take/secret-key/vote/", "picture/secret-key/"]
)
def test_it_leaves_out_keys_ids_and_addresses(page):
    environ = {**ENVIRON, "PATH_INFO": f"/studies/{page}", "RAW_URI": f"/studies/{page}?a=telling"}
    request = SimpleNamespace(headers=[("REFERER", "telling"), ("COOKIE", "secret-key")])
    answer = SimpleNamespace(status="200 OK", sent=5, headers=[("Location", "/secret-key")])
    atoms = AccessLog(Config()).atoms(answer, request, environ, timedelta(seconds=1))
    text = repr(atoms)
    assert not any(word in text for word in ("telling", "secret-key", "198.51"))
    assert atoms["r"] == f"GET /studies/{page.replace('secret-key', '-')} HTTP/1.1"
    assert (atoms["s"], atoms["U"]) == ("200", f"/studies/{page.replace('secret-key', '-')}")


def test_a_line_break_in_a_url_does_not_break_the_log_line():
    environ = {**ENVIRON, "PATH_INFO": "/a\nb"}
    answer = SimpleNamespace(status="404 Not Found", sent=0, headers=[])
    atoms = AccessLog(Config()).atoms(answer, SimpleNamespace(headers=[]), environ, timedelta())
    assert atoms["U"] == "/a\\nb"
