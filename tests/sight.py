"""What every page has to be: within its window, and without serious findings of axe-core."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.conftest import AXE
from tests.width import expect_fits

SIGHTS = (
    ((1280, 800), "light"),
    ((390, 844), "dark"),
    ((1280, 800), "dark"),
    ((390, 844), "light"),
)
"""Sizes of the window and colour schemes."""


def look_at(page: Page, address: str, size: tuple[int, int], scheme: Any) -> None:
    """Open a page, and fail if it is wider than the window or has a serious finding of axe."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    expect_accessible(page)


def expect_accessible(page: Page) -> None:
    """Fail if the page is wider than the window, or axe-core finds something serious."""
    size = page.viewport_size
    assert size is not None
    expect_fits(page, size["width"])
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run().then((result) => result.violations)")
    grave = [
        f"{page.url} {each['id']}: {each['nodes'][0]['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert not grave, "\n".join(grave)
