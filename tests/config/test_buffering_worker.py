"""The server serves others while many clients send or read slowly, or not at all."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import pytest

from common.body_limit import LARGEST_FORM
from config.buffering_worker import LARGEST_HEAD
from tests.project.commands import ROOT

PATIENCE = 60
MANY = 100
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
FORM = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "tests.config.wsgi_app", "--no-control-socket"]
        + ["--config", "tests/config/gunicorn_conf.py", "--bind", f"127.0.0.1:{number}"],
        cwd=ROOT,
    )
    try:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", number)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield number
    finally:
        server.terminate()
        server.wait(PATIENCE)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def get(port: int, path: str = "/") -> bytes:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as client:
        client.request("GET", path)
        return client.getresponse().read()


def everything(client: socket.socket) -> bytes:
    """All bytes until the server closes the connection."""
    parts = []
    while part := client.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("sent", [b"", HEAD, FORM], ids=["nothing", "head", "form"])
def test_it_serves_others_while_many_requests_are_half_sent(port, sent):
    with ExitStack() as held:
        for _ in range(MANY):
            held.enter_context(connect(port)).sendall(sent)
        begun = time.monotonic()
        assert get(port) == b"0"
        # They would be closed after 15 seconds; others do not wait for that.
        assert time.monotonic() - begun < 14


def test_it_serves_others_while_many_do_not_read_their_answer(port):
    with ExitStack() as held:
        for _ in range(20):
            client = held.enter_context(connect(port))
            client.sendall(b"GET /?6000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert get(port) == b"0"


def test_it_serves_others_while_connections_are_closing(port):
    with ExitStack() as held:
        for _ in range(MANY):
            held.enter_context(connect(port)).sendall(b"GET / HTTP/1.0\r\n\r\n")
        begun = time.monotonic()
        assert get(port) == b"0"
        assert time.monotonic() - begun < 5


def test_it_aborts_a_request_that_does_not_arrive(port):
    with connect(port) as client:
        client.sendall(FORM)
        begun = time.monotonic()
        assert everything(client) == b""
        assert 10 < time.monotonic() - begun < 50


def test_a_slow_reader_gets_the_whole_answer(port):
    with connect(port) as client:
        client.sendall(b"GET /?6000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(0.5)
        assert everything(client).endswith(b"\r\n\r\n" + b"x" * 6_000_000)


def test_it_reads_requests_in_small_pieces_and_several_at_once(port):
    with connect(port) as client:
        for byte in b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc":
            client.sendall(bytes([byte]))
        last = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nde"
        client.sendall(HEAD + b"\r\n" + last)
        answers = everything(client).split(b"HTTP/1.1 200 OK")
        assert [answer[-1:] for answer in answers[1:]] == [b"3", b"0", b"2"]


@pytest.mark.parametrize("size", [1, LARGEST_FORM, LARGEST_FORM + 1, 5_000_000])
def test_it_reads_bodies_of_every_size(port, size):
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as client:
        for _ in range(2):  # the second on the same connection
            client.request("POST", "/", body=b"x" * size)
            assert client.getresponse().read() == str(size).encode()


def test_it_closes_a_connection_with_an_unread_body(port):
    with connect(port) as client:
        client.sendall(
            f"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: {10**9}\r\n\r\n".encode()
        )
        assert everything(client).endswith(b"1000000000")


def test_it_limits_the_length_of_the_head(port):
    with connect(port) as client:
        client.sendall(HEAD + b"X: " + b"x" * (LARGEST_HEAD + 1))
        assert everything(client).startswith(b"HTTP/1.1 431 ")


def test_it_answers_expect_100_continue(port):
    with connect(port) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        )
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"abc")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")  # asked once
