"""The object store that machines share: STORAGE_URL. Without it the media folder holds all files.

The media folder is then a cache of the store: a file is written to both, and one that is missing
here is fetched. Files are named by their hash and never change, so a copy never grows old.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from common.errors import StorageError

_ABANDONED = timedelta(hours=1)  # as for files of the media folder


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


def old_files(folder: str) -> Iterator[str]:
    """The names of the files in a folder of the store that are older than an hour.

    Raises:
        StorageError: the store does not answer, or refuses.

    """
    with _store("read") as store:
        bucket, prefix = _place(store)
        pages = bucket.meta.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket.name, Prefix=f"{prefix}{folder}/"):
            oldest = _now(page) - _ABANDONED
            for found in page.get("Contents", []):
                if found["LastModified"] < oldest:
                    yield found["Key"].removeprefix(prefix)


def remove_old(name: str) -> bool:
    """Remove a file if it is older than an hour. Whether it was removed.

    Raises:
        StorageError: the store does not answer, or refuses.

    """
    with _store("written to") as store:
        bucket, prefix = _place(store)
        listed = bucket.meta.client.list_objects_v2(
            Bucket=bucket.name, Prefix=prefix + name, MaxKeys=1
        )
        (found,) = listed.get("Contents") or [None]
        if found is None or found["Key"] != prefix + name:
            return False
        if found["LastModified"] >= _now(listed) - _ABANDONED:
            return False
        store.delete(name)
    return True


def old_uploads(*, end: bool = False) -> int:
    """The number of uploads in parts that began more than an hour ago and never ended.

    Args:
        end: end them, which removes their parts.

    Raises:
        StorageError: the store does not answer, or refuses.

    """
    number = 0
    with _store("written to") as store:
        bucket, prefix = _place(store)
        client = bucket.meta.client
        pages = client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=bucket.name, Prefix=prefix):
            oldest = _now(page) - _ABANDONED
            for upload in page.get("Uploads", []):
                if upload["Initiated"] >= oldest:
                    continue
                number += 1
                if end:
                    client.abort_multipart_upload(
                        Bucket=bucket.name, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
    return number


def _place(store: Any) -> tuple[Any, str]:
    """The bucket of the store, and what the keys of its files begin with."""
    return store.bucket, f"{store.location}/" if store.location else ""


def _now(answer: dict[str, Any]) -> datetime:
    """The time by the clock of the store, which also dates its files."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


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
