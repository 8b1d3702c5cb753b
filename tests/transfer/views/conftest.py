"""A batch for the pages of transfer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page


@pytest.fixture
def made(engine, order):
    """A batch of four stimuli: two done, one failed, one waiting."""
    from transfer.batches.launch import launch
    from transfer.batches.worker import make

    batch = launch(order(chunk=2))
    make(batch.stimuli.next_chunk())
    bad = batch.stimuli.filter(state="pending").first()
    batch.stimuli.filter(pk=bad.pk).claim("elsewhere").fail("it diverged")
    return batch


@pytest.fixture
def shot():
    """Keep a picture of a page if SHOTS names a folder."""

    def keep(page: Page, name: str) -> None:
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return keep
