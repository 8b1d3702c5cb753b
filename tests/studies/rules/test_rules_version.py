"""Rules are fixed before the first participant, and every session names their version."""

from __future__ import annotations

import uuid

import pytest

from common.errors import InputError
from studies.exchange.export import votes_frame
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote

pytestmark = pytest.mark.django_db


def test_it_counts_declarations_of_the_draft_and_writes_the_last_into_every_session(draft):
    study = draft()
    assert study.rules_in_force == "1.1"
    study.rules = {"fastest_median_ms": 300}
    study.save()
    study.save()  # nothing new was declared
    assert study.rules_in_force == "1.2"
    open_study(study)
    record_vote(current_trial(enrol(study)), "left", uuid.uuid4(), 900)
    assert set(votes_frame([study])["rules_version"]) == {"1.2"}


def test_it_refuses_other_rules_once_the_study_is_open(study):
    study.rules = {"gold": 1}
    with pytest.raises(InputError, match="were declared when it opened"):
        study.save()
    study.refresh_from_db()
    assert (study.rules, study.rules_in_force) == ({}, "1.1")


def test_it_keeps_question_rule_and_hashes_with_every_trial(study):
    trial = current_trial(enrol(study))
    shown = trial.snapshot
    assert shown["question"]["version"] == study.question_version
    assert shown["rule"] == {"name": "balanced", "version": 1, "scope": "both"}
    for place, picture in (
        ("reference", trial.reference),
        ("left", trial.left),
        ("right", trial.right),
    ):
        assert shown[place]["sha256"] == picture.sha256
