"""Pictures and a batch of finished stimuli for tests of studies."""

from __future__ import annotations

import hashlib
from io import BytesIO

import numpy as np
from django.core.files.base import ContentFile
from PIL import Image

from transfer.models import Batch, Picture, Stimulus

METHODS = ("gatys", "cross-layer", "universal")


def png(number: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """A picture that differs from every other one."""
    width, height = size
    noise = np.random.default_rng(number).integers(0, 256, size=(8, 12, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def picture(role: str, number: int) -> Picture:
    data = png(number + (1000 if role == "style" else 0))
    name = f"{role}-{number}"
    found = Picture(
        role=role, name=name, sha256=hashlib.sha256(data).hexdigest(), width=96, height=64
    )
    found.file.save(f"{name}.png", ContentFile(data))
    return found


def batch_of(contents: int = 2, styles: int = 2, methods: tuple[str, ...] = METHODS) -> Batch:
    """A batch with one finished stimulus per content, style and method."""
    shown = [picture("content", i) for i in range(contents)]
    painted = [picture("style", i) for i in range(styles)]
    batch = Batch.objects.create(name=f"batch {Batch.objects.count() + 1}", recipe={})
    number = 5000
    for method in methods:
        for content in shown:
            for style in painted:
                number += 1
                data = png(number)
                stimulus = Stimulus(
                    batch=batch,
                    recipe_key=str(number),
                    content=content,
                    method=method,
                    state=Stimulus.State.DONE,
                    sha256=hashlib.sha256(data).hexdigest(),
                    width=96,
                    height=64,
                )
                stimulus.file.save(f"{method}-{number}.png", ContentFile(data))
                stimulus.styles.add(style)
    return batch
