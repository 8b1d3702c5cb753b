"""A participant's session in a real browser, and what people do to browsers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from studies.models import Participant, Study, Trial, Vote

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=20_000)
WIDE, PHONE = (1280, 800), (390, 844)


@pytest.fixture
def long_study(live_server: LiveServer, draft: Callable[..., Study]) -> Study:
    """An open study of ten trials a person."""
    study = draft(trials_per_participant=10, votes_per_pair=1)
    study.open()
    return study


def begin(page: Page, live_server: LiveServer, study: Study) -> None:
    page.goto(f"{live_server}{study.entry_url}")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    ready(page, 0)


def ready(page: Page, answered: int) -> None:
    """Wait until the trial after `answered` answers may be answered."""
    expect(page.get_by_role("progressbar")).to_have_attribute("value", str(answered))
    expect(page.get_by_role("button", name="Left picture")).to_be_enabled()
    page.wait_for_timeout(250)  # longer than the guard against double clicks


def current(page: Page) -> str:
    return page.locator("input[name=trial]").input_value()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_it_leads_through_ten_trials_by_mouse(page, live_server, long_study, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    begin(page, live_server, long_study)
    for number in range(10):
        ready(page, number)
        side = "Left" if number % 2 else "Right"
        page.get_by_role("button", name=f"{side} picture").click()
    expect(page.get_by_text(Participant.objects.get().code)).to_be_visible()
    votes = Vote.objects.order_by("pk")
    assert [vote.choice for vote in votes] == ["right", "left"] * 5
    assert all(200 <= vote.response_ms < 15_000 for vote in votes)


def test_it_leads_through_ten_trials_by_keyboard(page, live_server, long_study):
    page.goto(f"{live_server}{long_study.entry_url}")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for number in range(10):
        ready(page, number)
        page.keyboard.press("Enter")  # nothing is chosen yet
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
        assert Vote.objects.count() == number  # arrows look, they do not answer
        page.keyboard.press("Enter")
    expect(page.get_by_text(Participant.objects.get().code)).to_be_visible()
    assert [vote.choice for vote in Vote.objects.order_by("pk")] == ["right", "left"] * 5


def test_it_stays_on_the_current_trial_after_back_and_refresh(page, live_server, long_study):
    begin(page, live_server, long_study)
    first = current(page)
    page.reload()
    ready(page, 0)
    assert current(page) == first
    page.get_by_role("button", name="Left picture").click()
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


def test_it_takes_one_vote_from_a_double_click(page, live_server, long_study):
    begin(page, live_server, long_study)
    page.get_by_role("button", name="Left picture").dblclick()
    ready(page, 1)
    page.get_by_role("button", name="Right picture").click(click_count=3)
    ready(page, 2)
    assert [vote.choice for vote in Vote.objects.order_by("pk")] == ["left", "right"]


def test_it_takes_one_vote_from_two_windows(page, live_server, long_study):
    begin(page, live_server, long_study)
    second = page.context.new_page()
    second.goto(page.url)
    ready(second, 0)
    assert current(second) == current(page)
    page.get_by_role("button", name="Left picture").click()
    ready(page, 1)
    second.get_by_role("button", name="Right picture").click()  # the same trial, from the past
    ready(second, 1)
    assert current(second) == current(page)
    assert [vote.choice for vote in Vote.objects.all()] == ["left"]
    # The study's own link leads there too.
    second.goto(f"{live_server}{long_study.entry_url}")
    ready(second, 1)
    assert Participant.objects.count() == 1


def test_it_waits_for_all_three_pictures(page: Page, live_server, long_study):
    held: list[Route] = []
    page.context.route("**/picture/**", lambda route: held.append(route))
    page.goto(f"{live_server}{long_study.entry_url}")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    left = page.get_by_role("button", name="Left picture")
    expect(page.get_by_role("status")).to_have_text("Loading the pictures …")
    while len(held) < 3:
        page.wait_for_timeout(50)
    for route in held[:2]:
        route.continue_()
    page.wait_for_timeout(3000)
    expect(left).to_be_disabled()
    held[2].continue_()
    expect(left).to_be_enabled()
    page.wait_for_timeout(300)
    left.click()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "1")
    # The three seconds of waiting are no part of the response time.
    assert Vote.objects.get().response_ms < 2500


def test_it_reports_a_picture_that_cannot_load_and_goes_on(page, live_server, long_study):
    broken = {"on": True}

    def answer(route: Route) -> None:
        if broken["on"]:
            route.fulfill(status=200, content_type="image/png", body=b"\x89PNG\r\n truncated")
        else:
            route.continue_()

    page.context.route("**/picture/**", answer)
    page.goto(f"{live_server}{long_study.entry_url}")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    first = current(page)
    page.wait_for_function(
        "first => document.querySelector('input[name=trial]')?.value !== first", arg=first
    )
    broken["on"] = False
    page.reload()
    ready(page, 0)
    assert Trial.objects.get(public_id=first).outcome == "could not load"
    assert not Vote.objects.exists()


def test_it_keeps_an_answer_while_there_is_no_network(page, live_server, long_study):
    begin(page, live_server, long_study)
    context: BrowserContext = page.context
    context.set_offline(True)
    page.get_by_role("button", name="Left picture").click()
    expect(page.get_by_role("status")).to_contain_text("No connection")
    page.wait_for_timeout(3000)
    assert not Vote.objects.exists()
    context.set_offline(False)
    ready(page, 1)
    assert Vote.objects.count() == 1


def test_it_delivers_an_answer_that_a_crash_left_behind(page, live_server, long_study):
    begin(page, live_server, long_study)
    page.context.route("**/vote/", lambda route: route.abort())
    page.get_by_role("button", name="Right picture").click()
    expect(page.get_by_role("status")).to_contain_text("No connection")
    page.context.unroute("**/vote/")
    page.reload()
    ready(page, 1)
    assert [vote.choice for vote in Vote.objects.all()] == ["right"]


def test_it_shows_both_pictures_at_equal_size_side_by_side_or_stacked(
    page, live_server, long_study
):
    begin(page, live_server, long_study)
    for (width, height), beside in ((WIDE, True), (PHONE, False)):
        page.set_viewport_size({"width": width, "height": height})
        left, right = (
            page.get_by_role("button", name=side).locator("img").bounding_box()
            for side in ("Left", "Right")
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


def test_it_stores_nothing_but_the_answer_in_the_browser(page, live_server, long_study):
    begin(page, live_server, long_study)
    page.get_by_role("button", name="Left picture").click()
    ready(page, 1)
    assert json.loads(page.evaluate("JSON.stringify(localStorage)")) == {}
