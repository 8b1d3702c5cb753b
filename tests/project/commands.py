"""Run commands of the project in separate processes."""

from __future__ import annotations

import os
import subprocess
import sys
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
