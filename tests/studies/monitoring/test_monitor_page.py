"""The monitor's progress, charts and sessions, and lists of people to pay."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import expect

from studies.models import Participant, Vote
from studies.monitoring.charts import HEIGHT, WIDTH, response_times, votes_over_time
from studies.monitoring.progress import progress_of
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from tests.studies.session import PHONE, WIDE
from tests.studies.shots import shoot
from tests.studies.views.test_accessible import expect_no_violations
from tests.width import expect_fits

pytestmark = pytest.mark.django_db
START = timezone.now().replace(year=2026, month=5, day=4, hour=10, minute=0, second=0)


def session(study, person, *, wrong_checks=False, answers=None, ms=2500):
    """A session of a person, which ends after `answers` or with its last trial."""
    screen = {"width": 390, "height": 844}
    who = enrol(study, person, screen=screen)
    done = 0
    while done != answers and (trial := current_trial(who)) is not None:
        choice = trial.expected or "left"
        if wrong_checks and trial.kind == "trap":
            choice = "right" if choice == "left" else "left"
        record_vote(trial, choice, trial.public_id, ms)
        done += 1
    who.refresh_from_db()
    return who


@pytest.fixture
def watched(draft):
    """Three people: one finished, one missed the attention check, one is under way."""
    study = draft(rules={"traps": 1, "gold": 1}, recruiter="prolific")
    open_study(study)
    session(study, "anna")
    session(study, "bert", wrong_checks=True)
    session(study, "carl", answers=2)
    return study


def test_progress_leaves_excluded_sessions_out(watched):
    seen = progress_of(watched)
    real_of_carl = Vote.objects.filter(trial__participant=Participant.objects.last(),
                                       trial__kind="real").count()  # fmt: skip
    assert (seen.votes, seen.votes_wanted) == (6 + real_of_carl, 24)
    assert (seen.finished, seen.people_wanted, seen.present, seen.replaced) == (1, 4, 1, 1)


def test_the_curve_is_the_number_of_votes_so_far():
    times = [START, START + timedelta(minutes=30), START + timedelta(minutes=60)]
    chart = votes_over_time(times[::-1], wanted=4)
    points = [tuple(map(float, point.split(","))) for point in chart.points.split()]
    assert points[0] == (0, HEIGHT * 3 / 4)
    assert points[-1] == (WIDTH, HEIGHT / 4)
    assert points[len(points) // 2] == (WIDTH / 2, HEIGHT / 2)
    assert [tick.label for tick in chart.ticks] == ["10:00", "10:20", "10:40", "11:00"]
    assert (chart.top, chart.target_y) == ("4", 0)
    assert votes_over_time([], 4) is None


def test_bars_count_seconds():
    chart = response_times([400, 1000, 1999, 14_999, 15_000, 80_000])
    assert [bar.title for bar in chart.bars if bar.height] == [
        "0 to 1 s: 1", "1 to 2 s: 2", "14 to 15 s: 1", "15 s or more: 2"
    ]  # fmt: skip
    assert chart.bars[1].height == HEIGHT
    assert chart.summary == "6 response times; 1 below 1 s, 2 of 15 s or more"


def test_sessions_are_listed_with_what_pays_them(watched, researcher):
    text = researcher.get(f"/studies/{watched.pk}/SESSIONS.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["state"], r["decision"], r["attention_checks"]) for r in rows] == [
        ("not finished", "wait", rows[0]["attention_checks"]),
        ("finished", "reject", "0 of 1"),
        ("finished", "approve", "1 of 1"),
    ]
    anna = Participant.objects.order_by("pk").first()
    assert (rows[2]["code"], rows[2]["window"]) == (anna.code, "390 × 844 (phone)")
    assert anna.external_id not in text and anna.token not in text


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Submission id,Participant id,Status", [
            ("anna", "approve", ""), ("bert", "reject", "attention checks missed"),
            ("carl", "wait", "not finished"), ("dora", "wait", "no session in this study")]),
        ("HITId,WorkerId,AssignmentStatus", [
            ("anna", "x", ""), ("bert", "", "attention checks missed"),
            ("carl", "", ""), ("dora", "", "")]),
    ],
    ids=["Prolific", "Mechanical Turk"],
)  # fmt: skip
def test_a_list_of_the_service_comes_back_with_decisions(watched, researcher, header, expected):
    people = ("anna", "bert", "carl", "dora")
    lines = [header, *(f"s{i},{name},=SUM(1)" for i, name in enumerate(people))]
    sent = SimpleUploadedFile("list.csv", "\n".join(lines).encode())
    before = (Participant.objects.count(), Vote.objects.count())
    answer = researcher.post(f"/studies/{watched.pk}/payment/", {"list": sent})
    table = list(csv.reader(io.StringIO(answer.content.decode())))
    names = header.split(",")
    assert table[0][:3] == names
    assert [(row[1], *row[3:]) for row in table[1:]] == expected
    assert table[1][2] == "'=SUM(1)"  # never a formula
    assert (Participant.objects.count(), Vote.objects.count()) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [("a,b\n1,2\n", "has no column of ids"), ("WorkerId\nnobody\n", "nobody in the list")],
)
def test_a_wrong_list_is_answered_in_one_line(watched, researcher, text, said):
    sent = SimpleUploadedFile("list.csv", text.encode())
    page = researcher.post(f"/studies/{watched.pk}/payment/", {"list": sent}, follow=True)
    assert said in page.content.decode()
    page = researcher.post(f"/studies/{watched.pk}/payment/", follow=True)
    assert "choose the list" in page.content.decode()


@pytest.mark.axe
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_it_refreshes_itself_while_it_is_in_sight(researcher_page, live_server, watched, size):
    page = researcher_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.clock.install()
    page.goto(f"{live_server}/studies/{watched.pk}/monitor/")
    progress = page.locator("[data-part=progress]")
    expect(progress).to_contain_text("of 4 people finished")
    expect_fits(page, size[0])
    shoot(page, f"monitor-{size[0]}")
    expect_no_violations(page, "monitor")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_timeout(400)
    expect_no_violations(page, "monitor, dark")
    shoot(page, f"monitor-dark-{size[0]}")
    unchanged = page.locator("[data-part=excluded] h2").element_handle()
    session(watched, "dora", ms=700)
    page.clock.run_for(10_500)
    expect(progress.locator("dd").nth(1)).to_have_text("2")
    assert unchanged.evaluate("part => part.isConnected")  # what has not changed is not replaced
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: true, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    page.clock.run_for(60_000)
    assert not asked
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: false, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    page.wait_for_timeout(0)
    expect(page.locator("[data-part=sessions] tbody tr")).to_have_count(4)
    assert asked
