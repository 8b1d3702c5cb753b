"""Simulated participants over HTTP: forms, cookies, CSRF tokens, pictures."""

from __future__ import annotations

import http.client
from io import StringIO

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from common.errors import InputError
from studies.models import Cohort, Participant, Study, Vote
from studies.monitoring.summary import summarise
from studies.planning.opening import open_study, set_consent
from studies.simulation.bot import Bot
from studies.simulation.simulate import Behaviour, simulate
from tests.studies.world import batch_of


@pytest.fixture
def rehearsed(transactional_db, tmp_path):
    """A draft with control trials and breaks, and a file of true utilities."""
    batch = batch_of()
    study = Study.objects.create(
        name="rehearsed",
        kind="E",
        trials_per_participant=10,
        participant_target=12,
        votes_per_pair=8,
        rules={"gold": 1, "traps": 1, "repeats": 1, "break_every": 5},
    )
    study.batches.add(batch)
    set_consent(study, "You look at pictures.")
    rows = [(s.public_id.hex, number) for number, s in enumerate(batch.stimuli.all())]
    path = tmp_path / "SCORES.csv"
    pd.DataFrame(rows, columns=["stimulus", "truth"]).to_csv(path, index=False)
    return study, path


def command(study: Study, path: object, *more: object) -> str:
    out = StringIO()
    arguments = ("rehearse", study.name, "--scores", path, "--column", "truth", *more)
    call_command("study", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_it_runs_a_study_from_end_to_end_over_http(rehearsed, live_server):
    study, path = rehearsed
    said = command(study, path, "--participants", 3, "--server", live_server.url, "--at-once", 2)
    assert "39 simulated answers over HTTP by 3 participants" in said
    people = Participant.objects.all()
    assert {p.cohort for p in people} == {Cohort.SIMULATED}
    assert {(p.state, p.source, p.consent_version) for p in people} == {
        ("finished", "simulation", 1)
    }
    assert {p.screen["width"] for p in people} == {1280}
    assert all(p.rested for p in people)  # the breaks were taken
    assert summarise(study, Cohort.SIMULATED).gold_passed[0] == 1
    assert summarise(study, Cohort.SIMULATED).attention_checks_passed[0] == 1
    assert study.assignments.filter(cohort=Cohort.PEOPLE).taken().count() == 0
    # They prefer the better stimulus: utilities differ by at least four within a pair.
    right = [
        (vote.choice == "left") == (vote.trial.left_id > vote.trial.right_id)
        for vote in Vote.objects.filter(trial__kind="real").select_related("trial")
    ]
    assert sum(right) >= 0.85 * len(right)


def test_it_starts_a_server_and_bots_may_favour_a_side_and_leave(rehearsed):
    study, path = rehearsed
    said = command(study, path, "--participants", 3, "--dropout", 1, "--side-bias", 60)
    assert "3 left early" in said
    assert set(Vote.objects.exclude(trial__kind__in=("gold", "trap")).values_list("choice")) <= {
        ("left",)
    }
    assert not Participant.objects.filter(state="finished").exists()


def test_it_passes_the_checks_of_the_server(rehearsed, live_server):
    study, _ = rehearsed
    open_study(study)
    host = live_server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    connection.request("POST", study.simulated_url, "consent=yes")
    assert connection.getresponse().status == 403  # no CSRF token
    connection.close()
    with pytest.raises(InputError, match="answered 404"):
        Bot(live_server.url).take_part(study.simulated_url[:-2] + "x/", lambda *_: ("left", 1))
    with pytest.raises(InputError, match="does not answer"):
        Bot("http://127.0.0.1:1").take_part("/studies/", lambda *_: ("left", 1))


@pytest.mark.django_db
def test_it_refuses_behaviour_outside_its_range(rehearsed):
    with pytest.raises(CommandError, match="fatigue=2.0: use a share, 0 … 1"):
        command(*rehearsed, "--fatigue", 2)


def test_it_tires_and_leaves_as_declared(study):
    tired = Behaviour(fatigue=1)
    assert tired.prefers_left(50, 0, 0) == pytest.approx(1)
    assert tired.prefers_left(50, 0, 0.5) == pytest.approx(0.75)
    assert tired.prefers_left(50, 0, 1) == pytest.approx(0.5)
    truth = {s.public_id.hex: 0.0 for s in study.stimuli.all()}
    votes = simulate(study, truth, 20, 6, seed=2, behaviour=Behaviour(dropout=0.5))
    left = Participant.objects.filter(state="active").count()
    assert 4 <= left <= 16
    assert 120 - 6 * left <= votes < 120
    assert sum(summarise(study, Cohort.SIMULATED).dropout_by_trial.values()) == left
