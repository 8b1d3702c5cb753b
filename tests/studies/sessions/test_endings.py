"""Every ending of a session has its own code, and no code is shown before the end."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from studies.forms.study import CODES
from studies.models import Participant, Study, Vote
from studies.planning.opening import close_study, open_study
from studies.sessions.enrolment import enrol, has_room
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_load_failure, record_vote

pytestmark = pytest.mark.django_db
DECLARED = {ending: f"C0DE-{ending}" for ending in CODES}
TRIALS, CONTROLS = 6, {"traps": 1, "gold": 1}


@pytest.fixture
def study(draft) -> Study:
    found = draft(
        recruiter="prolific", codes=DECLARED, rules=CONTROLS, required_screen={"least_width": 1000},
        participant_target=8,
    )  # fmt: skip
    open_study(found)
    return found


def consent(study: Study, **fields: object):
    address = f"{study.entry_url}?PROLIFIC_PID={uuid.uuid4().hex}"
    return Client().post(address, {"consent": "yes", "width": 1280, **fields})


def answered(study: Study, *wrong: str) -> str:
    """Answer all trials, those of the kinds `wrong` wrongly; returns the text of the last page."""
    address = consent(study)["Location"]
    participant = Participant.objects.get(token=address.split("/")[-2])
    for _ in participant.trial_kinds:
        page = Client().get(address).content.decode()
        assert not [code for code in DECLARED.values() if code in page]
        trial = current_trial(participant)
        other = {"left": "right", "right": "left"}
        choice = other[trial.expected] if trial.kind in wrong else trial.expected or "left"
        record_vote(trial, choice, uuid.uuid4(), 900)
    return Client().get(address).content.decode()


def full(study: Study) -> str:
    while has_room(study):
        enrol(study)
    return consent(study).content.decode()


def not_loaded(study: Study) -> str:
    participant = enrol(study)
    for _ in range(3):
        record_load_failure(current_trial(participant))
    return Client().get(participant.take_url).content.decode()


WAYS = {
    "completed": answered,
    "attention": lambda study: answered(study, "trap"),
    "screened_out": lambda study: consent(study, width=900).content.decode(),
    "no_consent": lambda study: consent(study, consent="no").content.decode(),
    "full": full,
    "not_loaded": not_loaded,
}


@pytest.mark.parametrize("ending", CODES)
def test_every_ending_shows_its_own_code_and_no_other(study, ending):
    page = WAYS[ending](study)
    assert {name for name, code in DECLARED.items() if code in page} == {ending}
    assert f"https://app.prolific.com/submissions/complete?cc={DECLARED[ending]}" in page


@pytest.mark.parametrize("ending", ["screened_out", "no_consent", "full", "not_loaded"])
def test_without_a_declared_code_there_is_no_redirect(study, ending):
    Study.objects.filter(pk=study.pk).update(codes={"completed": "D0NE"})
    study.refresh_from_db()
    page = WAYS[ending](study)
    assert "D0NE" not in page and "app.prolific.com" not in page


def test_missed_gold_trials_never_cost_the_code(study):
    page = answered(study, "gold")
    assert DECLARED["completed"] in page
    assert Participant.objects.get(state="finished").excluded == "missed gold trials"


def test_missed_attention_checks_are_complete_if_the_study_declares_no_code(study):
    Study.objects.filter(pk=study.pk).update(codes={"completed": "D0NE"})
    assert "complete?cc=D0NE" in answered(study, "trap")
    assert Participant.objects.get(state="finished").excluded == "missed traps"


@pytest.mark.parametrize("declared", [{}, {"completed": "SAME-4-ALL"}])
def test_it_shows_a_code_to_copy_if_the_service_needs_one(draft, declared):
    study = draft(recruiter="mturk", codes=declared)
    open_study(study)
    pages = []
    for worker in ("A1", "A2"):
        address = f"{study.entry_url}?workerId={worker}&assignmentId=3A&hitId=3H"
        location = Client().post(address, {"consent": "yes"})["Location"]
        participant = Participant.objects.get(token=location.split("/")[-2])
        while (trial := current_trial(participant)) is not None:
            record_vote(trial, "left", uuid.uuid4(), 900)
        pages.append(Client().get(location).content.decode())
        code = declared.get("completed") or participant.code
        assert f'aria-label="Completion code">{code}<' in pages[-1]
        assert "Complete</a>" not in pages[-1] and "http" not in pages[-1]
    codes = {p.code for p in Participant.objects.all()}
    assert len(codes) == 2 and all(code.isalnum() and len(code) == 10 for code in codes)


@pytest.mark.parametrize("count", [0, 1])
def test_without_answers_there_is_no_code_when_the_study_closes(study, count):
    location = consent(study)["Location"]
    participant = Participant.objects.get()
    for _ in range(count):
        trial = current_trial(participant)
        record_vote(trial, trial.expected or "left", uuid.uuid4(), 900)
    close_study(study)
    page = Client().get(location).content.decode()
    assert (DECLARED["completed"] in page) is (count > 0)
    assert ("This study is not open" in page) is (count == 0)


@pytest.mark.parametrize("allowed", [True, False])
def test_a_tie_counts_only_where_the_study_offers_it(draft, allowed):
    study = draft(ties_allowed=allowed)
    open_study(study)
    participant = enrol(study)
    trial = current_trial(participant)
    page = Client().get(participant.take_url).content.decode()
    assert ('value="tie"' in page) is allowed
    sent = {"trial": trial.public_id, "choice": "tie", "client_uuid": uuid.uuid4()}
    answer = Client().post(f"{participant.take_url}vote/", sent)
    assert answer.status_code == (303 if allowed else 400)
    assert Vote.objects.filter(choice="tie").count() == int(allowed)
