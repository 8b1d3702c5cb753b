"""The object store that machines share: STORAGE_URL. Without it the media folder holds all files.

The media folder is then a cache of the store: a file is written to both, and one that is missing
here is fetched. Files are named by their hash and never change, so a copy never grows old.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from common.errors import StorageError


def is_used() -> bool:
    """Whether STORAGE_URL names a store."""
    return bool(settings.STORAGE_URL)


def put(name: str, content: bytes) -> None:
    """Store a file in one step: readers see all of it, or none.

    Raises:
        StorageError: the store does not answer, or refuses.

    """
    with _store("written to") as store:
        store.save(name, ContentFile(content))


def get(name: str) -> bytes | None:
    """The content of a file; None if the store has none of that name.

    Raises:
        StorageError: the store does not answer, or refuses.

    """
    with _store("read") as store:
        try:
            with store.open(name) as file:
                content: bytes = file.read()
        except FileNotFoundError:
            return None
        return content


def remove(name: str) -> None:
    """Remove a file, if it is there.

    Raises:
        StorageError: the store does not answer, or refuses.

    """
    with _store("written to") as store:
        store.delete(name)


@contextmanager
def _store(purpose: str) -> Iterator[Storage]:
    # boto3 is installed only where a store is used.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield storages["default"]
    except (BotoCoreError, ClientError, OSError) as error:
        said = " ".join(str(error).split())
        raise StorageError(
            f"the store {settings.STORAGE_URL} cannot be {purpose}: {said}; check the address, the "
            "bucket and the credentials (AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, …)"
        ) from error
