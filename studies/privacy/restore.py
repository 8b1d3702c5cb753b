"""Restore of a backup: its rows replace all present rows, and its files are added.

An archive may be truncated, damaged or forged. All of it is checked before anything is replaced;
the rows are replaced in one transaction, which moves the files last.

Erasures are kept: those in the log beside the database, in the log of the backup and in the present
rows are repeated before the restored rows become visible.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError, connection, models, transaction

from common.errors import InputError, PictureError
from common.media import media_path, share_file
from studies.models import Participant
from studies.privacy.backup import FORMAT, LOG, MADE_AGAIN, MANIFEST, ROWS, models_of, schema
from studies.privacy.erasure import entries_of, erase_again, remember

_CHUNK = 1 << 20
_LARGEST = {MANIFEST: 1 << 20, LOG: 1 << 28}
"""Bytes of a member that is read into memory."""
_SHA256 = re.compile("[0-9a-f]{64}")
_DAMAGE = (
    OSError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError, ValueError,
    TypeError, AttributeError, ArithmeticError, RuntimeError, DeserializationError, ValidationError,
    DatabaseError,
)  # fmt: skip
"""Errors that zipfile, json and Django raise for damaged archives."""


def restore(source: Path) -> int:
    """Replace all rows by those of an archive, add its files, and repeat erasures; returns their
    number.

    A faulty archive changes nothing.

    Raises:
        InputError: the archive is damaged, or of another version of the software.

    """
    try:
        with zipfile.ZipFile(source) as archive, _unpacked(archive) as files:
            erased = _erased(archive)
            with transaction.atomic():
                _empty()
                with archive.open(ROWS) as rows:
                    _read_rows(io.TextIOWrapper(rows, encoding="utf-8"), files)
                again = erase_again(erased)
                for name, file in files.items():
                    file.move()
                    share_file(name)
            remember(erased)
            return again
    except _DAMAGE as error:
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InputError(f"the backup {source} cannot be read: {reason[:300]}") from error


class _File:
    """A file of the archive, unpacked under a temporary name."""

    def __init__(self, archive: zipfile.ZipFile, name: str, number: int) -> None:
        self.target = _inside(name)
        self.temporary = media_path("temporary") / f"restore-{os.getpid()}-{number}"
        digest = hashlib.sha256()
        with archive.open(name) as source, self.temporary.open("wb") as file:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        self.sha256 = digest.hexdigest()
        if _SHA256.fullmatch(self.target.stem) and self.target.stem != self.sha256:
            raise ValueError(f"its file {name!r} is damaged")
        self.temporary.chmod(0o644)

    def move(self) -> None:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.temporary.replace(self.target)


@contextmanager
def _unpacked(archive: zipfile.ZipFile) -> Iterator[dict[str, _File]]:
    """Check the archive and unpack its files: name below MEDIA_ROOT → file."""
    _check(archive)
    files: dict[str, _File] = {}
    folder = media_path("temporary")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for number, name in enumerate(_media(archive)):
            file = _File(archive, name, number)
            files[file.target.relative_to(settings.MEDIA_ROOT).as_posix()] = file
        yield files
    finally:
        for left in folder.glob(f"restore-{os.getpid()}-*"):
            left.unlink(missing_ok=True)


def _media(archive: zipfile.ZipFile) -> list[str]:
    names = dict.fromkeys(name for name in archive.namelist() if name.startswith("media/"))
    # Files that are made from others are not restored, because they cannot be checked.
    return [name for name in names if PurePosixPath(name).parts[1:2][0] not in MADE_AGAIN]


def _erased(archive: zipfile.ZipFile) -> set[str]:
    """Public ids of the sessions that are erased by the archive's log or the present rows."""
    gone = Participant.objects.filter(state=Participant.State.WITHDRAWN)
    erased = {key.hex for key in gone.values_list("public_id", flat=True)}
    if LOG in archive.namelist():
        erased |= {entry["participant"] for entry in entries_of(_whole(archive, LOG))}
    return erased


def _read_rows(lines: io.TextIOBase, files: dict[str, _File]) -> None:
    known = set(models_of())
    for row in serializers.deserialize("jsonl", lines):
        if type(row.object) not in known:
            raise ValueError(f"it holds rows of {row.object._meta.label}")
        _check_files(row.object, files)
        row.save()
    connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models_of()):
            cursor.execute(statement)


def _check_files(row: models.Model, files: dict[str, _File]) -> None:
    """Refuse a row whose file is outside the media folder, or differs from the row's hash."""
    for field in row._meta.concrete_fields:
        if not isinstance(field, models.FileField) or not (name := field.value_from_object(row)):
            continue
        try:
            media_path(str(name))
        except PictureError as error:
            raise ValueError(str(error)) from error
        sha256 = getattr(row, "sha256", "") if field.name == "file" else ""
        file = files.get(str(name))
        if file is not None and sha256 and file.sha256 != sha256:
            raise ValueError(f"its file {str(name)!r} is not the one that its row names")


def _empty() -> None:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    statements = connection.ops.sql_flush(no_style(), tables, allow_cascade=False)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _check(archive: zipfile.ZipFile) -> None:
    manifest = json.loads(_whole(archive, MANIFEST))
    if manifest.get("format") != FORMAT:
        raise ValueError("it has another format")
    if different := set(manifest["migrations"]) ^ set(schema()):
        raise ValueError(
            f"its tables are those of another version ({sorted(different)[0]}): restore it with "
            "the version that made it, then upgrade"
        )
    digest = hashlib.sha256()
    with archive.open(ROWS) as rows:
        while chunk := rows.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != manifest["sha256"]:
        raise ValueError("its rows are damaged")
    for name in archive.namelist():
        if name.startswith("media/"):
            _inside(name)
    # zipfile unpacks no more than an archive announces, so that much must be free.
    needed, free = sum(part.file_size for part in archive.infolist()), _free_bytes()
    if needed > free:
        raise ValueError(f"it unpacks to {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")


def _whole(archive: zipfile.ZipFile, name: str) -> str:
    if archive.getinfo(name).file_size > _LARGEST[name]:
        raise ValueError(f"its {name} is too large")
    return archive.read(name).decode()


def _free_bytes() -> int:
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(root).free


def _inside(name: str) -> Path:
    """The path of a file of the archive, which is always inside the media folder."""
    parts = PurePosixPath(name).parts[1:]
    if not parts or ".." in parts or "\\" in name:
        raise ValueError(f"it contains a file with the invalid name {name!r}")
    return media_path("/".join(parts))
