"""The database file is private, and contains no deleted data."""

from __future__ import annotations

import os
import sqlite3

from tests.project.commands import manage, python

FILL = """
import django; django.setup()
from django.contrib.auth.models import User
User.objects.bulk_create(User(username=f"telling-name-{n}") for n in range(200))
User.objects.all().delete()
from django.db import connection
connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
"""


def test_the_database_is_private_and_deleted_rows_are_overwritten(tmp_path):
    variables = {"ECSPACE_DATA": str(tmp_path), "DATABASE_URL": ""}
    old = os.umask(0o022)
    try:
        assert manage("migrate", "--verbosity", "0", **variables).returncode == 0
    finally:
        os.umask(old)
    assert python("-c", FILL, **variables).returncode == 0
    files = list(tmp_path.glob("ecspace.sqlite3*"))
    assert files and all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert all(b"telling-name" not in file.read_bytes() for file in files)


def test_an_existing_database_is_made_private(tmp_path):
    path = tmp_path / "ecspace.sqlite3"
    sqlite3.connect(path).close()
    path.touch()
    path.chmod(0o644)
    assert manage("check", ECSPACE_DATA=str(tmp_path), DATABASE_URL="").returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
