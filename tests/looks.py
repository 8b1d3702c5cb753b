"""The look of a page at both sizes, light and dark: its width, and the findings of axe-core.

SHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

from tests.conftest import AXE
from tests.width import expect_fits

SIZES = {"wide": (1280, 800), "phone": (390, 844)}


def expect_good_looks(page: Page, name: str) -> None:
    """Check the page that is open. `name` is for messages and for the pictures' files."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        expect_fits(page, width)
        for scheme in ("light", "dark"):
            # Colours change at once; axe would judge those in between.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            if folder := os.environ.get("SHOTS"):
                path = Path(folder) / f"{name}-{size}-{scheme}.png"
                page.screenshot(path=path, full_page=True)
            _expect_accessible(page, f"{name}, {size}, {scheme}")
    page.emulate_media(color_scheme="light")


def _expect_accessible(page: Page, name: str) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run().then((r) => r.violations)")
    grave = [
        f"{name}: {one['id']}: {one['nodes'][0]['html']} {one['nodes'][0]['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not grave, "\n".join(grave)
