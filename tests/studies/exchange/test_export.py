"""Votes as a table."""

from __future__ import annotations

import csv
import uuid
from io import StringIO

import pytest

from common.tables import to_csv
from studies.exchange.export import votes_frame
from studies.models import Cohort, Study
from studies.planning.allocation import ensure_assignments
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote

pytestmark = pytest.mark.django_db
CONTRACT = ["participant", "study", "trial", "stimulus_left", "stimulus_right", "choice"]


def vote(study: Study, choice: str = "left", **details: object):
    participant = enrol(study, **details)
    trial = current_trial(participant)
    record_vote(trial, choice, uuid.uuid4(), 1234)
    return trial


def test_it_gives_one_row_per_vote_in_the_agreed_columns(study):
    trial = vote(study, "right")
    current_trial(enrol(study))  # a trial without an answer has no row
    frame = votes_frame([study])
    assert list(frame.columns[:10]) == [*CONTRACT, "kind", "simulated", "excluded", "response_ms"]
    row = frame.iloc[0]
    assert len(frame) == 1
    assert row["stimulus_left"] == trial.left.public_id.hex
    assert row["stimulus_right"] == trial.right.public_id.hex
    assert row["participant"] == trial.participant.public_id.hex
    assert row["trial"] == trial.public_id.hex
    assert (row["choice"], row["kind"], row["response_ms"]) == ("right", "real", 1234)
    assert (row["simulated"], row["excluded"], row["target"]) == (False, "", "E")


def test_it_never_exports_tokens(study):
    trial = vote(study, external_id="prolific-1")
    text = to_csv(votes_frame([study]))
    assert trial.participant.token not in text
    assert study.entry_token not in text
    assert trial.participant.external_id not in text


def test_it_gives_the_reason_of_exclusions(study):
    ensure_assignments(study, Cohort.PILOT, 2)
    ensure_assignments(study, Cohort.SIMULATED, 2)
    vote(study, cohort=Cohort.PILOT)
    vote(study, cohort=Cohort.SIMULATED)
    failed = vote(study).participant
    failed.excluded = "missed a gold trial"
    failed.save()
    frame = votes_frame([study])
    assert list(frame["excluded"]) == ["pilot", "", "missed a gold trial"]
    assert list(frame["simulated"]) == [False, True, False]


def test_it_is_an_empty_table_with_all_columns_before_the_first_vote(study):
    frame = votes_frame([study])
    assert frame.empty
    assert to_csv(frame).startswith(",".join(CONTRACT))


def test_no_cell_is_a_formula(study):
    Study.objects.filter(pk=study.pk).update(name='=HYPERLINK("http://x","y")')
    study.refresh_from_db()
    vote(study)
    rows = list(csv.DictReader(StringIO(to_csv(votes_frame([study])))))
    assert rows[0]["study"] == '\'=HYPERLINK("http://x","y")'
    assert rows[0]["response_ms"] == "1234"
