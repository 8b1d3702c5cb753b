"""The questions after the last trial, and the change of the last answer."""

from __future__ import annotations

import csv
import io
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from studies.exchange.bundle import write_bundle
from studies.exchange.export import votes_frame
from studies.models import Participant, Vote
from studies.planning.opening import close_study, open_study
from studies.privacy.erasure import erase
from studies.privacy.retention import sweep
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from tests.studies.session import PHONE, WIDE, answer, begin, ready
from tests.studies.shots import shoot
from tests.studies.views.test_accessible import expect_no_violations

pytestmark = pytest.mark.django_db
ASKED = {"ask_age": True, "ask_vision": True, "ask_comment": True}


def finished(study) -> Participant:
    participant = enrol(study, language=study.language)
    while (trial := current_trial(participant)) is not None:
        record_vote(trial, "left", uuid.uuid4(), 900)
    participant.refresh_from_db()
    return participant


@pytest.fixture
def asked(draft):
    study = draft(rules=ASKED)
    open_study(study)
    return finished(study)


def test_the_code_follows_the_questions_and_the_first_answers_stay(asked):
    person = Client()
    page = person.get(asked.take_url).content.decode()
    assert "How old are you?" in page and asked.code not in page
    address = f"{asked.take_url}questions/"
    person.post(address, {"age": "30-44", "vision": "", "comment": " The pictures are fine. "})
    person.post(address, {"age": "60-", "comment": "again"})  # a double click, a second window
    asked.refresh_from_db()
    assert asked.questionnaire == {
        "version": 1, "age": "30-44", "comment": "The pictures are fine."
    }  # fmt: skip
    assert asked.code in person.get(asked.take_url).content.decode()
    assert asked.code in person.get(address, follow=True).content.decode()


def test_nothing_has_to_be_answered_and_nonsense_is_refused(asked):
    person = Client()
    address = f"{asked.take_url}questions/"
    page = person.post(address, {"age": "young", "comment": "x" * 1001}).content.decode()
    assert "Select a valid choice" in page and "x" * 1001 in page
    person.post(address, {})
    asked.refresh_from_db()
    assert asked.questionnaire == {"version": 1}
    assert asked.code in person.get(asked.take_url).content.decode()


def test_answers_before_the_end_are_not_taken(draft):
    study = draft(rules=ASKED)
    open_study(study)
    participant = enrol(study)
    Client().post(f"{participant.take_url}questions/", {"age": "30-44"})
    participant.refresh_from_db()
    assert participant.questionnaire == {}


def test_they_are_exported_without_comments_and_deleted_with_a_withdrawal(asked, researcher):
    Client().post(f"{asked.take_url}questions/", {"age": "18-29", "comment": "I am Ada"})
    own = researcher.get(f"/studies/{asked.study_id}/QUESTIONNAIRE.csv").content.decode()
    [row] = csv.DictReader(io.StringIO(own))
    assert row == {
        "participant": asked.public_id.hex, "age": "18-29", "vision": "", "comment": "I am Ada"
    }  # fmt: skip
    write_bundle(asked.study, archive := io.BytesIO(), "CC0-1.0")
    with zipfile.ZipFile(archive) as bundle:
        published = bundle.read("QUESTIONNAIRE.csv").decode()
        assert "QUESTIONNAIRE.csv" in bundle.read("CODEBOOK.md").decode()
    assert "18-29" in published and "Ada" not in published
    asked.refresh_from_db()
    erase(asked)
    asked.refresh_from_db()
    assert asked.questionnaire == {}


def test_the_comment_is_deleted_after_the_retention_period(asked):
    Client().post(f"{asked.take_url}questions/", {"age": "18-29", "comment": "I am Ada"})
    close_study(asked.study)
    asked.study.closed_at = timezone.now() - timedelta(days=91)
    asked.study.save()
    sweep(90)
    asked.refresh_from_db()
    assert asked.questionnaire == {"version": 1, "age": "18-29"}


@pytest.mark.axe
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("size", "language"), [(WIDE, ""), (PHONE, "de"), (PHONE, "ja")], ids=["wide", "de", "ja"]
)
def test_the_questions_in_the_browser(page, live_server, draft, size, language):
    study = draft(rules=ASKED, language=language)
    open_study(study)
    participant = finished(study)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{live_server}{participant.take_url}")
    expect(page.locator("html")).to_have_attribute("lang", language or "en")
    shoot(page, f"questions-{size[0]}-{language}")
    expect_no_violations(page, "questions")
    page.locator("input[name=age][value='45-59']").check()
    page.locator("textarea").fill("Thank you.")
    page.locator("button.go").dblclick()
    expect(page.get_by_text(participant.code)).to_be_visible()
    page.go_back()
    page.reload()
    participant.refresh_from_db()
    assert participant.questionnaire == {"version": 1, "age": "45-59", "comment": "Thank you."}


@pytest.fixture
def changeable(draft):
    study = draft(rules={"change_last": True, "gold": 1, "training": 1, "feedback": True})
    open_study(study)
    participant = enrol(study)
    for _ in range(2):  # practice, and the first trial that counts
        record_vote(current_trial(participant), "left", uuid.uuid4(), 900)
    current_trial(participant)
    return participant


def change(participant, trial, choice, client_uuid=None):
    sent = {"trial": trial, "choice": choice, "client_uuid": client_uuid or uuid.uuid4()}
    return Client().post(f"{participant.take_url}last/", {**sent, "response_ms": 700})


def test_a_changed_answer_keeps_the_earlier_one_on_record(changeable):
    vote = Vote.objects.order_by("pk").last()
    key = uuid.uuid4()
    for _ in range(2):  # the second is a repeated delivery
        change(changeable, vote.trial.public_id, "right", key)
    first = vote.client_uuid
    vote.refresh_from_db()
    assert (vote.choice, vote.response_ms, vote.client_uuid) == ("right", 700, key)
    [earlier] = vote.earlier
    assert (earlier["choice"], earlier["response_ms"]) == ("left", 900)
    change(changeable, vote.trial.public_id, "left", first)  # an old delivery, late
    vote.refresh_from_db()
    assert (vote.choice, len(vote.earlier)) == ("right", 1)
    row = votes_frame([changeable.study]).iloc[-1]
    assert (row["choice"], row["earlier_choices"]) == ("right", "left")


def test_only_the_last_answer_can_be_changed_and_only_if_the_study_allows_it(changeable):
    practice, vote = Vote.objects.order_by("pk")
    change(changeable, practice.trial.public_id, "right")
    record_vote(current_trial(changeable), "left", uuid.uuid4(), 900)
    change(changeable, vote.trial.public_id, "right")  # of an outdated window
    changeable.study.rules = {}
    type(changeable.study).objects.update(rules={})
    last = Vote.objects.order_by("pk").last()
    change(changeable, last.trial.public_id, "right")
    assert set(Vote.objects.values_list("choice", flat=True)) == {"left"}
    assert "Change my last" not in Client().get(changeable.take_url).content.decode()


def test_practice_and_finished_sessions_offer_no_change(draft):
    study = draft(rules={"change_last": True, "training": 1, "feedback": True})
    open_study(study)
    participant = enrol(study)
    record_vote(current_trial(participant), "left", uuid.uuid4(), 900)
    assert "Change my last" not in Client().get(participant.take_url).content.decode()
    page = Client().get(f"{participant.take_url}last/")
    assert page["Location"] == participant.take_url
    done = finished(study)
    last = Vote.objects.filter(trial__participant=done).order_by("pk").last()
    change(done, last.trial.public_id, "right")
    last.refresh_from_db()
    assert last.choice == "left"


@pytest.mark.axe
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_a_participant_changes_the_last_answer(page, live_server, draft, size):
    study = draft(rules={"change_last": True}, trials_per_participant=4)
    open_study(study)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    begin(page, live_server, study)
    answer(page, "left")
    ready(page, 1)
    waiting = page.locator("input[name=trial]").input_value()
    page.get_by_role("link", name="Change my last answer").click()
    ready(page, 0)
    expect(page.locator("button[value=left]")).to_have_class("answer former")
    shoot(page, f"change-{size[0]}")
    expect_no_violations(page, "change")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    page.get_by_role("link", name="Keep my answer").click()
    ready(page, 1)
    page.get_by_role("link", name="Change my last answer").click()
    ready(page, 0)
    page.locator("button[value=right]").dblclick()
    ready(page, 1)
    assert page.locator("input[name=trial]").input_value() == waiting
    assert page.url.endswith(Participant.objects.get().take_url)
    vote = Vote.objects.get()
    assert (vote.choice, [one["choice"] for one in vote.earlier]) == ("right", ["left"])
    page.reload()
    ready(page, 1)
