"""Backup and restore of an installation: a consistent snapshot of all rows, and their files.

Rows are written as Django's JSON lines, so that a backup of SQLite can be restored to PostgreSQL
and vice versa. Login sessions are left out: researchers log in again.

Erasures survive restores: those in the log beside the database, in the log of the backup or in the
present rows are repeated before the restored rows become visible.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import serializers
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from common.atomic import replace_file
from common.errors import InputError
from common.media import media_path, new_file
from common.models import Use
from studies.models import Participant
from studies.privacy.erasure import erase_again, log_path, merge_log, remember

FORMAT = 1
_ROWS, _LOG, _MANIFEST = "rows.jsonl", "erasures.jsonl", "manifest.json"
_MADE_AGAIN = ("shown", "temporary", "thumbnails")
"""Folders of files that are made again from others on request."""
_LEFT_OUT = (Session, Use)
_CHUNK = 1 << 20
_LARGEST = {_MANIFEST: 1 << 20, _LOG: 1 << 28}
"""The largest size in bytes of members that are read into memory."""


def write_backup(target: Path) -> int:
    """Write rows and files into one archive, without blocking participants.

    Returns:
        The number of rows.

    Raises:
        StorageError: the archive cannot be written.

    """
    with (
        replace_file(target, mode=0o600) as file,  # it contains personal data
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
    ):
        with archive.open(_ROWS, "w", force_zip64=True) as rows:
            count, digest = _write_rows(rows)  # type: ignore[arg-type]
        if log_path().exists():
            archive.write(log_path(), _LOG)
        for name in _files():
            archive.write(media_path(name), f"media/{name}", zipfile.ZIP_STORED)
        manifest = {
            "format": FORMAT,
            "made": timezone.now().isoformat(),
            "rows": count,
            "sha256": digest,
            "migrations": _migrations(),
        }
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=1))
    return count


def restore(source: Path) -> int:
    """Replace all rows by those of an archive, and add its files.

    Nothing changes if the archive has any fault.

    Returns:
        The number of erasures that were repeated.

    Raises:
        InputError: the archive is damaged, or of another version of the software.

    """
    try:
        with zipfile.ZipFile(source) as archive:
            _check_archive(archive)
            # Files are named by content, so further ones do no harm if the next steps fail.
            for name in archive.namelist():
                if name.startswith("media/"):
                    _extract(archive, name)
            gone = Participant.objects.filter(state=Participant.State.WITHDRAWN)
            remember(key.hex for key in gone.values_list("public_id", flat=True))
            if _LOG in archive.namelist():
                merge_log(_whole(archive, _LOG))
            with transaction.atomic():
                _empty()
                with archive.open(_ROWS) as rows:
                    _read_rows(io.TextIOWrapper(rows, encoding="utf-8"))
                return erase_again()
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise InputError(f"the backup {source} cannot be read: {error}") from error


def _models() -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    return [m for m in every if m._meta.managed and not m._meta.proxy and m not in _LEFT_OUT]


class _Exact(DjangoJSONEncoder):
    """Keeps microseconds, which Django's own encoder cuts off."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class _Hashing(io.TextIOBase):
    """A text file that counts and hashes what is written."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self.file, self.hash, self.lines = file, hashlib.sha256(), 0

    def write(self, text: str) -> int:
        data = text.encode()
        self.hash.update(data)
        self.lines += text.count("\n")
        self.file.write(data)
        return len(text)


def _write_rows(file: io.BufferedIOBase) -> tuple[int, str]:
    lines = _Hashing(file)
    with _snapshot():
        for model in _models():
            # Rows of many-to-many tables are rows of their own, because their order matters.
            fields = [field.name for field in model._meta.concrete_fields]
            rows = model._base_manager.order_by("pk").iterator(chunk_size=1000)
            serializers.serialize("jsonl", rows, stream=lines, fields=fields, cls=_Exact)
    return lines.lines, lines.hash.hexdigest()


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read a consistent snapshot without blocking writers."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            # Django would take the write lock at once, and participants would wait.
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
        return
    with transaction.atomic():
        if connection.vendor == "postgresql" and len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _read_rows(lines: io.TextIOBase) -> None:
    for row in serializers.deserialize("jsonl", lines):
        row.save()
    connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)


def _empty() -> None:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    statements = connection.ops.sql_flush(no_style(), tables, allow_cascade=False)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _files() -> Iterator[str]:
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.is_file() and name.parts[0] not in _MADE_AGAIN:
            yield name.as_posix()


def _migrations() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    ours = {config.label for config in apps.get_app_configs()}
    return sorted(f"{app}.{name}" for app, name in applied if app in ours)


def _check_archive(archive: zipfile.ZipFile) -> None:
    manifest = json.loads(_whole(archive, _MANIFEST))
    if manifest.get("format") != FORMAT:
        raise ValueError("it has another format")
    if different := set(manifest["migrations"]) ^ set(_migrations()):
        raise ValueError(
            f"its tables are those of another version ({sorted(different)[0]}): restore it with "
            "the version that made it, then upgrade"
        )
    digest = hashlib.sha256()
    with archive.open(_ROWS) as rows:
        while chunk := rows.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != manifest["sha256"]:
        raise ValueError("its rows are damaged")
    for name in archive.namelist():
        if name.startswith("media/"):
            _target_of(name)
    # zipfile extracts at most the announced size, so the announced sizes must fit on the disk.
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


def _target_of(name: str) -> Path:
    """The path of a member below the folder of files.

    Raises:
        ValueError: the name leads outside of the folder.

    """
    parts = PurePosixPath(name).parts[1:]
    if not parts or ".." in parts or "\\" in name:
        raise ValueError(f"it contains a file with the invalid name {name!r}")
    return media_path("/".join(parts))


def _extract(archive: zipfile.ZipFile, name: str) -> None:
    target = _target_of(name)
    if target.exists():
        return
    with archive.open(name) as source, new_file(target) as file:
        shutil.copyfileobj(source, file, _CHUNK)
