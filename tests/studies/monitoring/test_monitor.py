"""The monitor: published numbers of agreement, and counts of rows."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from studies.models import Cohort, Participant
from studies.monitoring.agreement import krippendorff_alpha, share_with_interval
from studies.monitoring.summary import summarise
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.errors import NotOpenError
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_load_failure, record_vote


def test_it_gives_the_published_alpha_of_krippendorffs_example():
    # Krippendorff 2011, section C: four observers, twelve units, missing values.
    table = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    units = [[value for value in unit if value is not None] for unit in zip(*table, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


@given(st.lists(st.lists(st.sampled_from("ab"), max_size=5), max_size=8))
def test_it_never_exceeds_perfect_agreement(units):
    alpha = krippendorff_alpha(units)
    assert alpha is None or -1 <= alpha <= 1


def test_alpha_is_one_for_agreement_and_none_for_a_single_value():
    assert krippendorff_alpha(["aa", "bb", "bbb"]) == 1
    assert krippendorff_alpha(["aa", "aa"]) is None
    assert krippendorff_alpha([]) is None


def test_it_gives_shares_with_wilson_intervals():
    # Newcombe 1998, table I, method 3: 81 of 263.
    share, low, high = share_with_interval(81, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))
    assert share == pytest.approx(81 / 263)
    assert share_with_interval(0, 0) is None


def answer(participant: Participant, side: str = "left", ms: int = 800) -> None:
    trial = current_trial(participant)
    record_vote(trial, trial.expected or side, uuid.uuid4(), ms)


@pytest.mark.django_db
def test_it_counts_the_events_of_sessions(draft, researcher):
    study = draft(trials_per_participant=10, rules={"gold": 1, "traps": 1, "repeats": 1})
    open_study(study)
    done, left = enrol(study), enrol(study)
    for _ in range(13):
        answer(done)
    for _ in range(3):
        answer(left, "right", 1200)
    record_load_failure(current_trial(left))
    Participant.objects.filter(pk=left.pk).update(last_seen=timezone.now() - timedelta(hours=2))
    seen = summarise(study)
    assert sum(votes * pairs for votes, pairs in seen.votes_by_pair.items()) >= 10
    assert sum(seen.votes_by_pair.values()) == study.pairs.count()
    assert seen.dropout_by_trial == {3: 1}
    assert seen.gold_passed[0] == seen.attention_checks_passed[0] == 1
    assert seen.repeats_agreed[0] == 0  # always left: the repeat is swapped
    assert seen.not_loaded[0] == 1 / 17
    assert seen.excluded == {}
    assert summarise(study, Cohort.SIMULATED).median_ms is None
    page = researcher.get(f"/studies/{study.pk}/monitor/").content.decode()
    assert "Krippendorff" in page and "100 % (" in page
    assert researcher.get(f"/studies/{study.pk}/monitor/?of=nobody").status_code == 404


@pytest.mark.django_db
def test_it_pauses_a_study_whose_pictures_do_not_load(draft, researcher):
    study = draft(rules={"pause_not_loaded_percent": 30}, participant_target=20)
    open_study(study)
    for _ in range(10):
        participant = enrol(study)
        answer(participant)
        record_load_failure(current_trial(participant))
    study.refresh_from_db()
    assert "50 % of the latest trials" in study.paused_because
    with pytest.raises(NotOpenError):
        enrol(study)
    assert current_trial(participant) is not None  # participants who have begun continue
    page = researcher.post(f"/studies/{study.pk}/on/", follow=True).content.decode()
    assert "admits participants again" in page
    enrol(study)


@pytest.mark.django_db
def test_it_pauses_a_study_whose_gold_trials_are_missed(draft):
    study = draft(rules={"gold": 5, "pause_gold_missed_percent": 50}, participant_target=10)
    open_study(study)
    for _ in range(4):
        participant = enrol(study)
        while (trial := current_trial(participant)) is not None:
            wrong = {"left": "right", "right": "left"}.get(trial.expected, "left")
            record_vote(trial, wrong, uuid.uuid4(), 800)
    study.refresh_from_db()
    assert "gold trials were missed" in study.paused_because
