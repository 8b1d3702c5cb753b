"""Simulated participants: their true utilities are recovered, and their rows are marked."""

from __future__ import annotations

import time
import uuid

import numpy as np
import pytest

from common.errors import InputError
from studies.exchange.export import votes_frame
from studies.models import Cohort, Participant, Study, Trial
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol, has_room
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from studies.simulation.simulate import Behaviour, simulate
from tests.studies.world import batch_of

pytestmark = pytest.mark.django_db


def utilities(study: Study, spread: float = 1.0) -> dict[str, float]:
    return {
        stimulus.public_id.hex: spread * number
        for number, stimulus in enumerate(study.stimuli.order_by("method", "pk"))
    }


def test_it_marks_every_row_as_simulated_and_uses_no_assignments_of_people(study):
    assert simulate(study, utilities(study), 5, 6, seed=1) == 30
    assert set(Participant.objects.values_list("cohort", flat=True)) == {Cohort.SIMULATED}
    assert votes_frame([study])["simulated"].all()
    assert study.assignments.filter(cohort=Cohort.PEOPLE).taken().count() == 0
    assert has_room(study)


def test_it_repeats_itself_with_the_same_seed(draft):
    tables = []
    for seed in (1, 1, 2):
        study = draft()
        open_study(study)
        simulate(study, utilities(study, 0.1), 4, 6, seed=seed)
        columns = ["stimulus_left", "stimulus_right", "choice", "response_ms"]
        tables.append(votes_frame([study])[columns])
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])


def test_it_prefers_the_better_stimulus_with_the_models_probability(study):
    worth = utilities(study, 0.15)
    simulate(study, worth, 120, 8, seed=3)
    frame = votes_frame([study])
    difference = frame["stimulus_left"].map(worth) - frame["stimulus_right"].map(worth)
    expected = 1 / (1 + np.exp(-difference))
    chosen = (frame["choice"] == "left").to_numpy()
    deviation = (chosen - expected).sum() / np.sqrt((expected * (1 - expected)).sum())
    assert abs(deviation) < 3
    # The score statistic of the slope: zero where the true slope is 1.
    slope = (difference * (chosen - expected)).sum()
    assert abs(slope) < 3 * np.sqrt((difference**2 * expected * (1 - expected)).sum())


def test_it_takes_assignments_in_the_order_of_people(study):
    simulate(study, utilities(study), 4, 6, seed=1)
    for _ in range(4):
        person = enrol(study)
        while (trial := current_trial(person)) is not None:
            record_vote(trial, "left", uuid.uuid4())
    shown = [
        list(
            Trial.objects.filter(participant__cohort=cohort)
            .order_by("participant", "position")
            .values_list("left", "right", "position", "first_left", "snapshot")
        )
        for cohort in (Cohort.SIMULATED, Cohort.PEOPLE)
    ]
    assert shown[0] == shown[1]
    assert len(shown[0]) == 24


def test_it_can_favour_a_side_and_be_inattentive():
    assert Behaviour().prefers_left(1.0, 1.0) == 0.5
    assert Behaviour(side_bias=1.0).prefers_left(0.0, 0.0) == pytest.approx(0.7311, abs=1e-4)
    assert Behaviour(inattention=1.0).prefers_left(50.0, 0.0) == 0.5
    assert Behaviour(inattention=0.2).prefers_left(50.0, 0.0) == pytest.approx(0.9)
    with pytest.raises(InputError, match="inattention=2.*a share, 0 … 1"):
        Behaviour.of({"inattention": 2})


def test_it_refuses_what_it_cannot_simulate(draft, study):
    with pytest.raises(InputError, match="is not open"):
        simulate(draft(), {}, 1, 1, seed=1)
    with pytest.raises(InputError, match="nothing to simulate"):
        simulate(study, utilities(study), 0, 5, seed=1)
    missing = utilities(study)
    missing.popitem()
    with pytest.raises(InputError, match="has no true score"):
        simulate(study, missing, 1, 5, seed=1)
    with pytest.raises(InputError, match="nobody sees a pair twice"):
        simulate(study, utilities(study), 1, 9, seed=1)


def test_it_can_be_run_again_for_more_votes(study):
    simulate(study, utilities(study), 3, 6, seed=1)
    simulate(study, utilities(study), 3, 6, seed=2)
    assert study.assignments.filter(cohort=Cohort.SIMULATED).taken().count() == 36


def test_it_simulates_two_thousand_votes_in_seconds(db):
    batch = batch_of(contents=4, styles=4, methods=("a", "b", "c", "d"))
    study = Study.objects.create(name="many", kind="E", trials_per_participant=50)
    study.batches.add(batch)
    open_study(study)
    began = time.process_time()
    assert simulate(study, utilities(study), 40, 50, seed=1) == 2000
    assert time.process_time() - began < 15
