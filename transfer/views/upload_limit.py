"""How much a browser may send at once: decided from the length that it announces, before a byte of
it is read, so that nobody fills the disk with what would be refused anyway.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.urls import reverse

LARGEST_UPLOAD = 1024 * 1024 * 1024
"""Bytes of all pictures of one upload together."""
LARGEST_FORM = 2 * 1024 * 1024
"""Bytes of any other form: none of them takes files, and participants need no login for theirs."""


class LimitedUpload(FileUploadHandler):
    """The first upload handler: lets a request pass to the others, or refuses it (status 400)."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        """Refuse a request that announces too much.

        Raises:
            RequestDataTooBig: it does.

        """
        takes_files = self.request is not None and self.request.path == reverse("transfer:pictures")
        if content_length > (LARGEST_UPLOAD if takes_files else LARGEST_FORM):
            raise RequestDataTooBig(f"{content_length} bytes are more than this page takes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the data on."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""
