"""Prints of pages: the PDF that Chromium makes, read page by page by poppler's tools."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page

LARGE = 400
"""Pixels of a side from which on a raster picture would be a figure, and not an example."""
SMALL_INK = 0.0003
"""Share of dark or coloured pixels below which a page counts as blank."""


@dataclass(frozen=True)
class Sheet:
    """One page of a print.

    Attributes:
        text: its words.
        ink: share of its pixels that are not nearly white.
        low: how far down the last ink is, 0 … 1 of the height of the page.
        picture: the page as pixels (H, W, 3).

    """

    text: str
    ink: float
    low: float
    picture: np.ndarray


@dataclass(frozen=True)
class Print:
    """A print.

    Attributes:
        sheets: its pages.
        rasters: width and height in pixels of each raster picture in it.

    """

    sheets: list[Sheet]
    rasters: list[tuple[int, int]]

    @property
    def text(self) -> str:
        """The words of all pages."""
        return "\n".join(sheet.text for sheet in self.sheets)


def print_of(page: Page, folder: Path) -> Print:
    """Print the page that is open as A4, and read the PDF."""
    path = folder / "print.pdf"
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
    words = _run("pdftotext", "-layout", path, "-").split("\f")[:-1]
    _run("pdftoppm", "-r", "100", "-png", path, folder / "sheet")
    pictures = [
        np.asarray(Image.open(each).convert("RGB")) for each in sorted(folder.glob("sheet-*.png"))
    ]
    assert len(pictures) == len(words)
    sheets = []
    for text, picture in zip(words, pictures, strict=True):
        marked = picture.min(axis=2) < 235
        rows = np.flatnonzero(marked.any(axis=1))
        low = (rows[-1] + 1) / len(marked) if len(rows) else 0.0
        sheets.append(Sheet(text, float(marked.mean()), float(low), picture))
    listed = re.findall(
        r"^ *\d+ +\d+ +\w+ +(\d+) +(\d+)", _run("pdfimages", "-list", path), re.MULTILINE
    )
    return Print(sheets, [(int(width), int(height)) for width, height in listed])


def expect_whole(printed: Print) -> None:
    """Fail on a blank page, a page that is empty from its middle on, and a figure as raster."""
    for number, sheet in enumerate(printed.sheets, start=1):
        assert sheet.ink > SMALL_INK, f"page {number} is blank"
        assert sheet.text.strip() or sheet.ink > 10 * SMALL_INK, f"page {number} says nothing"
        if number < len(printed.sheets):
            assert sheet.low > 0.5, f"page {number} is empty from {sheet.low:.0%} on"
        edge = sheet.picture[:, -12:].min()
        assert edge > 235, f"page {number} is cut at the right"
    large = [size for size in printed.rasters if max(size) >= LARGE]
    assert not large, f"raster pictures where a figure should be a vector: {large}"


def _run(command: str, *arguments: object) -> str:
    done = subprocess.run(
        [command, *map(str, arguments)], check=True, capture_output=True, text=True
    )
    return done.stdout
