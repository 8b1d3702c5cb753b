"""A socket whose `sendall` never waits for a slow reader: what does not fit is kept in memory."""

from __future__ import annotations

import socket
import struct
from typing import Any

KEPT = 8 * 1024 * 1024
"""Bytes of one answer that are kept in memory. With more, such as a download, `sendall` waits."""
PATIENCE = 30
"""Seconds without progress after which sending or receiving fails."""


class BufferedSocket(socket.socket):
    """The socket of one connection. Worker threads write to it; the main loop sends the rest."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        self.unsent = bytearray()
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", PATIENCE, 0))

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send what the system accepts at once, and keep the rest."""
        self.unsent += data
        self.send_rest()
        if len(self.unsent) > KEPT:
            rest, self.unsent = self.unsent, bytearray()
            super().sendall(rest, flags)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a part of a file as `sendall` would."""
        if count is None or count > KEPT:
            rest, self.unsent = self.unsent, bytearray()
            super().sendall(rest)
            return super().sendfile(file, offset, count)
        file.seek(offset)
        data = file.read(count)
        self.sendall(data)
        return len(data)

    def send_rest(self) -> bool:
        """Send what the system accepts at once; return whether nothing is left."""
        try:
            while self.unsent:
                del self.unsent[: self.send(self.unsent, socket.MSG_DONTWAIT)]
        except BlockingIOError:
            return False
        return True
