"""How wide a page is, once its script has settled."""

from __future__ import annotations

from playwright.sync_api import Error, Page


def expect_fits(page: Page, width: int) -> None:
    """Fail unless the page soon is no wider than `width` CSS pixels.

    Plots follow a new window size a moment later: their script draws them again in its own time.
    """
    inside = "width => document.documentElement.scrollWidth <= width"
    try:
        page.wait_for_function(inside, arg=width, timeout=20_000)
    except Error:
        wide = page.evaluate("document.documentElement.scrollWidth")
        raise AssertionError(f"{page.url} is {wide} px wide, more than {width}") from None
