"""A gunicorn worker that passes a request to a thread only when all of it has arrived.

gunicorn's own threads read from the connection, so half-sent requests, one for each thread, would
stop the site. Here the main loop collects the head and the body of every connection at once, and
sends the rest of an answer to a slow reader; threads only compute. Uploads larger than a form are
the exception: a thread reads them, after the site has checked the login and the length.

TLS belongs to the proxy in front (docs/deploy.md).
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from common.body_limit import LARGEST_FORM
from config.buffered_socket import PATIENCE, BufferedSocket

LARGEST_HEAD = 64 * 1024
"""Bytes of a request's line and headers."""
ARRIVAL = 20
"""Seconds in which a request must have arrived whole."""
LINGER = 2
"""Seconds that a closing connection, or a request at a stopping worker, has left."""
MEMORY = 64 * 1024 * 1024
"""Bytes of unfinished requests together; the oldest are dropped beyond them."""
_CHUNK = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"


@dataclass(eq=False)
class Waiting:
    """A connection that the main loop waits for, instead of a thread."""

    conn: Any
    go_on: Callable[[Waiting], None]
    patience: float
    data: bytearray = field(default_factory=bytearray)
    size: int = 0
    """Bytes of the whole request; 0 while the end of its head has not arrived."""
    since: float = field(default_factory=time.monotonic)


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """The worker that this module describes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[Any, Waiting] = {}
        """By connection, in the order in which they began to wait."""
        self.looked = 0.0
        """When waiting connections were last checked."""

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its request."""
        try:
            accepted, client = listener.accept()
        except OSError:  # it is gone, or another process took it
            return
        self.nr_conns += 1
        sock = BufferedSocket(accepted)
        conn = TConn(self.cfg, sock, client, listener.getsockname())
        conn.parser = get_parser(self.cfg, sock, client)
        conn.data_ready = True
        self.enqueue_req(conn)

    def enqueue_req(self, conn: Any) -> None:
        """Collect a request of the connection, and then give it to a thread."""
        waiting = Waiting(conn, self._receive, ARRIVAL)
        waiting.data += conn.parser.unreader.take_buffered()
        self._await(waiting, EVENT_READ)
        self._receive(waiting)

    def finish_request(self, conn: Any, future: Future[Any]) -> None:
        """Send the rest of an answer; then wait for the next request, or close."""
        keep = not future.cancelled() and future.exception() is None and bool(future.result())

        def go_on(waiting: Waiting) -> None:
            try:
                sent = conn.sock.send_rest()
            except OSError:
                self._drop(waiting)
                return
            if sent:
                self._leave(waiting)
                self._answered(conn, future, keep)

        try:
            if conn.sock.send_rest():
                self._answered(conn, future, keep)
            else:
                self._await(Waiting(conn, go_on, PATIENCE), EVENT_WRITE)
        except OSError:
            self._close(conn)

    def murder_pending(self) -> None:
        """Close connections that have waited too long; if there are too many, the oldest."""
        now = time.monotonic()
        full = self.nr_conns >= self.worker_connections
        if now < self.looked + 0.5 and not full:
            return
        self.looked = now
        for waiting in list(self.waiting.values()):
            patience = waiting.patience if self.alive else min(waiting.patience, LINGER)
            if now - waiting.since > patience:
                self._drop(waiting)
        held = sum(len(waiting.data) for waiting in self.waiting.values())
        for waiting in list(self.waiting.values()):
            if held <= MEMORY and self.nr_conns < self.worker_connections:
                break
            held -= len(waiting.data)
            self._drop(waiting)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Keep the connection only if its request was read completely."""
        parser = conn.parser
        unread = getattr(parser.mesg.body.reader, "length", None)  # not known of a chunked body
        if unread is None or unread > len(parser.unreader.buf.getvalue()):
            return False
        return bool(super()._keepalive_after(conn, keepalive))

    def _receive(self, waiting: Waiting) -> None:
        sock = waiting.conn.sock
        data = b""
        try:
            while not self._whole(waiting, data):
                data = sock.recv(_CHUNK, socket.MSG_DONTWAIT)
                if not data:
                    self._drop(waiting)
                    return
        except BlockingIOError:
            return
        except OSError:
            self._drop(waiting)
            return
        if waiting.size:
            self._hand_over(waiting)
        else:
            sock.sendall(_TOO_LONG)
            self._drop(waiting)

    def _whole(self, waiting: Waiting, data: bytes) -> bool:
        """Add received bytes; return whether the request is complete, or its head too long."""
        start = max(0, len(waiting.data) - 3) if data else 0
        waiting.data += data
        if not waiting.size:
            end = waiting.data.find(b"\r\n\r\n", start)
            if end < 0:
                return len(waiting.data) > LARGEST_HEAD
            waiting.size = self._size_of(waiting, end + 4)
        return len(waiting.data) >= waiting.size

    def _size_of(self, waiting: Waiting, head: int) -> int:
        """Bytes to wait for: the head, and the body unless it is larger than a form may be."""
        text = bytes(waiting.data[:head])
        found = _LENGTH.search(text)
        body = int(found[1]) if found else 0
        if body > LARGEST_FORM:
            return head
        if body and (expects := _EXPECT.search(text)):
            waiting.conn.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            # Removed, because gunicorn would send the interim answer again.
            del waiting.data[expects.start() : expects.end() - 2]
            head -= expects.end() - 2 - expects.start()
        return head + body

    def _hand_over(self, waiting: Waiting) -> None:
        self._leave(waiting)
        waiting.conn.parser.unreader.unread(bytes(waiting.data))
        super().enqueue_req(waiting.conn)

    def _answered(self, conn: Any, future: Future[Any], keep: bool) -> None:
        if keep:
            super().finish_request(conn, future)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        # If a connection with unread bytes is closed at once, it is reset and the answer may be
        # lost.
        self._await(Waiting(conn, self._discard, LINGER), EVENT_READ)

    def _discard(self, waiting: Waiting) -> None:
        try:
            data = waiting.conn.sock.recv(_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(waiting)

    def _await(self, waiting: Waiting, event: int) -> None:
        self.waiting[waiting.conn] = waiting
        self.poller.register(waiting.conn.sock, event, lambda _: waiting.go_on(waiting))

    def _leave(self, waiting: Waiting) -> None:
        del self.waiting[waiting.conn]
        self.poller.unregister(waiting.conn.sock)

    def _drop(self, waiting: Waiting) -> None:
        self._leave(waiting)
        self._close(waiting.conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()
