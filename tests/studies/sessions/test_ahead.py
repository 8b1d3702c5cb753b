"""Pictures that are fetched ahead: they are those of the next trial, or of none."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from playwright.sync_api import expect

from studies.models import Trial
from studies.planning.opening import open_study
from studies.sessions.ahead import look_ahead
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.trial_content import picture_url
from studies.sessions.voting import record_vote
from tests.studies.session import answer, begin, ready

pytestmark = pytest.mark.django_db


def addresses(trial: Trial) -> list[str]:
    return [picture_url(trial, place) for place in ("reference", "left", "right")]


def vote(participant) -> Trial | None:
    record_vote(current_trial(participant), "left", uuid.uuid4(), 900)
    participant.refresh_from_db()
    return current_trial(participant)


def test_the_foreseen_trial_follows_with_the_same_pictures(draft):
    study = draft(trials_per_participant=12, votes_per_pair=1)
    open_study(study)
    participant = enrol(study)
    current_trial(participant)
    for _ in range(11):
        foreseen = look_ahead(participant.token)
        assert look_ahead(participant.token) == foreseen  # asked again after a reload
        before = [Client().get(address).content for address in foreseen]
        assert all(data.startswith(b"\x89PNG") for data in before)
        following = vote(participant)
        assert addresses(following) == foreseen
        assert [Client().get(address).content for address in foreseen] == before
    assert look_ahead(participant.token) == []
    sides = [trial.first_left for trial in participant.trials.all()]
    assert abs(2 * sum(sides) - len(sides)) <= 1
    assert participant.trials.values("pair").distinct().count() == 12


def test_people_at_once_foresee_different_trials(draft):
    study = draft(trials_per_participant=6, participant_target=8)
    open_study(study)
    people = [enrol(study, f"person {number}") for number in range(4)]
    for one in people:
        current_trial(one)
    foreseen = [look_ahead(one.token) for one in people]
    following = [addresses(vote(one)) for one in people]
    assert following == foreseen


def test_an_assignment_that_was_taken_meanwhile_gives_another_trial_under_another_address(draft):
    study = draft(trials_per_participant=6)
    open_study(study)
    participant, other = enrol(study, "one"), enrol(study, "other")
    current_trial(participant)
    foreseen = look_ahead(participant.token)
    participant.refresh_from_db()
    taken = study.assignments.get(pk=participant.ahead_assignment)
    taken.trial = current_trial(other)
    study.assignments.filter(trial=taken.trial).update(trial=None)
    taken.save()
    following = vote(participant)
    assert not set(addresses(following)) & set(foreseen)
    assert following.assignment.pk != taken.pk


@pytest.mark.parametrize(
    "fields",
    [{"design": "swiss"}, {"rules": {"gold": 6}}],
    ids=["adaptive design", "control trial"],
)
def test_what_cannot_be_foreseen_is_fetched_with_its_trial(draft, fields):
    study = draft(**{"trials_per_participant": 6, **fields})
    open_study(study)
    participant = enrol(study)
    if "rules" in fields:
        participant.trial_kinds = ["real", "gold"]
        participant.save()
    current_trial(participant)
    assert look_ahead(participant.token) == []
    assert "data-ahead" not in Client().get(participant.take_url).content.decode()


def test_strangers_learn_nothing(study):
    assert Client().post("/studies/take/unknown/ahead/").status_code == 404
    participant = enrol(study)
    current_trial(participant)
    assert Client().get(f"{participant.take_url}ahead/").status_code == 405


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_browser_requests_every_picture_once(page, live_server, long_study):
    asked = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    begin(page, live_server, long_study)
    for number in range(4):
        ready(page, number)
        page.wait_for_load_state("networkidle")
        answer(page, "left")
    ready(page, 4)
    shown = page.locator(".stage img").evaluate_all("all => all.map((image) => image.src)")
    pictures = [url for url in asked if "/picture/" in url]
    assert len(pictures) == len(set(pictures)) and set(shown) <= set(pictures)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "4")
