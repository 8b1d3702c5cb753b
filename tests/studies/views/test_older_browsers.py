"""Browsers without newer interfaces, with hidden pages, or with changed cookies."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from studies.exchange.export import votes_frame
from studies.models import Participant, Study, Vote
from tests.conftest import ROOT
from tests.studies.session import answer, begin, ready

NEWER = {
    "AbortSignal.timeout": "Safari 16",
    "AbortSignal.any": "Safari 17.4",
    ".submitter": "Safari 15.4",
    "crypto.randomUUID": "Safari 15.4, and https only",
    "structuredClone": "Safari 15.4",
    ".at(": "Safari 15.4",
    "Object.hasOwn": "Safari 15.4",
    "replaceAll": "Safari 13.1",
    "Promise.any": "Safari 14",
    "requestIdleCallback": "no Safari",
    "navigator.connection": "no Safari",
    "?.": "Safari 13.1",
    "??": "Safari 13.1",
    "await import": "a network request",
}
"""Interfaces that participants' scripts must not use → the first version that has them (MDN)."""
BROWSER = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def browser(test):
    for mark in BROWSER:
        test = mark(test)
    return test


@pytest.mark.parametrize("name", NEWER)
def test_it_uses_no_interface_that_older_browsers_lack(name):
    for path in (ROOT / "static" / "studies").glob("*.js"):
        code = re.sub(r"//.*", "", path.read_text())
        assert name not in code, path.name
        assert not re.search(r"\d_\d", code)  # numeric separators: Safari 13


@browser
def test_it_works_without_newer_interfaces(page: Page, live_server, short_study: Study):
    page.add_init_script(
        "delete AbortSignal.timeout; delete SubmitEvent.prototype.submitter;"
        "delete crypto.constructor.prototype.randomUUID"
    )
    begin(page, live_server, short_study)
    answer(page, "Left")
    ready(page, 1)
    page.get_by_role("button", name="Right picture").focus()
    page.keyboard.press("Enter")
    ready(page, 2)
    assert [vote.choice for vote in Vote.objects.order_by("pk")] == ["left", "right"]


@browser
def test_hidden_time_is_not_part_of_the_response_time(page: Page, live_server, short_study: Study):
    begin(page, live_server, short_study)
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => window.isHidden });"
        "window.isHidden = true; document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_timeout(3000)
    page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    answer(page, "Left")
    ready(page, 1)
    vote = Vote.objects.get()
    assert vote.hidden_ms >= 2900
    assert vote.response_ms < vote.hidden_ms + 2900  # the page was in front for much less
    answer(page, "Left")
    ready(page, 2)
    assert Vote.objects.last().hidden_ms == 0
    assert list(votes_frame([short_study])["hidden_ms"]) == [vote.hidden_ms, 0]


@browser
def test_it_sends_a_refused_answer_again_with_the_token_of_another_login(
    page: Page, live_server, short_study: Study
):
    begin(page, live_server, short_study)
    # A login in another window gives the browser another token than the page has.
    field = page.locator("input[name=csrfmiddlewaretoken]")
    field.evaluate("field => { field.value = 'x'.repeat(64); }")
    with page.expect_response(lambda response: response.status == 403):
        answer(page, "Right")
    ready(page, 1)
    assert Vote.objects.get().choice == "right"


@browser
def test_an_answer_to_a_network_login_page_is_kept(page: Page, live_server, short_study: Study):
    begin(page, live_server, short_study)
    portal = "<!DOCTYPE html><title>Log in to the network</title><h1>Log in</h1>"
    page.route(
        "**/vote/", lambda route: route.fulfill(status=200, content_type="text/html", body=portal)
    )
    answer(page, "Right")
    expect(page.get_by_role("status")).to_contain_text("Your answer is kept")
    assert not Vote.objects.exists()
    page.unroute("**/vote/")
    ready(page, 1)
    assert Vote.objects.get().choice == "right"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "said"), [("de", "Cookies"), ("ja", "Cookie"), ("en", "cookies")]
)
def test_browsers_without_cookies_get_a_page_in_their_language(study, language, said):
    person = Client(enforce_csrf_checks=True, headers={"Accept-Language": language})
    page = person.post(study.entry_url, {"consent": "yes"})
    assert page.status_code == 403
    assert page["Content-Language"] == language
    text = page.content.decode()
    assert said in text and study.entry_url in text and 'data-page="participant"' in text
    assert not Participant.objects.exists()


@pytest.mark.django_db
def test_it_answers_other_forms_without_cookies_as_django_does(study):
    person = Client(enforce_csrf_checks=True)
    for address in ("/studies/join/nothing/", "/studies/take/nothing/vote/", "/login/"):
        page = person.post(address, {"consent": "yes"})
        assert page.status_code == 403
        assert 'data-page="participant"' not in page.content.decode()
