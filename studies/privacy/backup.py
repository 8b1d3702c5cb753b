"""Backup of an installation: a consistent snapshot of all rows, and their files.

Rows are written as Django's JSON lines, so that a backup of SQLite can be restored to PostgreSQL
and vice versa. Login sessions are left out: researchers log in again.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from common import object_store
from common.atomic import replace_file
from common.errors import StorageError
from common.media import local_file
from common.models import Use
from common.named_files import named_files
from studies.privacy.erasure import log_path
from transfer.models import WorkerProcess

FORMAT = 1
ROWS, LOG, MANIFEST = "rows.jsonl", "erasures.jsonl", "manifest.json"
MADE_AGAIN = ("shown", "temporary", "thumbnails")
"""Folders of files that are made again from others on request."""
_LEFT_OUT = (Session, Use, WorkerProcess)


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
        with archive.open(ROWS, "w", force_zip64=True) as rows:
            count, digest = _write_rows(rows)  # type: ignore[arg-type]
        if log_path().exists():
            archive.write(log_path(), LOG)
        for name in _files():
            archive.write(_here(name), f"media/{name}", zipfile.ZIP_STORED)
        manifest = {
            "format": FORMAT,
            "made": timezone.now().isoformat(),
            "rows": count,
            "sha256": digest,
            "migrations": schema(),
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return count


def models_of() -> list[type[models.Model]]:
    """Every table whose rows a backup contains."""
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
        for model in models_of():
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


def _files() -> list[str]:
    """The names of all files: those of the media folder, and those that rows name in the store."""
    root = Path(settings.MEDIA_ROOT)
    names = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    found = {name.as_posix() for name in names if name.parts[0] not in MADE_AGAIN}
    if object_store.is_used():
        found |= set(named_files(models_of()))
    return sorted(found)


def _here(name: str) -> Path:
    path = local_file(name)
    if not path.exists():
        raise StorageError(f"the file {name} is neither in the store nor on this machine")
    return path


def schema() -> list[str]:
    """The migrations that made the present tables."""
    applied = MigrationRecorder(connection).applied_migrations()
    ours = {config.label for config in apps.get_app_configs()}
    return sorted(f"{app}.{name}" for app, name in applied if app in ours)
