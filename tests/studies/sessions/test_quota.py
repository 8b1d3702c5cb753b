"""A study with people who leave: the balance of votes and sides under every rule."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from studies.design import DESIGNS
from studies.models import Participant, Study, Trial, Vote
from studies.planning.adaptive import plan_round
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol, has_room
from studies.sessions.next_trial import current_trial, history_of
from studies.sessions.voting import record_vote
from tests.studies.world import batch_of

pytestmark = pytest.mark.django_db
PERSONS, TRIALS = 20, 12
AT_ONCE = 6
DROPOUT = 0.4
FIXED = sorted(name for name, rule in DESIGNS.items() if not rule.follows_votes)


@pytest.fixture
def crowded(db):
    """An open study of 36 stimuli in 9 groups of 4, by any rule."""

    def make(design: str, persons: int = PERSONS) -> Study:
        study = Study.objects.create(
            name=design,
            kind="E",
            design=design,
            trials_per_participant=TRIALS,
            participant_target=persons,
        )
        study.batches.add(batch_of(contents=3, styles=3, methods=("a", "b", "c", "d")))
        open_study(study)
        return study

    return make


def leave(participant: Participant) -> None:
    """Let a participant leave: time passes without a request."""
    past = timezone.now() - timedelta(hours=1)
    participant.trials.filter(outcome="").update(lease_until=past)
    Participant.objects.filter(pk=participant.pk, state="active").update(last_seen=past)


def run(study: Study, seed: int, enough: int | None = None) -> int:
    """People arrive, answer simultaneously, and four of ten leave, until all votes are stored.

    Returns the number who began. Rounds of adaptive rules are planned as by a worker.
    """
    generator = np.random.default_rng(seed)
    here: list[tuple[Participant, int]] = []
    began, votes = 0, 0
    while votes != enough:
        while len(here) < AT_ONCE and has_room(study):
            stays = generator.random() > DROPOUT
            here.append((enrol(study), TRIALS if stays else int(generator.integers(TRIALS))))
            began += 1
        if not here:
            break
        place = int(generator.integers(len(here)))
        participant, left = here[place]
        trial = current_trial(participant)
        if trial is None or left == 0:
            leave(participant)
            del here[place]
            continue
        record_vote(trial, str(generator.choice(["left", "right"])), uuid.uuid4(), 900)
        here[place] = (participant, left - 1)
        votes += 1
        if DESIGNS[study.design].follows_votes and votes % 18 == 0:
            assert plan_round(study, "people")
    return began


def counted(study: Study) -> tuple[Counter[int], Counter[int]]:
    """Votes of every pair, and those for which its first stimulus was on the left."""
    trials = Trial.objects.filter(answer__excluded="", participant__study=study)
    votes = Counter(trials.values_list("pair_id", flat=True))
    return votes, Counter(trials.filter(first_left=True).values_list("pair_id", flat=True))


def expect_fair_sessions(study: Study) -> None:
    """Sides within one for every person, and no pair twice."""
    for participant in study.participants.all():
        trials = participant.trials.filter(outcome="voted")
        sides = list(trials.values_list("first_left", flat=True))
        assert abs(2 * sum(sides) - len(sides)) <= 1
        pairs = list(participant.trials.values_list("pair_id", flat=True))
        assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize("design", FIXED)
def test_every_pair_gets_its_votes_although_people_leave(crowded, design):
    study = crowded(design)
    began = run(study, seed=1)
    assert began > PERSONS  # some were replaced
    votes, left = counted(study)
    wanted, pairs = study.votes_wanted, study.pairs.count()
    assert votes.total() == wanted == Vote.objects.count()
    assert len(votes) == pairs
    assert set(votes.values()) <= {wanted // pairs, -(-wanted // pairs)}
    assert all(abs(2 * left[pair] - votes[pair]) <= 1 for pair in votes)
    expect_fair_sessions(study)
    # Replacement needs as many sessions as were abandoned, and a few short ones.
    whole = sum(history_of(p).answered == TRIALS for p in study.participants.all())
    assert whole >= 0.6 * PERSONS


@pytest.mark.parametrize(("design", "enough"), list(zip(FIXED, (67, 94, 131), strict=True)))
def test_it_is_nearly_even_wherever_it_stops(crowded, design, enough):
    study = crowded(design)
    run(study, seed=2, enough=enough)
    votes, left = counted(study)
    each = [votes[pair] for pair in study.pairs.values_list("pk", flat=True)]
    least = min(each, key=lambda n: -sum(n <= v <= n + 1 for v in each))
    assert sum(least <= v <= least + 1 for v in each) >= 0.95 * len(each)
    assert max(each) - min(each) <= 2
    assert all(abs(2 * left[pair] - votes[pair]) <= 1 for pair in votes)
    expect_fair_sessions(study)


@pytest.mark.parametrize("design", sorted(set(DESIGNS) - set(FIXED)))
def test_adaptive_rules_keep_quota_and_sides(crowded, design):
    """The rule chooses the votes per pair; the other properties are the same."""
    study = crowded(design, persons=10)
    run(study, seed=3)
    votes, left = counted(study)
    assert votes.total() == study.votes_wanted
    assert all(abs(2 * left[pair] - votes[pair]) <= 1 for pair in votes)
    expect_fair_sessions(study)
    rules = Counter(t.snapshot["rule"]["name"] for t in Trial.objects.filter(outcome="voted"))
    assert set(rules) == {"balanced", design}
    assert rules[design] > rules["balanced"]
