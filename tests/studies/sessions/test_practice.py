"""Instructions with an example, and practice with feedback."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from common.errors import InputError
from studies.models import Trial, TrialKind, Vote
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.trial_content import example_of
from studies.sessions.voting import record_vote
from tests.studies.session import PHONE, WIDE, answer, consent, ready
from tests.studies.shots import shoot
from tests.studies.views.test_accessible import expect_no_violations
from transfer.models import Stimulus

pytestmark = pytest.mark.django_db
RULES = {"training": 3, "feedback": True, "instructions": True}


@pytest.mark.parametrize("kind", ["E", "C"])
def test_the_right_answer_of_practice_is_right_by_construction(draft, kind):
    study = draft(kind=kind, rules=RULES)
    open_study(study)
    for person in range(4):
        participant = enrol(study, f"person {person}")
        for _ in range(3):
            trial = current_trial(participant)
            assert trial.kind == TrialKind.TRAINING
            shown = {"left": trial.left, "right": trial.right}
            right = shown.pop(trial.expected)
            [wrong] = shown.values()
            made_from = {
                one: (list(one.styles.all()) if kind == "E" else [one.content])
                for one in (right, wrong)
            }
            assert trial.reference in made_from[right]
            assert trial.reference not in made_from[wrong]
            # Nothing else differs.
            assert right.method == wrong.method
            others = [one.content if kind == "E" else one.styles.get() for one in (right, wrong)]
            assert others[0] == others[1]
            record_vote(trial, "left", uuid.uuid4(), 900)
    assert {t.expected for t in Trial.objects.filter(kind="training")} == {"left", "right"}


def test_wrong_answers_to_practice_exclude_nobody(draft):
    study = draft(rules={**RULES, "traps": 1, "gold": 1})
    open_study(study)
    participant = enrol(study)
    while (trial := current_trial(participant)) is not None:
        wrong = {"left": "right", "right": "left"}.get(trial.expected, "left")
        choice = wrong if trial.kind == TrialKind.TRAINING else trial.expected or "left"
        record_vote(trial, choice, uuid.uuid4(), 900)
    participant.refresh_from_db()
    assert (participant.state, participant.excluded) == ("finished", "")


def test_practice_takes_no_pair_from_the_real_trials(draft):
    study = draft(trials_per_participant=12, rules={"training": 3}, votes_per_pair=1)
    with pytest.raises(InputError, match="12 trials and 3 for training"):
        open_study(study)
    study.rules = RULES
    study.save()
    open_study(study)
    participant = enrol(study)
    while (trial := current_trial(participant)) is not None:
        record_vote(trial, "left", uuid.uuid4(), 900)
    real = participant.trials.filter(kind="real", outcome="voted")
    assert real.values("pair").distinct().count() == 12


def test_practice_needs_two_references(draft):
    study = draft(rules=RULES)
    Stimulus.objects.filter(styles__name="style-1").delete()
    with pytest.raises(InputError, match="practice with feedback shows a picture of another"):
        open_study(study)


def test_an_example_of_one_reference_marks_no_picture(draft, client):
    study = draft(rules={"instructions": True}, trials_per_participant=4)
    Stimulus.objects.filter(styles__name="style-1").delete()
    open_study(study)
    participant = enrol(study)
    assert example_of(participant).expected == ""
    page = client.get(participant.take_url).content.decode()
    assert "How it works" in page and "this one" not in page


def test_a_repeated_delivery_shows_the_same_feedback(draft, client):
    study = draft(rules=RULES)
    open_study(study)
    participant = enrol(study)
    trial = current_trial(participant)
    address, script = f"{participant.take_url}vote/", {"X-Requested-With": "fetch"}
    other = "right" if trial.expected == "left" else "left"
    first = {"trial": trial.public_id, "choice": trial.expected, "client_uuid": uuid.uuid4()}
    assert "Yes: the marked" in client.post(address, first, headers=script).content.decode()
    second = {**first, "choice": other}  # sent by a second window
    assert "Yes: the marked" in client.post(address, second, headers=script).content.decode()
    assert [vote.choice for vote in Vote.objects.all()] == [trial.expected]


@pytest.mark.axe
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("size", "language"), [(WIDE, ""), (PHONE, "de"), (PHONE, "ja")], ids=["wide", "de", "ja"]
)
def test_instructions_and_practice_in_the_browser(page, live_server, draft, size, language):
    study = draft(rules=RULES, language=language, trials_per_participant=4)
    open_study(study)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{live_server}{study.entry_url}")
    page.get_by_role("checkbox").check()
    fetched = []
    page.on("requestfinished", lambda request: fetched.append(request.url))
    page.locator("button[value=yes]").click()
    expect(page.locator(".example img")).to_have_count(3)
    for image in page.locator(".example img").all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 96
    shoot(page, f"instructions-{size[0]}-{language}")
    expect_no_violations(page, "instructions")
    page.reload()
    page.locator("a.go").click()
    ready(page, 0)
    trial = Trial.objects.get()
    expect(page.locator(".practice")).to_be_visible()
    wrong = "right" if trial.expected == "left" else "left"
    answer(page, wrong)
    marked = page.locator(f".stage .{'first' if trial.expected == 'left' else 'second'}.right-one")
    expect(marked).to_be_visible()
    shoot(page, f"feedback-{size[0]}-{language}")
    expect_no_violations(page, "feedback")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    ahead = page.locator("img.ahead").evaluate_all("all => all.map((image) => image.src)")
    page.keyboard.press("Enter")  # as the last key of an answer
    ready(page, 1)
    assert page.locator(".stage img").evaluate_all("all => all.map((i) => i.src)") == ahead
    page.reload()
    ready(page, 1)
    page.go_back()
    page.wait_for_load_state()
    ready(page, 1)
    assert Vote.objects.count() == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_double_click_does_not_skip_the_feedback(page, live_server, draft):
    study = draft(rules={"training": 2, "feedback": True}, trials_per_participant=4)
    open_study(study)
    consent(page, live_server, study)
    ready(page, 0)
    page.locator("button[value=left]").dblclick()
    expect(page.get_by_role("link", name="Continue")).to_be_visible()
    page.wait_for_timeout(400)
    assert Vote.objects.count() == 1
    page.get_by_role("link", name="Continue").click()
    ready(page, 1)
