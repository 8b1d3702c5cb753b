"""A participant's session in Chromium, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from studies.models import Study

expect.set_options(timeout=20_000)  # for machines under load
WIDE, PHONE = (1280, 800), (390, 844)


def consent(page: Page, live_server: LiveServer, study: Study) -> None:
    """Agree to take part."""
    page.goto(f"{live_server}{study.entry_url}")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()


def begin(page: Page, live_server: LiveServer, study: Study) -> None:
    """Agree to take part, and wait for the first trial."""
    consent(page, live_server, study)
    ready(page, 0)


def ready(page: Page, answered: int) -> None:
    """Wait until the trial after `answered` answers may be answered."""
    expect(page.get_by_role("progressbar")).to_have_attribute("value", str(answered))
    expect(page.locator("button.answer[value=left]")).to_be_enabled()
    page.wait_for_timeout(250)  # longer than the guard against double clicks


def answer(page: Page, side: str) -> None:
    """Click a picture."""
    page.locator(f"button.answer[value={side.lower()}]").click()


def current(page: Page) -> str:
    """The id of the trial on the page."""
    return page.locator("input[name=trial]").input_value()
