"""The study that `benchmarks/load.py` serves, and the count of its votes afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from io import BytesIO
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import numpy as np  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from PIL import Image  # noqa: E402

from studies.models import Study, Vote  # noqa: E402
from studies.models.trial import PLACES  # noqa: E402
from studies.planning.opening import open_study, set_consent  # noqa: E402
from studies.sessions import display  # noqa: E402
from transfer.models import Batch, Picture, Stimulus  # noqa: E402

REFERENCES = 10
METHODS = 10
SIZE = (512, 384)


def make() -> str:
    """An open E-test of 100 stimuli with room for 400 people; its participants' address."""
    batch = Batch.objects.create(name="load", recipe={})
    content = picture("content", 0)
    for number in range(REFERENCES):
        style = picture("style", 1 + number)
        for method in range(METHODS):
            data = png(1000 + METHODS * number + method)
            stimulus = Stimulus(
                batch=batch,
                recipe_key=f"{number}-{method}",
                content=content,
                method=f"method {method}",
                state=Stimulus.State.DONE,
                sha256=hashlib.sha256(data).hexdigest(),
                width=SIZE[0],
                height=SIZE[1],
            )
            stimulus.file.save(f"{number}-{method}.png", ContentFile(data))
            stimulus.styles.add(style)
    study = Study.objects.create(
        name="load", kind="E", trials_per_participant=40, participant_target=400
    )
    study.batches.add(batch)
    set_consent(study, "You look at pictures.")
    open_study(study)
    show_once(study)
    return study.entry_url


def show_once(study: Study) -> None:
    """Encode every picture, as its first display would."""
    width = {place: display.MAX_SIDE if place == "reference" else SIZE[0] for place in PLACES}
    for pair in study.pairs.select_related("reference", "first", "second"):
        for place, row in zip(PLACES, (pair.reference, pair.first, pair.second), strict=True):
            display.encoded(row.path, row.sha256, width[place])


def check(said: Path) -> None:
    """Compare what the server acknowledged with what it stored."""
    told = json.loads(said.read_text())
    stored = [str(key) for key in Vote.objects.values_list("client_uuid", flat=True)]
    lost = set(told["acknowledged"]) - set(stored)
    made_up = set(stored) - set(told["sent"])
    if lost or made_up or len(stored) != len(set(stored)):
        doubled = len(stored) - len(set(stored))
        sys.exit(f"{len(lost)} votes lost, {doubled} doubled, {len(made_up)} never sent")


def picture(role: str, number: int) -> Picture:
    data = png(number)
    found = Picture(
        role=role,
        name=f"{role} {number}",
        sha256=hashlib.sha256(data).hexdigest(),
        width=SIZE[0],
        height=SIZE[1],
    )
    found.file.save(f"{role}-{number}.png", ContentFile(data))
    return found


def png(number: int) -> bytes:
    noise = np.random.default_rng(number).integers(0, 256, size=(24, 32, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(noise).resize(SIZE, Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        print(make())
    else:
        check(Path(sys.argv[2]))
