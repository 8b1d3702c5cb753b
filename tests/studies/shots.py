"""Pictures of pages for a look by eye, where the environment variable SHOTS names a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def shoot(page: Page, name: str) -> None:
    """Store a picture of the whole page as `name`.png."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
