"""A participant's session in Chromium, with Back, reload, double clicks and two windows."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from studies.models import Participant, Vote
from studies.planning.opening import open_study
from tests.studies.session import PHONE, WIDE, begin, current, ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_ten_trials_by_mouse(window, live_server, long_study):
    page = window
    begin(page, live_server, long_study)
    for number in range(10):
        ready(page, number)
        side = "Left" if number % 2 else "Right"
        page.locator(f"button[value={side.lower()}]").click()
    expect(page.get_by_text(Participant.objects.get().code)).to_be_visible()
    votes = Vote.objects.order_by("pk")
    assert [vote.choice for vote in votes] == ["right", "left"] * 5
    assert all(200 <= vote.response_ms < 15_000 for vote in votes)


def test_ten_trials_by_keyboard(page, live_server, long_study):
    page.goto(f"{live_server}{long_study.entry_url}")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for number in range(10):
        ready(page, number)
        page.keyboard.press("Enter")  # nothing is chosen yet
        page.keyboard.press("ArrowRight")
        left, right = ("ArrowLeft", "ArrowRight") if number < 5 else ("1", "2")
        page.keyboard.press(left if number % 2 else right)
        assert Vote.objects.count() == number  # arrow keys select, they do not answer
        page.keyboard.press("Enter")
    expect(page.get_by_text(Participant.objects.get().code)).to_be_visible()
    assert [vote.choice for vote in Vote.objects.order_by("pk")] == ["right", "left"] * 5


def test_it_stays_on_the_current_trial_after_back_and_refresh(window, live_server, short_study):
    page = window
    begin(page, live_server, short_study)
    first = current(page)
    page.reload()
    ready(page, 0)
    assert current(page) == first
    page.locator("button[value=left]").click()
    ready(page, 1)
    second = current(page)
    for _ in range(2):
        page.go_back()
        page.wait_for_load_state()
        if page.url == "about:blank":
            page.go_forward()
        ready(page, 1)
        assert current(page) == second
    assert Vote.objects.count() == 1


def test_it_takes_one_vote_from_a_double_click(page, live_server, short_study):
    begin(page, live_server, short_study)
    page.get_by_role("button", name="Left picture").dblclick()
    ready(page, 1)
    page.locator("button[value=right]").click(click_count=3)
    ready(page, 2)
    assert [vote.choice for vote in Vote.objects.order_by("pk")] == ["left", "right"]


def test_it_takes_one_vote_from_two_windows(window, live_server, short_study):
    page = window
    begin(page, live_server, short_study)
    second = page.context.new_page()
    second.goto(page.url)
    ready(second, 0)
    assert current(second) == current(page)
    page.locator("button[value=left]").click()
    ready(page, 1)
    second.get_by_role("button", name="Right picture").click()  # the same trial, outdated
    ready(second, 1)
    assert current(second) == current(page)
    assert [vote.choice for vote in Vote.objects.all()] == ["left"]
    # The study's own link leads there too.
    second.goto(f"{live_server}{short_study.entry_url}")
    ready(second, 1)
    assert Participant.objects.count() == 1


def test_it_shows_both_pictures_at_equal_size_side_by_side_or_stacked(
    page, live_server, long_study
):
    begin(page, live_server, long_study)
    for (width, height), beside in ((WIDE, True), (PHONE, False)):
        page.set_viewport_size({"width": width, "height": height})
        left, right = (
            page.get_by_role("button", name=f"{name} picture").locator("img").bounding_box()
            for name in (("Left", "Right") if beside else ("Upper", "Lower"))
        )
        assert (left["width"], left["height"]) == (right["width"], right["height"])
        assert left["width"] <= 96  # never enlarged
        assert (left["y"] == right["y"]) is beside
        assert (left["x"] == right["x"]) is not beside
        overflow = page.evaluate(
            "[document.documentElement.scrollWidth > innerWidth,"
            " document.documentElement.scrollHeight > innerHeight]"
        )
        assert overflow == [False, False]


def test_it_enlarges_both_pictures_alike_where_the_study_says_so(page, live_server, draft):
    study = draft(trials_per_participant=4, enlarge=True)
    open_study(study)
    begin(page, live_server, study)
    left, right = (
        page.get_by_role("button", name=side).locator("img").bounding_box()
        for side in ("Left", "Right")
    )
    sizes = [[box[side] for side in ("width", "height")] for box in (left, right)]
    assert sizes[0] == pytest.approx(sizes[1], abs=0.1)  # columns end on fractions of pixels
    assert left["width"] > 400


def test_it_stores_nothing_but_the_answer_in_the_browser(page, live_server, long_study):
    begin(page, live_server, long_study)
    page.locator("button[value=left]").click()
    ready(page, 1)
    assert json.loads(page.evaluate("JSON.stringify(localStorage)")) == {}


def test_it_marks_no_picture_until_the_pointer_moves(page, live_server, long_study):
    """The pointer rests on the picture that was clicked last: a mark there is a cue."""

    def outlines():
        return [
            page.locator(f"button[value={side}] img").evaluate(
                "image => getComputedStyle(image).outlineStyle"
            )
            for side in ("left", "right")
        ]

    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    begin(page, live_server, long_study)
    for number, side in enumerate(("left", "right")):
        ready(page, number)
        page.locator(f"button[value={side}]").hover()
        box = page.locator(f"button[value={side}]").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2)
        assert sorted(outlines()) == ["none", "solid"]
        page.mouse.down()
        page.mouse.up()
        ready(page, number + 1)
        assert outlines() == ["none", "none"]


def test_a_break_can_be_the_end(page, live_server, draft):
    study = draft(rules={"break_every": 1})
    open_study(study)
    begin(page, live_server, study)
    page.locator("button[value=left]").click()
    page.get_by_role("link", name="Stop").click()
    expect(page.get_by_role("heading")).to_have_text("Do you want to stop?")
