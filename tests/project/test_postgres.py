"""PostgreSQL takes the place of SQLite by one environment variable."""

from __future__ import annotations

import json
import os

import pytest

from tests.project.commands import manage, migrated_postgres

pytestmark = pytest.mark.postgres

ROUND_TRIP = """
import json, threading
from django.db import IntegrityError, connection, transaction
from transfer.models import Batch, Picture, Stimulus

batch, _ = Batch.objects.get_or_create(name="round trip", defaults={"recipe": {"size": [192, 1.5]}})
values = {"name": "c", "file": "c.png", "width": 9, "height": 9}
content, _ = Picture.objects.get_or_create(role="content", sha256="0" * 64, defaults=values)
made = []

def make():
    # Two processes that do the same thing at once: exactly one row must come of it.
    try:
        with transaction.atomic():
            Stimulus.objects.create(batch=batch, recipe_key="k", content=content, method="gatys")
        made.append(1)
    except IntegrityError:
        made.append(0)
    finally:
        connection.close()

threads = [threading.Thread(target=make) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
batch.refresh_from_db()
print(json.dumps({
    "vendor": connection.vendor,
    "made": sum(made),
    "kept": batch.stimuli.count(),
    "recipe": batch.recipe,
}))
batch.delete()
content.delete()
"""


def test_it_stores_records_and_keeps_constraints_in_postgres() -> None:
    url = migrated_postgres()
    answer = manage("shell", "--no-imports", "--command", ROUND_TRIP, DATABASE_URL=url)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {
        "vendor": "postgresql",
        "made": 1,
        "kept": 1,
        "recipe": {"size": [192, 1.5]},
    }


def test_it_passes_the_checks_of_postgres() -> None:
    answer = manage("check", "--database", "default", DATABASE_URL=os.environ["TEST_POSTGRES_URL"])
    assert answer.returncode == 0, answer.stderr
