"""Prints of the EC space, a calibration and a report: whole, without blanks, figures as vectors."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from metrics.plots.marks import PALETTE
from tests.printing import Sheet, expect_whole, print_of

pytestmark = [pytest.mark.browser, pytest.mark.poppler]


def coloured(sheet: Sheet) -> int:
    """Colours of methods that a page shows in more than a few pixels."""
    pixels = sheet.picture.reshape(-1, 3).astype(int)
    wanted = [[int(code[at : at + 2], 16) for at in (1, 3, 5)] for code in PALETTE]
    near = [(np.abs(pixels - colour).sum(axis=1) < 60).sum() for colour in wanted]
    return sum(count > 3 for count in near)


def test_the_ec_space_prints_whole(researcher_page, live_server, calibration, tmp_path):
    page = researcher_page
    page.set_default_timeout(180_000)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live_server.url}{reverse('metrics:ecspace')}")
    expect(page.locator("html[data-printable]")).to_be_attached(timeout=180_000)
    printed = print_of(page, tmp_path)
    expect_whole(printed)
    for heading in ("EC space", "Methods", "All stimuli", "Families", "Mosaic", "Nine cells",
                    "Variance explained", "How it was measured"):  # fmt: skip
        assert heading in printed.text
    assert "Log out" not in printed.text and "Make report" not in printed.text
    figure = next(sheet for sheet in printed.sheets if "All stimuli" in sheet.text)
    assert coloured(figure) >= 4
    assert np.median(figure.picture) > 250  # light, whatever the screen is


def test_a_calibration_prints_whole(researcher_page, live_server, calibration, tmp_path):
    page = researcher_page
    page.set_default_timeout(180_000)
    page.goto(f"{live_server.url}{calibration.get_absolute_url()}")
    expect(page.locator("html[data-printable]")).to_be_attached(timeout=180_000)
    printed = print_of(page, tmp_path)
    expect_whole(printed)
    for words in ("Diagnostics", "Methods: votes and scores", "Selection of terms", "Win matrix",
                  "Ratio to probit", "Separation"):  # fmt: skip
        assert words in " ".join(printed.text.split())
    assert "Type the name" not in printed.text
    assert sum(coloured(sheet) >= 1 for sheet in printed.sheets) >= 1


def test_a_report_prints_whole_from_the_disk(page, calibration, batch, tmp_path):
    page.set_default_timeout(180_000)
    call_command("report", batch=batch.name, out=tmp_path / "report")
    page.goto((tmp_path / "report" / "index.html").as_uri(), wait_until="commit")
    expect(page.locator(".plot[data-ready]")).to_have_count(9, timeout=180_000)
    printed = print_of(page, tmp_path)
    expect_whole(printed)
    for heading in ("The question", "Design and people", "The EC space", "Mosaic", "Limits"):
        assert heading in printed.text
    assert max(coloured(sheet) for sheet in printed.sheets) >= 4
