"""Adaptive rules in the database: the assignments that a task replaces."""

from __future__ import annotations

import uuid
from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from common.errors import InputError
from studies.models import Cohort, Study, Trial
from studies.planning.adaptive import plan_round, wins_of
from studies.planning.opening import open_study
from studies.planning.tasks import plan_next_round
from studies.sessions.enrolment import enrol
from studies.sessions.finishing import exclude
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from studies.simulation.simulate import simulate
from tests.studies.world import batch_of

ADAPTIVE = ["asap", "swiss"]


@pytest.fixture(params=ADAPTIVE)
def adaptive(request, db) -> Study:
    """An open study of 16 stimuli in 2 groups of 8 with an adaptive rule."""
    batch = batch_of(contents=1, styles=2, methods=tuple("abcdefgh"))
    fields = {"trials_per_participant": 8, "participant_target": 12, "design": request.param}
    study = Study.objects.create(name="adaptive", kind="E", **fields)
    study.batches.add(batch)
    open_study(study)
    return study


def answer(study: Study, participants: int, choice: str = "left") -> None:
    for _ in range(participants):
        participant = enrol(study)
        while (trial := current_trial(participant)) is not None:
            record_vote(trial, choice, uuid.uuid4(), 900)


def test_it_begins_with_the_balanced_plan_and_says_so(adaptive):
    assert set(adaptive.assignments.values_list("rule", flat=True)) == {"balanced"}
    trial = current_trial(enrol(adaptive))
    assert trial.snapshot["rule"] == {"name": "balanced", "version": 1, "scope": "both"}


def test_it_replaces_free_assignments_only_and_keeps_the_first_rounds(adaptive):
    answer(adaptive, 3)
    kept = adaptive.assignments.exclude(trial=None) | adaptive.assignments.filter(rank__lt=16)
    before = list(kept.values_list("rank", "pair", "first_left", "rule"))
    planned = plan_round(adaptive, "people")
    assert planned >= (14 if adaptive.design == "asap" else 8)
    ranks = [rank for rank, *_ in before]
    again = adaptive.assignments.filter(rank__in=ranks)
    assert list(again.values_list("rank", "pair", "first_left", "rule")) == before
    fresh = adaptive.assignments.filter(rule=adaptive.design)
    assert fresh.count() == planned
    assert min(fresh.values_list("rank", flat=True)) == 24  # right after those that were answered
    assert adaptive.assignments.count() == adaptive.votes_wanted


def test_it_writes_the_rule_that_chose_a_pair_into_its_trial(adaptive):
    answer(adaptive, 3)
    plan_round(adaptive, "people")
    trial = current_trial(enrol(adaptive))
    assert trial.snapshot["rule"]["name"] == adaptive.design


def test_it_counts_votes_for_the_stimulus_whatever_side_it_was_on(adaptive):
    answer(adaptive, 4)
    expected = Counter()
    for trial in Trial.objects.filter(outcome="voted"):
        expected[trial.pair.first_id, trial.pair.second_id, trial.left_id] += 1
    for (one, two), (for_one, for_two) in wins_of(adaptive, "people").items():
        assert (for_one, for_two) == (expected[one, two, one], expected[one, two, two])
    participant = enrol(adaptive)
    tie = current_trial(participant)
    before = wins_of(adaptive, "people").get((tie.pair.first_id, tie.pair.second_id), (0, 0))
    record_vote(tie, "tie", uuid.uuid4())
    after = wins_of(adaptive, "people")[tie.pair.first_id, tie.pair.second_id]
    assert after == (before[0] + 0.5, before[1] + 0.5)


def test_it_leaves_votes_that_do_not_count_out_of_the_choice(adaptive):
    answer(adaptive, 1)
    assert wins_of(adaptive, "people")
    exclude(adaptive.participants.first(), "missed traps")
    assert not wins_of(adaptive, "people")
    assert not wins_of(adaptive, Cohort.SIMULATED)


def test_it_enqueues_a_task_and_never_computes_in_a_request(
    adaptive, monkeypatch, django_capture_on_commit_callbacks
):
    with monkeypatch.context() as patch:
        patch.setattr("studies.planning.tasks.plan_round", None)  # a call within a request fails
        with django_capture_on_commit_callbacks(execute=True):
            answer(adaptive, 2)
    asked = DBTaskResult.objects.all()
    assert asked.count() == 2  # 16 votes, a round every 8
    assert plan_next_round.call(*asked[0].args_kwargs["args"]) > 0
    assert adaptive.assignments.filter(rule=adaptive.design).exists()


def test_it_computes_nothing_in_requests_where_tasks_run_inside_them(
    adaptive, settings, django_capture_on_commit_callbacks
):
    backend = "django_tasks.backends.immediate.ImmediateBackend"
    settings.TASKS = {"default": {"BACKEND": backend}}
    with django_capture_on_commit_callbacks(execute=True):
        answer(adaptive, 2)
    assert not adaptive.assignments.filter(rule=adaptive.design).exists()
    out = StringIO()
    call_command("study", "plan", adaptive.name, stdout=out)
    assert "next pairs" in out.getvalue()
    assert adaptive.assignments.filter(rule=adaptive.design).exists()


@pytest.mark.django_db
def test_it_plans_no_rounds_for_fixed_rules(study):
    assert plan_round(study, "people") == 0
    answer(study, 1)
    assert not DBTaskResult.objects.exists()


def test_it_follows_the_votes_of_simulated_participants(adaptive):
    scores = {one.public_id.hex: number / 2 for number, one in enumerate(adaptive.stimuli.all())}
    assert simulate(adaptive, scores, 6, 8, seed=1, rounds=True) == 48
    rules = [trial.snapshot["rule"]["name"] for trial in Trial.objects.order_by("pk")]
    assert rules[:8] == ["balanced"] * 8
    assert rules.count(adaptive.design) >= 24
    adaptive.design = "balanced"
    with pytest.raises(InputError, match="is not adaptive"):
        simulate(adaptive, scores, 1, 1, seed=1, rounds=True)
