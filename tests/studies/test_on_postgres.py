"""What many people do at once holds on PostgreSQL too."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.postgres
CRITICAL = ("test_recruitment.py", "test_participant_pages.py", "test_backup.py")
"""Tests whose outcome rests on locks, constraints or snapshots of the database."""


def test_votes_arrivals_and_backups_hold_on_postgres() -> None:
    environment = {**os.environ, "TESTS_ON": "postgres", "REQUIRE": "postgres"}
    files = [f"tests/studies/{name}" for name in CRITICAL]
    arguments = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not browser and not golden"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *files],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout
