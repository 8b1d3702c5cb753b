"""Databases of earlier versions: renamed models keep their tables, and stored JSON still loads."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from studies.models import Assignment, Participant, Study, TrialKind
from studies.rules.screen_requirements import ScreenRequirements
from studies.rules.session_rules import SessionRules


@pytest.mark.django_db(transaction=True)  # SQLite writes such SQL outside of transactions only
def test_migrations_rename_nothing_in_the_database():
    out = StringIO()
    call_command("sqlmigrate", "studies", "0009", stdout=out, no_color=True)
    said = {line for line in out.getvalue().splitlines() if not line.startswith("--")}
    assert said <= {"BEGIN;", "COMMIT;"}


def test_it_keeps_the_names_of_tables_and_columns(db):
    columns = {
        Assignment: ("studies_slot", {"rank", "pair_id", "first_left", "trial_id"}),
        Participant: ("studies_participant", {"plan", "rested"}),
        Study: ("studies_study", {"gates", "rules", "codes"}),
    }
    with connection.cursor() as cursor:
        for model, (table, names) in columns.items():
            assert model._meta.db_table == table
            described = connection.introspection.get_table_description(cursor, table)
            assert names <= {column.name for column in described}


def test_it_keeps_stored_values():
    assert TrialKind.ATTENTION_CHECK == "trap"
    assert Participant.State.SCREENED_OUT == "turned away"


@pytest.mark.parametrize(
    ("declaration", "stored"),
    [
        (SessionRules, {}),
        (
            SessionRules,
            {"training": 5, "gold": 1, "traps": 1, "repeats": 4, "gold_misses": 1,
             "trap_misses": 1, "fastest_median_ms": 300, "break_every": 10,
             "pause_not_loaded_percent": 20, "pause_gold_missed_percent": 30},
        ),
        (
            ScreenRequirements,
            {"least_width": 900, "least_height": 600, "stack": True, "least_pixel_ratio": 1.5,
             "orientation": "landscape"},
        ),
        (ScreenRequirements, {"least_width": 900.0, "least_pixel_ratio": 1}),
    ],
)  # fmt: skip
def test_it_reads_and_writes_declarations_as_they_were_stored(declaration, stored):
    assert declaration.of(stored).declared() == stored
