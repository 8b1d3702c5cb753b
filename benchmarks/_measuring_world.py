"""The batch that `benchmarks/measuring.py` measures, and one process that measures it without jobs.

`make` prepares an installation; `loop` measures C of its stimuli one after the other with the
threads that libraries take by themselves, as `manage.py measure` did before it had jobs. It prints
the time at which each picture was finished, and its C.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from io import BytesIO

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import numpy as np  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from PIL import Image  # noqa: E402
from scipy.io import savemat  # noqa: E402
from skimage.data import coffee  # noqa: E402
from skimage.segmentation import find_boundaries  # noqa: E402

from common.media import media_path  # noqa: E402
from common.pictures import read_picture  # noqa: E402
from metrics.boundaries.coherence import coherence, human_truth  # noqa: E402
from transfer.models import Batch, Picture, Stimulus  # noqa: E402

SIZE = (481, 321)
PICTURES = 8


def make() -> None:
    """Eight stimuli of one annotated content picture, of the size of BSDS500."""
    call_command("migrate", verbosity=0)
    image = Image.fromarray(coffee()).resize(SIZE, Image.Resampling.BILINEAR)
    content = Picture(role="content", name="coffee", width=SIZE[0], height=SIZE[1])
    _store(content, image)
    brightness = np.asarray(image.convert("L"))
    content.annotations.save("coffee.mat", ContentFile(_annotation(brightness > 128)))
    style = Picture(role="style", name="style", width=SIZE[0], height=SIZE[1])
    _store(style, image.rotate(180))
    batch = Batch.objects.create(name="bench", recipe={})
    random = np.random.default_rng(0)
    for number in range(PICTURES):
        noisy = np.asarray(image) + random.normal(0, 25, (SIZE[1], SIZE[0], 3))
        stimulus = Stimulus(
            batch=batch, recipe_key=str(number), content=content, method="noise",
            state=Stimulus.State.DONE, width=SIZE[0], height=SIZE[1],
        )  # fmt: skip
        _store(stimulus, Image.fromarray(noisy.clip(0, 255).astype(np.uint8)))
        stimulus.styles.add(style)


def loop() -> None:
    """Measure one after the other."""
    batch = Batch.objects.get(name="bench")
    content = Picture.objects.get(role="content")
    truth = human_truth(media_path(str(content.annotations.name)))
    times, values = [], []
    for stimulus in batch.stimuli.order_by("pk"):
        values.append(coherence(read_picture(stimulus.path), truth, "gpb").value)
        times.append(time.time())
    print(json.dumps({"times": times, "values": values}))


def results() -> None:
    """When the jobs were finished, and the values that they stored."""
    from metrics.models import Measurement, MeasurementJob

    finished = MeasurementJob.objects.order_by("finished_at").values_list("finished_at", flat=True)
    stored = Measurement.objects.order_by("stimulus").values_list("value", flat=True)
    print(json.dumps({"times": [each.timestamp() for each in finished], "values": list(stored)}))


def _store(row: Picture | Stimulus, image: Image.Image) -> None:
    file = BytesIO()
    image.save(file, "PNG")
    row.sha256 = hashlib.sha256(file.getvalue()).hexdigest()
    row.file.save(f"{row.sha256}.png", ContentFile(file.getvalue()))


def _annotation(region: np.ndarray) -> bytes:
    kind = np.dtype([("Segmentation", object), ("Boundaries", object)])
    cell = np.empty((1, 1), kind)
    labels = region.astype(np.uint16) + 1
    cell[0, 0] = (labels, find_boundaries(labels, mode="inner").astype(np.uint8))
    cells = np.empty((1, 1), object)
    cells[0, 0] = cell
    file = BytesIO()
    savemat(file, {"groundTruth": cells})
    return file.getvalue()


if __name__ == "__main__":
    {"make": make, "loop": loop, "results": results}[sys.argv[1]]()
