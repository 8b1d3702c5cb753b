"""Tests of simultaneous requests on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.postgres
CRITICAL = (
    "studies/sessions/test_recruitment.py",
    "studies/sessions/test_simultaneous.py",
    "studies/views/test_participant_pages.py",
    "studies/privacy/test_backup.py",
    "project/test_login_limits.py",
    "common/test_text_filter.py",
    "metrics/measurements/test_jobs.py",
)
"""Tests whose outcome depends on locks, constraints or snapshots of the database."""


def test_concurrent_votes_arrivals_and_backups_on_postgres() -> None:
    environment = {**os.environ, "TESTS_ON": "postgres", "REQUIRE": "postgres"}
    files = [f"tests/{name}" for name in CRITICAL]
    arguments = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not browser and not golden"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *files],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout
