"""The next trial of a study of 1,000 stimuli, against a limit of 50 ms.

`1x1000`: one reference, so 499,500 pairs may be asked about; `20x50`: twenty references of 50
stimuli. Measured are the answer to a trial, which selects the next one, and the next one's page,
through Django without a network: processor time, the median of 30.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import median

LIMIT_MS = 50.0
STIMULI = 1000
TRIALS = 30


def benchmarks() -> Iterator[dict[str, object]]:
    for references in (1, 20):
        folder = Path(tempfile.mkdtemp(prefix="ecspace-next-trial-"))
        environment = {
            **os.environ,
            "DATABASE_URL": "",
            "ECSPACE_DATA": str(folder),
            "SECRET_KEY_FILE": str(folder / "key"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        try:
            # A process of its own: Django's settings are read once.
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.next_trial", str(references)],
                cwd=Path(__file__).resolve().parents[1],
                env=environment, capture_output=True, text=True,
            )  # fmt: skip
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-500:])
        ours: float = json.loads(done.stdout)
        yield {
            "name": f"next_trial/{references}x{STIMULI // references}",
            "ratio": ours / LIMIT_MS,
            "ours": ours,
            "reference": LIMIT_MS,
            "unit": "ms of processor time, ours ÷ limit",
        }


def measured(references: int) -> float:
    """Milliseconds of an answer and the page after it, in a fresh database."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    address = participant_of(references)
    client, times = Client(SERVER_NAME="127.0.0.1"), []
    page = client.get(address).content.decode()
    for _ in range(TRIALS):
        trial = re.search(r'name="trial" value="([^"]+)"', page)
        assert trial, "the page shows no trial"
        answer = {"trial": trial[1], "choice": "left", "client_uuid": str(uuid.uuid4())}
        began = time.process_time()
        assert client.post(f"{address}vote/", answer).status_code == 303
        page = client.get(address).content.decode()
        times.append(1000 * (time.process_time() - began))
    return median(times)


def participant_of(references: int) -> str:
    """The address of a participant in an open C-test."""
    from studies.models import Study
    from studies.planning.opening import open_study
    from studies.sessions.enrolment import enrol
    from transfer.models import Batch, Picture, Stimulus

    batch = Batch.objects.create(name="large", recipe={})
    size = {"width": 96, "height": 64}
    contents = [
        Picture.objects.create(role="content", name=str(n), file=f"{n}.png", sha256=str(n), **size)
        for n in range(references)
    ]
    Stimulus.objects.bulk_create(
        Stimulus(
            batch=batch,
            recipe_key=str(number),
            content=contents[number % references],
            method=f"method {number // references % 10}",
            state=Stimulus.State.DONE,
            sha256=str(number),
            **size,
        )
        for number in range(STIMULI)
    )
    study = Study.objects.create(
        name="large",
        kind="C",
        scope=Study.Scope.REFERENCE,
        trials_per_participant=50,
        participant_target=100,
    )
    study.batches.add(batch)
    open_study(study)
    return enrol(study).take_url


if __name__ == "__main__":
    print(measured(int(sys.argv[1])))
