"""Answers over an unreliable network are neither lost nor doubled, and the page says why it
waits."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, Route, expect

from studies.models import Participant, Trial, Vote
from tests.studies.session import answer, begin, current, ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
UNSENT = "Your answer is kept, and will be sent as soon as possible."
OFFLINE = "This page continues automatically as soon as there is one."


def finish(page: Page, answered: int) -> None:
    """Answer the remaining trials, left and right alternately."""
    trials = len(Participant.objects.get().trial_kinds)
    for number in range(answered, trials):
        ready(page, number)
        answer(page, "Right" if number % 2 else "Left")
    expect(page.get_by_text(Participant.objects.get().code)).to_be_visible()
    choices = ["left", "right"] * (trials // 2)
    assert [vote.choice for vote in Vote.objects.order_by("trial__position")] == choices
    assert set(Trial.objects.values_list("outcome", flat=True)) == {"voted"}


@pytest.mark.parametrize(
    "seconds", [2, pytest.param(60, marks=pytest.mark.chaos)], ids=["short", "minute"]
)
def test_it_survives_an_outage_in_mid_study(window, live_server, long_study, seconds):
    page = window
    begin(page, live_server, long_study)
    for number in range(3):
        ready(page, number)
        answer(page, "Right" if number % 2 else "Left")
    ready(page, 3)
    page.context.set_offline(True)
    began = time.monotonic()
    answer(page, "Right")
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    answer(page, "Left")  # a second choice is too late and changes nothing
    page.wait_for_timeout(seconds * 1000)
    assert time.monotonic() - began >= seconds
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    assert Vote.objects.count() == 3
    page.context.set_offline(False)
    finish(page, 4)


@pytest.mark.parametrize(
    ("part", "method", "arrives", "says"),
    [
        ("**/vote/", "POST", False, UNSENT),  # the answer does not reach the server
        ("**/vote/", "POST", True, UNSENT),  # it does, and the next page is lost
        ("**/picture/**", "*", False, OFFLINE),  # its pictures are lost
    ],
    ids=["answer", "confirmation and next trial", "pictures"],
)
def test_it_continues_after_a_lost_request(
    page, live_server, short_study, part, method, arrives, says
):
    begin(page, live_server, short_study)
    down = True

    def lose(route: Route) -> None:
        if not down or method not in ("*", route.request.method):
            route.fallback()
            return
        if arrives:
            route.fetch()
        route.abort("internetdisconnected")

    page.context.route(part, lose)
    answer(page, "Left")
    expect(page.get_by_role("status")).to_contain_text(says)
    page.wait_for_timeout(1500)  # long enough for further attempts to fail
    down = False
    finish(page, 1)


def test_it_waits_while_the_server_is_overloaded(page, live_server, short_study):
    begin(page, live_server, short_study)
    refusals = [503, 429]

    def refuse(route: Route) -> None:
        if refusals:
            route.fulfill(status=refusals.pop(), body="later")
        else:
            route.fallback()

    page.context.route("**/vote/", refuse)
    answer(page, "Left")
    finish(page, 1)


def test_it_asks_for_the_page_until_it_arrives(page, live_server, short_study):
    begin(page, live_server, short_study)
    first = current(page)
    page.context.route("**/vote/", lambda route: route.fulfill(status=404, body="no such trial"))
    page.context.route("**/take/*/", lambda route: route.abort("internetdisconnected"))
    answer(page, "Left")
    expect(page.get_by_role("status")).to_contain_text(OFFLINE)
    assert current(page) == first
    page.context.unroute("**/vote/")
    page.context.unroute("**/take/*/")
    expect(page.locator(".answer.chosen")).to_have_count(0)
    finish(page, 0)


def test_it_delivers_an_answer_after_a_crash(page, live_server, short_study):
    begin(page, live_server, short_study)
    page.context.route("**/vote/", lambda route: route.abort())
    answer(page, "Right")
    expect(page.get_by_role("status")).to_contain_text(UNSENT)
    page.context.unroute("**/vote/")
    page.reload()
    ready(page, 1)
    assert [vote.choice for vote in Vote.objects.all()] == ["right"]
    assert page.evaluate("localStorage.length") == 0


def test_it_sends_an_answer_again_that_was_refused_for_its_old_form(page, live_server, short_study):
    begin(page, live_server, short_study)
    page.context.clear_cookies()  # the server now takes the answer for a forged one
    with page.expect_response(lambda response: response.status == 403):
        answer(page, "Left")
    ready(page, 1)
    assert [vote.choice for vote in Vote.objects.all()] == ["left"]
    answer(page, "Right")
    ready(page, 2)
    assert [vote.choice for vote in Vote.objects.order_by("pk")] == ["left", "right"]
