"""Remove what killed processes and deleted rows left behind: files without a row, stuck rows.

A file is written before the row that names it, so only files that are old enough are looked at, and
the rows are read after the files were listed. The age of a file is asked for again right before it
is removed, because a worker that makes the same picture again writes the same file again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.apps import apps

from common import object_store
from common.errors import InputError
from common.media import TEMPORARY, old_files, remove_old_file
from common.named_files import file_fields, named_files
from transfer.batches.presence import tell_reaped
from transfer.batches.work import all_work
from transfer.models import Picture, Stimulus

MADE_FROM_OTHERS = ("thumbnails", "shown")
"""Folders of smaller or re-encoded pictures, whose names contain the SHA-256 of the original."""
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Swept:
    """What was removed and released; for a dry run, what would be."""

    orphans: int
    """Files of the media folder that no row names."""
    unfinished: int
    """Half-written files of the media folder."""
    stored: int
    """Files of the object store that no row names."""
    uploads: int
    """Half-written files of the object store."""
    rows: int
    """Rows whose worker was lost: they wait again, or have failed after their last attempt."""

    def __str__(self) -> str:
        said = f"orphan files: {self.orphans}, half-written files: {self.unfinished}"
        if object_store.is_used():
            said += f", in the store: {self.stored} and {self.uploads}"
        return f"{said}; rows released: {self.rows}"


def sweep(*, dry_run: bool = False) -> Swept:
    """Remove files older than an hour that no row names, and release the rows of lost workers.

    Only the folders that the platform writes to are looked at. The same holds for the object store,
    which must belong to this database alone.

    Args:
        dry_run: count only.

    Raises:
        InputError: no row at all names a file, as in the database of another installation.
        StorageError: a file cannot be removed, or the store does not answer.

    """
    folders = {str(field.upload_to).strip("/") for _, field in file_fields(apps.get_models())}
    originals = _unnamed(chain.from_iterable(map(old_files, sorted(folders))))
    copies = _without_original(chain.from_iterable(map(old_files, MADE_FROM_OTHERS)))
    stored: set[str] = set()
    if object_store.is_used():
        stored = _unnamed(chain.from_iterable(map(object_store.old_files, sorted(folders))))
    if (originals or stored) and next(named_files(apps.get_models()), None) is None:
        raise InputError(
            f"no row names a file, but {len(originals | stored)} files are stored: nothing was "
            "removed; check DATABASE_URL, ECSPACE_DATA and STORAGE_URL"
        )
    unfinished = list(old_files(TEMPORARY))
    if dry_run:
        return Swept(
            orphans=len(originals) + len(copies),
            unfinished=len(unfinished),
            stored=len(stored),
            uploads=object_store.old_uploads() if object_store.is_used() else 0,
            rows=sum(work.rows().lost().count() for work in all_work()),
        )
    return Swept(
        orphans=sum(map(remove_old_file, sorted(originals | copies))),
        unfinished=sum(map(remove_old_file, unfinished)),
        stored=sum(map(object_store.remove_old, sorted(stored))),
        uploads=object_store.old_uploads(end=True) if object_store.is_used() else 0,
        rows=_release(),
    )


def _unnamed(names: Iterable[str]) -> set[str]:
    """Those of `names` that no row names."""
    left = set(names)  # listed in full before the rows are read
    if left:
        for name in named_files(apps.get_models()):
            left.discard(name)
    return left


def _without_original(names: Iterable[str]) -> set[str]:
    """Those of `names` whose picture or stimulus is gone."""
    left: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        found = _SHA256.search(name)
        left[found.group() if found else ""].add(name)
    if left:
        for sha256 in _hashes():
            left.pop(sha256, None)
    return set().union(*left.values())


def _hashes() -> Iterator[str]:
    """The SHA-256 of every picture and finished stimulus."""
    for rows in (Picture.objects.all(), Stimulus.objects.exclude(sha256="")):
        yield from rows.order_by().values_list("sha256", flat=True).iterator(chunk_size=1000)


def _release() -> int:
    released = sum(work.rows().reap() for work in all_work())
    tell_reaped(released)
    return released
