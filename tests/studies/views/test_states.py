"""The states of a study, on its page and by command: pause, reopen, delete."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from common.errors import InputError
from studies.models import Participant, Study, Vote
from studies.planning.deletion import delete_study
from studies.planning.opening import close_study, reopen_study
from studies.sessions.enrolment import enrol
from studies.sessions.errors import NotOpenError
from tests.studies.session import PHONE, WIDE, answer, begin, ready
from tests.studies.views.test_researcher_pages import command, scores
from transfer.models import Stimulus

__all__ = ["scores"]

pytestmark = pytest.mark.django_db


def post(researcher, study, act, **fields):
    return researcher.post(f"/studies/{study.pk}/{act}/", fields, follow=True).content.decode()


def test_a_paused_study_admits_no_one_until_the_pause_ends(researcher, study):
    assert "admits no new participants" in post(researcher, study, "pause")
    study.refresh_from_db()
    assert study.paused_because == "a researcher paused the study"
    with pytest.raises(NotOpenError):
        enrol(study)
    assert "admits participants again" in post(researcher, study, "on")
    study.refresh_from_db()
    assert enrol(study).study == study


def test_a_draft_cannot_pause_and_an_open_study_cannot_reopen(researcher, draft, study):
    other = draft(name="a draft")
    assert "only an open study can pause" in post(researcher, other, "pause")
    assert "is not closed" in post(researcher, study, "reopen")


def test_a_closed_study_can_be_reopened_with_its_plan(researcher, study):
    close_study(study)
    with pytest.raises(NotOpenError):
        enrol(study)
    pairs = set(study.pairs.values_list("pk", flat=True))
    assert "is open again" in post(researcher, study, "reopen")
    study.refresh_from_db()
    assert (study.state, study.closed_at) == (Study.State.OPEN, None)
    assert set(study.pairs.values_list("pk", flat=True)) == pairs
    assert enrol(study).study == study


def test_imported_votes_have_no_plan_to_reopen(study):
    Study.objects.update(state=Study.State.CLOSED, opened_at=None)
    study.refresh_from_db()
    with pytest.raises(InputError, match="its votes were imported"):
        reopen_study(study)


def test_a_study_is_deleted_with_its_simulated_votes_if_its_name_is_typed(
    researcher, study, scores
):
    command("simulate", study.name, "--scores", scores, "--column", "E_score",
            "--participants", 3, "--trials", 5)  # fmt: skip
    stimuli = study.batches.get().stimuli.count()
    assert "type its name" in post(researcher, study, "delete", name="x")
    assert Vote.objects.count() == 15
    assert "is deleted" in post(researcher, study, "delete", name=study.name)
    assert not Study.objects.exists() and not Vote.objects.exists()
    assert not Participant.objects.exists()
    assert Stimulus.objects.count() == stimuli


def test_votes_of_people_are_not_deleted_with_a_study(researcher, study):
    enrol(study)
    assert "1 person has taken part" in post(researcher, study, "delete", name=study.name)
    assert "cannot be deleted: 1 person" in researcher.get(f"/studies/{study.pk}/").content.decode()
    with pytest.raises(InputError, match="close it instead, its votes stay"):
        delete_study(study)
    assert Participant.objects.count() == 1


def test_the_command_changes_states(study):
    assert "admits no new participants" in command("pause", study.name)
    assert "admits participants again" in command("resume", study.name)
    command("close", study.name)
    assert "is open again" in command("reopen", study.name)
    assert "is deleted" in command("delete", study.name)
    assert not Study.objects.exists()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_pause_close_and_reopen_in_the_browser(researcher_page, live_server, short_study, size):
    desk = researcher_page
    desk.set_viewport_size({"width": size[0], "height": size[1]})
    page = desk.context.browser.new_context().new_page()
    begin(page, live_server, short_study)
    desk.goto(f"{live_server}/studies/{short_study.pk}/")
    desk.get_by_role("button", name="Pause").click()
    expect(desk.get_by_text("Paused: a researcher paused the study")).to_be_visible()
    answer(page, "Left")  # who has begun continues
    ready(page, 1)
    desk.get_by_role("button", name="Admit participants again").click()
    desk.get_by_text("Close the study").click()
    desk.get_by_label(f"Type the name of the study: {short_study.name}").fill(short_study.name)
    desk.get_by_role("button", name="Close", exact=True).click()
    expect(desk.get_by_text("The study is closed. Its votes stay.")).to_be_visible()
    desk.get_by_role("button", name="Reopen").click()
    expect(desk.get_by_text("The study is open again.")).to_be_visible()
    answer(page, "Right")
    ready(page, 2)
    assert Vote.objects.count() == 2
    page.context.close()
