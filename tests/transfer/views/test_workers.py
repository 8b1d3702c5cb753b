"""The page of workers in Chromium."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.conftest import AXE
from tests.width import expect_fits
from transfer.models import WorkerProcess

pytestmark = [pytest.mark.browser, pytest.mark.axe, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_page_follows_the_workers(researcher_page, live_server, size):
    now = timezone.now()
    times = {"started_at": now - timedelta(minutes=40), "seen_at": now}
    for number in range(2):
        WorkerProcess.objects.create(
            name=f"laboratory-2:{4711 + number}", command="worker",
            device="cpu, torch 2.15.0+cu132", doing="coast at night: 4 stimuli, chunk 17",
            error="StorageError: cannot write: the disk is full, free some space and try again",
            error_at=now, **times,
        )  # fmt: skip
    WorkerProcess.objects.create(name="laboratory-2:4000", command="worker", ended_at=now, **times)
    page = researcher_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.clock.install()
    page.goto(f"{live_server}/transfer/workers/")
    expect(page.locator("body")).to_contain_text("coast at night")
    expect_fits(page, size[0])
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"workers-{size[0]}.png", full_page=True)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run().then((r) => r.violations)")
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    WorkerProcess.objects.update(doing="forest: 1 stimulus, chunk 2")
    page.clock.run_for(11_000)
    expect(page.locator("body")).to_contain_text("forest: 1 stimulus")
