"""Arrival, return and end: recruitment services, codes, places, screen requirements, withdrawal."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from studies.models import Participant, Study, Trial, Vote
from studies.planning.opening import open_study
from studies.privacy import erasure
from studies.privacy.erasure import erase, erase_again, erase_person, log_path
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_load_failure, record_vote
from tests.studies.views.test_participant_pages import begin, csrf, send

PROLIFIC = "?PROLIFIC_PID=60a1b2c3d4e5f60718293a4b&STUDY_ID=1&SESSION_ID=2"


@pytest.fixture
def person() -> Client:
    return Client(enforce_csrf_checks=True)


def consent(person: Client, study: Study, query: str = "", **fields: object):
    address = f"{study.entry_url}{query}"
    token = csrf(person.get(address))
    return person.post(address, {"consent": "yes", "csrfmiddlewaretoken": token, **fields})


def answer_all(participant: Participant) -> None:
    while (trial := current_trial(participant)) is not None:
        record_vote(trial, "left", uuid.uuid4(), 800)


@pytest.fixture
def prolific(draft: Callable[..., Study]) -> Study:
    study = draft(
        recruiter="prolific",
        codes={"completed": "C0MP", "no_consent": "N0", "full": "FULL", "screened_out": "SCR33N"},
        required_screen={"least_width": 1000},
    )
    open_study(study)
    return study


@pytest.mark.django_db
def test_it_sends_people_back_to_prolific_when_all_is_answered(person, prolific):
    address = consent(person, prolific, PROLIFIC, width=1280)["Location"]
    participant = Participant.objects.get()
    assert participant.screen == {"width": 1280}
    assert "60a1b2c3d4e5f60718293a4b" not in json.dumps(
        list(Participant.objects.values()), default=str
    )
    for _ in range(6):
        page = person.get(address).content.decode()
        assert "C0MP" not in page and "prolific" not in page
        record_vote(current_trial(participant), "left", uuid.uuid4())
    end = person.get(address).content.decode()
    assert "https://app.prolific.com/submissions/complete?cc=C0MP" in end


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "code"), [({"consent": "no"}, "N0"), ({"width": 800}, "SCR33N")]
)
def test_it_has_a_code_for_those_who_do_not_take_part(person, prolific, fields, code):
    page = consent(person, prolific, PROLIFIC, **fields).content.decode()
    assert f"complete?cc={code}" in page
    assert not Participant.objects.filter(state="active").exists()
    # The same person may begin later, or on a larger screen.
    assert consent(person, prolific, PROLIFIC, width=1280).status_code == 303


@pytest.mark.django_db
def test_it_has_a_code_if_the_study_is_full(person, prolific):
    for _ in range(4):
        enrol(prolific)
    page = consent(person, prolific, PROLIFIC, width=1280).content.decode()
    assert "complete?cc=FULL" in page


@pytest.mark.django_db
def test_it_gives_every_person_a_code_of_their_own_without_a_service(study):
    one, two = enrol(study), enrol(study)
    assert one.code != two.code
    assert len(one.code) == 10


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("returning", "participants"), [("resume", 1), ("restart", 2), ("block", 1)]
)
def test_it_resumes_restarts_or_blocks_a_returning_person(draft, returning, participants):
    study = draft(returning=returning)
    open_study(study)
    first = consent(Client(), study, PROLIFIC)["Location"]
    record_vote(current_trial(Participant.objects.get()), "left", uuid.uuid4())
    again = consent(Client(), study, PROLIFIC)  # another browser
    assert Participant.objects.count() == participants
    if returning == "resume":
        assert again["Location"] == first
    elif returning == "restart":
        assert again["Location"] != first
        old = Participant.objects.order_by("pk").first()
        assert (old.state, old.excluded) == ("replaced", "began anew")
        assert study.assignments.filter(cohort="people").taken().count() == 0
        assert "already begun" in Client().get(first).content.decode()
    else:
        assert "already begun" in again.content.decode()


@pytest.mark.django_db
def test_it_shows_the_end_to_those_who_finished_whatever_the_rule(draft):
    study = draft(returning="restart")
    open_study(study)
    address = consent(Client(), study, PROLIFIC)["Location"]
    answer_all(Participant.objects.get())
    assert consent(Client(), study, PROLIFIC)["Location"] == address


@pytest.mark.django_db
def test_it_offers_breaks(person, draft):
    study = draft(rules={"break_every": 2})
    open_study(study)
    address = begin(person, study)
    breaks = 0
    for _ in range(6):
        page = person.get(address)
        if "short break" in page.content.decode():
            breaks += 1
            assert "short break" in person.get(address).content.decode()
            person.post(f"{address}on/", {"csrfmiddlewaretoken": csrf(page)})
            page = person.get(address)
        send(person, address, page)
    assert breaks == 2


@pytest.mark.django_db
def test_pilots_have_their_own_link(person, study):
    page = person.get(study.pilot_url)
    assert "are not analysed" in page.content.decode()
    answer = person.post(study.pilot_url, {"consent": "yes", "csrfmiddlewaretoken": csrf(page)})
    assert Participant.objects.get().cohort == "pilot"
    assert person.get(answer["Location"]).status_code == 200


@pytest.mark.django_db
def test_it_erases_everything_when_somebody_withdraws(person, study):
    address = begin(person, study)
    send(person, address, person.get(address))
    person.get(address)
    page = person.get(f"{address}stop/")
    answer = person.post(f"{address}stop/", {"erase": "yes", "csrfmiddlewaretoken": csrf(page)})
    assert "erased" in person.get(answer["Location"]).content.decode()
    participant = Participant.objects.get()
    assert (participant.state, participant.external_id, participant.screen) == ("withdrawn", "", {})
    assert not Trial.objects.exists() and not Vote.objects.exists()
    assert study.assignments.filter(cohort="people").taken().count() == 0
    assert person.get(study.entry_url).status_code == 200  # they may begin anew


@pytest.mark.django_db
def test_it_erases_a_person_by_their_id_and_again_after_a_restore(study, draft):
    other = draft()
    open_study(other)
    sessions = [enrol(study, "worker 7"), enrol(other, "worker 7"), enrol(study, "worker 8")]
    for participant in sessions:
        answer_all(participant)
    before = len(log_path().read_text().splitlines()) if log_path().exists() else 0
    assert erase_person("worker 7") == 2
    assert Vote.objects.count() == 6
    assert erase_person("worker 7") == 0
    logged = log_path().read_text().splitlines()[before:]
    assert len(logged) == 2
    assert "worker" not in "".join(logged)
    # A restored copy does not have the erasure yet.
    Participant.objects.filter(pk=sessions[0].pk).update(state="finished", excluded="")
    assert erase_again() == 1
    assert erase_again() == 0


@pytest.mark.django_db
def test_an_erasure_is_logged_before_it_happens(study, monkeypatch):
    participant = enrol(study)

    def fail(self: Participant) -> None:
        raise OSError

    monkeypatch.setattr(erasure, "withdraw", fail)
    with pytest.raises(OSError):
        erase(participant)
    assert participant.public_id.hex in log_path().read_text()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("returning", "participants"), [("resume", 1), ("restart", 2), ("block", 1)]
)
def test_a_returning_browser_is_recognised_without_an_id(draft, returning, participants):
    study = draft(returning=returning)
    open_study(study)
    person = Client()
    first = person.post(study.entry_url, {"consent": "yes"})["Location"]
    again = person.get(study.entry_url)
    if returning == "block":
        assert "already begun" in again.content.decode()
    elif returning == "resume":
        assert again["Location"] == first
    else:
        assert person.post(study.entry_url, {"consent": "yes"})["Location"] != first
    assert Participant.objects.count() == participants


@pytest.mark.django_db
def test_a_placeholder_is_not_an_id(study):
    for query in ("?PROLIFIC_PID={{%PROLIFIC_PID%}}", "?prolific_pid="):
        Client().post(f"{study.entry_url}{query}", {"consent": "yes"})
    assert Participant.objects.count() == 2


@pytest.mark.django_db
def test_participants_are_told_if_pictures_never_load(draft):
    study = draft(codes={"not_loaded": "L0ST"})
    open_study(study)
    person, participant = Client(), enrol(study)
    for _ in range(3):
        assert 'name="trial"' in person.get(participant.take_url).content.decode()
        record_load_failure(current_trial(participant))
    page = person.get(participant.take_url).content.decode()
    assert "cannot be loaded" in page and "L0ST" in page
    again = person.get(f"{participant.take_url}?again=1").content.decode()
    assert 'name="trial"' in again
