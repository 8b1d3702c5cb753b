"""Installations that several processes use at once: on SQLite or PostgreSQL, with what they made.

`ask` of tests.transfer.batches.test_interruption reads SQLite; here either database is read.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.transfer.batches.test_interruption import ROOT, Installation
from tests.transfer.conftest import annotate, draw

SIZE = (64, 48)
SET_UP = """
import sys, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
content, style = f"{sys.argv[1]}/content", f"{sys.argv[1]}/style"
call_command("import_pictures", content, "--role", "content", *sys.argv[2:])
call_command("import_pictures", style, "--role", "style")
"""
NUMBERS = """
    SELECT stimulus.recipe_key, reference.sha256, number.statistic, number.instrument, number.value
    FROM metrics_measurement AS number
    JOIN transfer_stimulus AS stimulus ON stimulus.id = number.stimulus_id
    JOIN transfer_picture AS reference ON reference.id = number.reference_id
"""
JOBS = ("transfer_stimulus", "metrics_measurementjob")
"""The tables of the ledger in which a batch and its measurements are made."""


class Made(NamedTuple):
    """What an installation has made; primary keys are left out, because they may differ."""

    hashes: dict[str, str]
    """Recipe key → SHA-256 of the stimulus."""
    numbers: list[tuple]
    """Recipe key, SHA-256 of the reference, statistic, instrument and value to the last bit."""


class Shared(Installation):
    """An installation whose database is a file, or PostgreSQL's at `url`."""

    def __init__(self, folder: Path, url: str = "") -> None:
        super().__init__(folder)
        self.url = url
        self.environment["DJANGO_ALLOW_ASYNC_UNSAFE"] = ""  # a setting of the browser tests
        if url:
            self.environment["DATABASE_URL"] = url

    def ask(self, query: str, *values: str) -> list[tuple]:
        if not self.url:
            return super().ask(query, *values)
        with psycopg.connect(self.url) as database:
            return database.execute(query.replace("?", "%s"), values or None).fetchall()

    def set_up(self, pictures: Path) -> None:
        """Make the tables, and import the contents and styles in a folder."""
        content = pictures / "content"
        annotated = ("--annotations", str(content)) if any(content.glob("*.mat")) else ()
        subprocess.run(
            [sys.executable, "-c", SET_UP, str(pictures), *annotated],
            cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def made(self) -> Made:
        return Made(self.hashes(), sorted(self.ask(NUMBERS)))

    def jobs(self) -> dict[str, set[tuple[str, int]]]:
        """Table of the ledger → the states of its rows, with their attempts."""
        return {table: set(self.ask(f"SELECT state, attempt FROM {table}")) for table in JOBS}

    def workers(self) -> set[str]:
        """Those that made or measured something."""
        return {row[0] for table in JOBS for row in self.ask(f"SELECT worker FROM {table}")}


def draw_pictures(folder: Path, contents: int, styles: int, *, annotated: bool) -> Path:
    """Small pictures for `Shared.set_up`; the first content may have annotations."""
    for role, number in (("content", contents), ("style", styles)):
        (folder / role).mkdir(parents=True)
        for one in range(number):
            draw(folder / role / f"{role}-{one}.png", seed=10 * number + one, size=SIZE)
    if annotated:
        annotate(folder / "content" / "content-0.mat", size=SIZE)
    return folder


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The URL of an empty database of a PostgreSQL server, which is removed in the end."""
    name = f"ecspace_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as database:
            database.execute(f"DROP DATABASE {name} WITH (FORCE)")
