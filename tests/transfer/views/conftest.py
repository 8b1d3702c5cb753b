"""A batch for the pages of transfer."""

from __future__ import annotations

import pytest


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
