"""Erasing what came from a person, and remembering that it was erased.

The log of erasures holds public ids only, which name nobody. It lies beside the database, so that a
database restored from an older copy can be brought up to date.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from studies.models import Participant
from studies.models.tokens import hashed


def log_path() -> Path:
    """Where erasures are written down."""
    return Path(settings.DATA_DIR) / "erasures.jsonl"


def erase(participant: Participant) -> None:
    """Erase a participant's answers and ids; a row without identity remains."""
    entry = {"participant": participant.public_id.hex, "at": timezone.now().isoformat()}
    # The log first: an erasure that is written down twice is harmless, a forgotten one is not.
    with log_path().open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")
        log.flush()
        os.fsync(log.fileno())
    participant.withdraw()


def erase_person(external_id: str) -> int:
    """Erase a person's sessions in all studies by their id on a recruitment service."""
    sessions = list(Participant.objects.filter(external_id=hashed(external_id)))
    for participant in sessions:
        erase(participant)
    return len(sessions)


def erase_again() -> int:
    """Erase whatever the log names and the database still holds, as after a restore."""
    if not log_path().exists():
        return 0
    lines = log_path().read_text(encoding="utf-8").splitlines()
    erased = {json.loads(line)["participant"] for line in lines if line.strip()}
    back = Participant.objects.filter(public_id__in=erased)
    sessions = list(back.exclude(state=Participant.State.WITHDRAWN))
    for participant in sessions:
        participant.withdraw()
    return len(sessions)
