"""A trial can be answered, and is timed, only once all three pictures are on the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from studies.models import Trial, Vote
from tests.studies.session import PHONE, WIDE, answer, consent, current, ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CLICK_LATER = """() => new Promise((done) => {
    const left = document.querySelector('.answer[value=left]');
    const observer = new MutationObserver(() => {
        const enabled = performance.now();
        observer.disconnect();
        setTimeout(() => { left.click(); done(performance.now() - enabled); }, 700);
    });
    observer.observe(left, { attributes: true, attributeFilter: ['disabled'] });
})"""
"""Clicks by a script: milliseconds from the display of the pictures to the click."""


@pytest.mark.parametrize("place", [0, 1, 2], ids=["reference", "left", "right"])
def test_it_waits_for_every_picture_and_does_not_time_the_loading(
    page: Page, live_server, long_study, place
):
    held: list[Route] = []
    page.context.route("**/picture/**", lambda route: held.append(route))
    consent(page, live_server, long_study)
    left = page.locator("button[value=left]")
    expect(page.get_by_role("status")).to_have_text("Loading the pictures …")
    while len(held) < 3:
        page.wait_for_timeout(50)
    slow = page.locator(".stage img").nth(place).get_attribute("src")
    for route in held:
        if slow not in route.request.url:
            route.continue_()
    page.evaluate(f"void (window.waited = ({CLICK_LATER})())")
    page.wait_for_timeout(3000)
    expect(left).to_be_disabled()
    assert page.locator(".stage img").first.evaluate("e => getComputedStyle(e).visibility") == (
        "hidden"  # no picture is shown before the others
    )
    next(route for route in held if slow in route.request.url).continue_()
    waited = page.evaluate("window.waited")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "1")
    # Three seconds of latency move the response time by less than 50 ms.
    assert Vote.objects.get().response_ms == pytest.approx(waited, abs=50)


@pytest.mark.parametrize(
    ("status", "body", "size"),
    [
        (200, b"\x89PNG\r\n truncated", WIDE),
        (404, b"", PHONE),
        (500, b"", WIDE),
    ],
    ids=["truncated", "missing", "server error"],
)
def test_it_reports_a_picture_that_cannot_load_and_goes_on(
    page, live_server, short_study, status, body, size
):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    asked: list[str] = []

    def fail(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=status, content_type="image/png", body=body)

    broken = "**/picture/**"
    page.context.route(broken, fail)
    consent(page, live_server, short_study)
    first = current(page)
    for key in ("ArrowLeft", "Enter", "1", "Enter"):
        page.keyboard.press(key)
    page.wait_for_function(
        "first => document.querySelector('input[name=trial]')?.value !== first", arg=first
    )
    page.context.unroute(broken, fail)
    assert sum("again=" in url for url in asked) >= 3  # it was tried again
    assert Trial.objects.get(public_id=first).outcome == "could not load"
    assert not Vote.objects.exists()
    page.reload()
    ready(page, 0)
    answer(page, "Left")
    ready(page, 1)
    assert Vote.objects.get().trial.public_id.hex != first.replace("-", "")
