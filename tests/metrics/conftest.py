"""Stored pictures and finished batches for the tests of metrics."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.metrics.pictures import textured


@pytest.fixture(autouse=True)
def closed_instruments() -> None:
    """No instrument is open from an earlier test, whose batch may have had the same number."""
    from metrics.measurements import jobs

    jobs.opened.cache_clear()


@pytest.fixture
def media(settings, tmp_path) -> Path:
    """An empty data folder with an empty MEDIA_ROOT in it."""
    settings.DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = settings.DATA_DIR / "media"
    settings.MEDIA_ROOT.mkdir(parents=True)
    return settings.MEDIA_ROOT


@pytest.fixture
def stored(db, media, tmp_path) -> Callable:
    """Store a textured picture: stored("content", 3), named `content 3`."""
    from transfer.batches.import_pictures import store_picture
    from transfer.models import Picture

    def make(role: str, seed: int, name: str = "") -> Picture:
        path = tmp_path / f"{role}-{seed}.png"
        textured(seed).save(path)
        return store_picture(path, role, name=name or f"{role} {seed}").picture

    return make


@pytest.fixture
def finished(media) -> Callable:
    """Add a finished stimulus to a batch: content and style blended half and half."""
    from transfer.models import Batch, Stimulus

    def make(batch: Batch, content, *styles, share: float = 0.5, **fields) -> Stimulus:
        image = Image.blend(Image.open(content.path), Image.open(styles[0].path), share)
        name = f"stimuli/{uuid.uuid4().hex}.png"
        (media / "stimuli").mkdir(exist_ok=True)
        image.save(media / name)
        values = {"method": "gatys", "parameters": {"style_weight": 100.0 * share}, **fields}
        stimulus = Stimulus.objects.create(
            batch=batch,
            recipe_key=uuid.uuid4().hex,
            content=content,
            state=Stimulus.State.DONE,
            file=name,
            width=image.width,
            height=image.height,
            **values,
        )
        stimulus.styles.set(styles)
        return stimulus

    return make


@pytest.fixture
def batch(stored, finished):
    """`trial`: two contents × one style, two stimuli each, all done."""
    from transfer.models import Batch

    made = Batch.objects.create(name="trial", recipe={"size": 72})
    style = stored("style", 10)
    for seed in (1, 2):
        for share in (0.5, 0.9):
            finished(made, stored("content", seed), style, share=share)
    return made
