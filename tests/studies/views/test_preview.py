"""The preview of a draft: participants' own pages, of which nothing is stored."""

from __future__ import annotations

import pytest
from django.db import connection
from playwright.sync_api import expect

from studies.models import Participant, Study, Trial, TrialKind
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.preview import PreviewSession
from tests.studies.session import PHONE, WIDE
from tests.studies.shots import shoot
from tests.studies.views.test_accessible import expect_no_violations
from tests.width import expect_fits

pytestmark = pytest.mark.django_db

CONTROLS = {"training": 1, "gold": 1, "traps": 1, "repeats": 1, "break_every": 7}


def test_its_trials_are_those_of_the_plan(draft):
    study = draft(trials_per_participant=10, rules=CONTROLS)
    session = PreviewSession(study)
    shown = [session.trial(answered) for answered in range(session.total)]
    assert session.trial(session.total) is None
    assert {trial.kind for trial in shown} == set(TrialKind.values)
    real = {(t.left.pk, t.right.pk) for t in shown if t.kind == TrialKind.REAL}
    [again] = [t for t in shown if t.kind == TrialKind.REPEAT]
    assert (again.right.pk, again.left.pk) in real
    [gold] = [t for t in shown if t.kind == TrialKind.GOLD]
    foil = gold.right if gold.expected == "left" else gold.left
    assert gold.reference not in foil.styles.all()
    assert [session.trial(3).snapshot, session.trial(3).public_id] == [
        shown[3].snapshot, shown[3].public_id
    ]  # fmt: skip
    open_study(study)
    first = next(t for t in shown if t.kind == TrialKind.REAL)
    asked = study.assignments.order_by("rank").first().pair
    assert {first.left.pk, first.right.pk} == {asked.first_id, asked.second_id}


def test_its_page_of_a_trial_is_that_of_a_participant(researcher, client, draft):
    """But for tokens, and the addresses of pictures and answers."""
    study = draft()
    preview = researcher.get(f"/studies/{study.pk}/preview/session/0/").content.decode()
    open_study(study)
    participant = enrol(study)
    current_trial(participant)
    seen = client.get(participant.take_url).content.decode()
    skeleton = [
        [part.split('"')[0] for part in page.split("<")[1:] if "csrf" not in part]
        for page in (preview, seen)
    ]
    assert skeleton[0] == skeleton[1]


def test_nothing_is_stored(researcher, draft):
    study = draft(trials_per_participant=10, rules=CONTROLS)
    writes = []

    def note(execute, sql, params, many, context):
        if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE", "BEGIN")):
            writes.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        base = f"/studies/{study.pk}/preview/"
        assert researcher.get(base).status_code == 200
        assert "Begin" in researcher.get(f"{base}session/").content.decode()
        assert researcher.post(f"{base}session/", {"consent": "yes"}).status_code == 303
        for answered in range(14):
            page = researcher.post(
                f"{base}session/{answered}/vote/", headers={"X-Requested-With": "fetch"}
            )
            assert page.status_code == 200
        assert "completion code" in page.content.decode()
        picture = researcher.get(f"{base}picture/3/left/")
        assert picture["Content-Type"] == "image/png"
        assert "Time for a short break" in researcher.get(f"{base}session/7/").content.decode()
        assert "erased" in researcher.post(f"{base}session/3/stop/").content.decode()
    assert writes == []
    assert not Participant.objects.exists() and not Trial.objects.exists()


def test_only_those_who_see_the_study_see_its_preview(client, researcher, draft, django_user_model):
    study = draft(created_by=django_user_model.objects.create_user("bob"))
    for name in ("", "session/", "session/0/", "picture/0/left/"):
        address = f"/studies/{study.pk}/preview/{name}"
        assert researcher.get(address).status_code == 404
        assert client.get(address).status_code == 302


def test_without_pairs_it_says_so(researcher, draft):
    study = draft()
    study.batches.clear()
    page = researcher.get(f"/studies/{study.pk}/preview/", follow=True).content.decode()
    assert "no two stimuli form a pair" in page


@pytest.mark.axe
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_a_draft_is_taken_in_its_frame(researcher_page, live_server, draft, size):
    study: Study = draft()
    page = researcher_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{live_server}/studies/{study.pk}/")
    page.get_by_role("link", name="Preview as a participant").click()
    if size == PHONE:
        page.get_by_role("link", name="Phone, 390 × 844").click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("checkbox").check()
    frame.get_by_role("button", name="Begin").click()
    for answered in range(6):
        expect(frame.get_by_role("progressbar")).to_have_attribute("value", str(answered))
        expect(frame.locator("button.answer[value=left]")).to_be_enabled()
        if not answered:
            shoot(page, f"preview-{size[0]}")
            expect_no_violations(page, "preview")
            expect_fits(page, size[0])
        page.wait_for_timeout(250)
        frame.locator("button.answer[value=left]").click()
    expect(frame.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert not Participant.objects.exists()
