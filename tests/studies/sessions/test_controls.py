"""Control trials, and the rules that exclude sessions."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InputError
from studies.design.session import REPEAT_GAP, trial_kinds
from studies.exchange.export import votes_frame
from studies.models import Cohort, Participant, Study, Trial, TrialKind, Vote
from studies.planning.opening import open_study
from studies.rules.session_rules import SessionRecord, SessionRules, exclusion
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote

CONTROLS = {"training": 2, "gold": 2, "traps": 1, "repeats": 2}


@given(
    st.integers(2 * REPEAT_GAP, 60), *(st.integers(0, 4) for _ in range(4)), st.integers(0, 2**32)
)
def test_a_session_has_the_declared_trials(real, training, gold, traps, repeats, seed):
    plan = trial_kinds(
        real,
        training=training,
        gold=gold,
        attention_checks=traps,
        repeats=repeats,
        generator=np.random.default_rng(seed),
    )
    assert plan[:training] == ["training"] * training
    body = plan[training:]
    counts = {kind: body.count(kind) for kind in ("real", "gold", "trap", "repeat", "training")}
    assert counts == {
        "real": real, "gold": gold, "trap": traps, "repeat": repeats, "training": 0
    }  # fmt: skip
    # Every repeat has a trial of its own to repeat, far enough back.
    for number, place in enumerate(i for i, kind in enumerate(body) if kind == "repeat"):
        assert body[: max(0, place - REPEAT_GAP + 1)].count("real") > number


@pytest.mark.parametrize(
    ("rules", "record", "said"),
    [
        (SessionRules(), SessionRecord(9, 9, 1.0), ""),
        (SessionRules(gold=2), SessionRecord(1, 0, None), "missed gold trials"),
        (SessionRules(gold=2, gold_misses=1), SessionRecord(1, 0, None), ""),
        (SessionRules(attention_checks=1), SessionRecord(0, 1, None), "missed traps"),
        (SessionRules(fastest_median_ms=400), SessionRecord(0, 0, 399.0), "answered too fast"),
        (SessionRules(fastest_median_ms=400), SessionRecord(0, 0, 400.0), ""),
    ],
)
def test_it_excludes_by_the_first_rule_that_fails(rules, record, said):
    assert exclusion(rules, record) == said


@pytest.mark.parametrize("declared", [{"golden": 1}, {"gold": -1}, {"gold": 1.5}, {"gold": True}])
def test_it_refuses_rules_that_it_does_not_know(declared):
    with pytest.raises(InputError, match="use "):
        SessionRules.of(declared)


@pytest.fixture
def controlled(draft: Callable[..., Study]) -> Study:
    """Sessions of ten real trials and seven others; no miss is tolerated."""
    study = draft(trials_per_participant=10, rules={**CONTROLS, "fastest_median_ms": 300})
    open_study(study)
    return study


def take_part(participant: Participant, *, careless: bool = False, ms: int = 900) -> list[Trial]:
    trials = []
    while (trial := current_trial(participant)) is not None:
        other = {"left": "right", "right": "left", "": "left"}
        choice = other[trial.expected] if careless else trial.expected or "left"
        record_vote(trial, choice, uuid.uuid4(), ms)
        trials.append(trial)
    participant.refresh_from_db()
    return trials


@pytest.mark.django_db
def test_it_mixes_control_trials_into_a_session(controlled):
    participant = enrol(controlled)
    trials = take_part(participant)
    kinds = [trial.kind for trial in trials]
    assert {kind: kinds.count(kind) for kind in TrialKind.values} == {
        "real": 10, "training": 2, "gold": 2, "trap": 1, "repeat": 2
    }  # fmt: skip
    assert kinds[:2] == ["training", "training"]
    assert participant.excluded == ""
    # Only real trials hold assignments, and only repeats show a pair twice.
    assert controlled.assignments.exclude(trial=None).count() == 10
    pairs = [trial.pair_id for trial in trials if trial.kind in ("real", "training")]
    assert len(set(pairs)) == len(pairs)
    for trial in trials:
        if trial.kind == "repeat":
            first = trial.repeat_of
            assert (trial.left_id, trial.right_id) == (first.right_id, first.left_id)
            assert trial.position - first.position >= REPEAT_GAP
        if trial.kind == "gold":
            fits, strange = trial.left, trial.right
            if trial.expected == "right":
                fits, strange = strange, fits
            assert trial.reference in fits.styles.all()
            assert trial.reference not in strange.styles.all()
        if trial.kind == "trap":
            assert f"choose the {trial.expected} picture" in trial.question
    assert sorted(votes_frame([controlled])["kind"]) == sorted(kinds)


@pytest.mark.django_db
@pytest.mark.parametrize("training", [1, 3])
def test_training_takes_no_pair_that_a_later_trial_needs(draft, training):
    """12 pairs, each wanted twice: the last of three participants needs 8 certain ones."""
    study = draft(
        trials_per_participant=8, participant_target=3, votes_per_pair=2,
        rules={"training": training},
    )  # fmt: skip
    open_study(study)
    for _ in range(3):
        assert len(take_part(enrol(study))) == 8 + training
    assert not study.assignments.unanswered().exists()


@pytest.mark.django_db
def test_it_shows_a_foreign_content_in_gold_trials_of_a_c_test(draft):
    study = draft(kind="C", trials_per_participant=10, rules={"gold": 3})
    open_study(study)
    gold = [trial for trial in take_part(enrol(study)) if trial.kind == "gold"]
    for trial in gold:
        fits = trial.left if trial.expected == "left" else trial.right
        strange = trial.right if trial.expected == "left" else trial.left
        assert fits.content_id == trial.reference_id != strange.content_id


@pytest.mark.django_db
def test_a_careless_session_is_excluded_and_its_assignments_are_released(controlled):
    careless, fast = enrol(controlled), enrol(controlled)
    take_part(careless, careless=True)
    take_part(fast, ms=100)
    assert careless.excluded == "missed traps"
    assert fast.excluded == "answered too fast"
    assert careless.code  # payment does not depend on it
    assert Vote.objects.count() == 2 * 17
    assert controlled.assignments.exclude(trial=None).count() == 0
    assert set(votes_frame([controlled])["excluded"]) == {"missed traps", "answered too fast"}
    assert controlled.participants.present(Cohort.PEOPLE).count() == 0
    take_part(enrol(controlled))
    assert controlled.assignments.exclude(trial=None).count() == 10


@pytest.mark.django_db
def test_it_never_counts_a_pilot(controlled):
    pilot = enrol(controlled, cohort=Cohort.PILOT)
    assert len(take_part(pilot)) == 17
    assert set(votes_frame([controlled])["excluded"]) == {"pilot"}
    assert controlled.assignments.filter(cohort=Cohort.PEOPLE).taken().count() == 0
    assert controlled.participants.present(Cohort.PEOPLE).count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rules", "trials", "said"),
    [({"repeats": 1}, 6, "at least 10 trials"), ({"training": 9}, 6, "nobody sees a pair twice")],
)
def test_it_refuses_rules_that_do_not_fit_the_session(draft, rules, trials, said):
    with pytest.raises(InputError, match=said):
        open_study(draft(trials_per_participant=trials, rules=rules))


@pytest.mark.django_db
def test_it_refuses_gold_trials_where_there_is_one_reference_only(draft, batch):
    keep = batch.stimuli.first().styles.first()
    batch.stimuli.exclude(styles=keep).delete()
    with pytest.raises(InputError, match="another reference"):
        open_study(draft(trials_per_participant=4, rules={"gold": 1}))
