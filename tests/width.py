"""The width of a page after its scripts have run."""

from __future__ import annotations

from playwright.sync_api import Error, Page


def expect_fits(page: Page, width: int) -> None:
    """Fail unless the page soon is at most `width` CSS pixels wide.

    Plots are redrawn a moment after the window has changed its size.
    """
    inside = "width => document.documentElement.scrollWidth <= width"
    try:
        page.wait_for_function(inside, arg=width, timeout=20_000)
    except Error:
        wide = page.evaluate("document.documentElement.scrollWidth")
        raise AssertionError(f"{page.url} is {wide} px wide, more than {width}") from None


def expect_boxed(page: Page, selector: str, width: int) -> None:
    """Fail if the content of `selector` can make the page wider than `width`, however briefly."""
    page.locator(selector).first.wait_for()
    wide = page.evaluate(
        """([selector, width]) => {
          for (const box of document.querySelectorAll(selector)) {
            const late = document.createElement("div");
            late.style.width = `${3 * width}px`;
            late.textContent = "as a figure that is still as wide as the window was";
            box.append(late);
          }
          return document.documentElement.scrollWidth;
        }""",
        [selector, width],
    )
    assert wide <= width, f"{page.url} is {wide} px wide, more than {width}"
