"""Run commands of the project in separate processes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the repository with further environment variables."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        # A setting of the browser tests for this process only.
        env=os.environ | {"DJANGO_ALLOW_ASYNC_UNSAFE": ""} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py."""
    return python("manage.py", *arguments, **variables)


def migrated_postgres() -> str:
    """Migrate the database of TEST_POSTGRES_URL, and return its URL.

    The processes of a test run share it, and two that migrate at once would add a column twice.
    """
    url = os.environ["TEST_POSTGRES_URL"]
    name = hashlib.sha256(url.encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"ecspace-migrate-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrated = manage("migrate", "--no-input", DATABASE_URL=url)
    assert migrated.returncode == 0, migrated.stderr
    return url
