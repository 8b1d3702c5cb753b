"""A database of an earlier version is migrated, and all of its content stays usable.

`stored/*.sql` are SQLite dumps: one batch of two variants of Gatys' method, one open study with two
finished sessions and one in the middle, measurements, a calibration, and a queued task.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

from tests.project.commands import manage, python

STORED = sorted((Path(__file__).parent / "stored").glob("*.sql"))

VISIT = """
import django
django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
from django.contrib.auth.models import User
from django.test import Client
from metrics.models import Calibration
from studies.models import Participant, Study
from transfer.models import Batch, Stimulus

researcher, participant = Client(), Client()
researcher.force_login(User.objects.get(username="ada"))
waiting = Participant.objects.get(state="active")
pages = [one.get_absolute_url() for one in
         (*Study.objects.all(), *Batch.objects.all(), *Calibration.objects.all())]
for client, address in (*((researcher, page) for page in ["/", *pages]),
                        (participant, waiting.take_url)):
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    print(address)
assert Calibration.objects.get().exported.terms, "the stored model loads"
"""


@pytest.fixture(scope="module", params=STORED, ids=lambda path: path.stem)
def stored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The environment of an installation with a stored database that was just migrated."""
    folder = tmp_path_factory.mktemp("stored")
    connection = sqlite3.connect(folder / "ecspace.sqlite3")
    connection.executescript(request.param.read_text())
    connection.close()
    environment = {"ECSPACE_DATA": str(folder), "SECRET_KEY_FILE": str(folder / "key")}
    answer = manage("migrate", **environment)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return environment


def rows(environment: dict[str, str], query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(Path(environment["ECSPACE_DATA"]) / "ecspace.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_it_keeps_every_row(stored: dict[str, str]) -> None:
    tables = {
        "transfer_stimulus": 5, "studies_study": 2, "studies_participant": 3, "studies_trial": 5,
        "studies_vote": 5, "studies_slot": 6, "metrics_measurement": 24, "metrics_calibration": 1,
    }  # fmt: skip
    counted = {name: rows(stored, f"SELECT COUNT(*) FROM {name}") for name in tables}
    assert counted == {name: [(number,)] for name, number in tables.items()}


def test_it_finds_the_task_that_was_queued(stored: dict[str, str]) -> None:
    [(path,)] = rows(stored, "SELECT task_path FROM django_tasks_database_dbtaskresult")
    assert import_string(str(path)).name == "make_chunk"


def test_it_shows_every_page_of_what_was_stored(stored: dict[str, str]) -> None:
    answer = python("-c", VISIT, **stored, DJANGO_SETTINGS_MODULE="config.settings")
    assert answer.returncode == 0, answer.stderr
    assert len(answer.stdout.splitlines()) == 6


def test_it_exports_the_votes_as_they_were(stored: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "votes.csv"
    answer = manage("study", "export", "carries the style", "--out", str(out), **stored)
    assert answer.returncode == 0, answer.stderr
    choices = [line.split(",")[5] for line in out.read_text().splitlines()[1:]]
    assert sorted(choices) == ["left", "left", "right", "right", "right"]
