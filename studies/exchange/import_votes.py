"""Import of votes: a table with our columns, or with pwcmp's, becomes a closed study.

Its participants, trials and votes are ordinary rows, so monitors, exports and calibrations need no
special case. Of the pictures only the names are needed.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from common.errors import InputError
from studies.exchange.columns import VOTES
from studies.exchange.vote_rows import TRUTH, Row, number_of, only, read_rows, target_of
from studies.models import Cohort, Participant, Study, Trial, TrialOutcome, Vote
from transfer.models import Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.models import User

IMPORTED = "imported"
"""The design of an imported study."""
_MADE = {"schema", "study"}
"""Columns that every export computes."""
_OWN = {"choice", "kind", "simulated", "excluded", "response_ms", "hidden_ms", "position", "target",
        "expected", "received_at", "is_A_selected"}  # fmt: skip
"""Columns that are stored in fields; the values of others are stored with the trial."""
_UNKNOWN = {column.name for column in VOTES} - _OWN - _MADE - {"trial"}
"""Columns that stay empty if the file lacks them."""


def import_votes(
    path: Path, *, name: str = "", kind: str = "", created_by: User | None = None
) -> Study:
    """Store the votes of a file as a closed study: either all of them or none.

    Args:
        path: CSV, Parquet, or a bundle with VOTES.csv in it. Needed are participant (or observer),
            and stimulus_left, stimulus_right, choice (or condition_A, condition_B, is_A_selected,
            and scene).
        name: of the new study; by default that in the file's column `study`.
        kind: E or C, if the file has no column `target`.
        created_by: the owner of the new study; without one every researcher sees it.

    Raises:
        InputError: the file cannot be read, or a row of it cannot be used.

    """
    table, rows = read_rows(path)
    if not rows:
        raise InputError(f"{path} holds no votes")
    name = name or only(rows, "study", f"{path} names no study, or several: give --name")
    kind = target_of(table, rows, kind)
    if Study.objects.filter(name=name, created_by=created_by).exists():
        raise InputError(f"there is a study '{name}' already: give another --name")
    with transaction.atomic():
        study = Study.objects.create(
            name=name,
            kind=kind,
            design=IMPORTED,
            created_by=created_by,
            state=Study.State.CLOSED,
            closed_at=timezone.now(),
            participant_target=len({row["participant"] for row in rows}),
            trials_per_participant=max(Counter(row["participant"] for row in rows).values()),
        )
        _store(study, rows)
    return study


def _store(study: Study, rows: Sequence[Row]) -> None:
    by_participant: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_participant[row["participant"]].append(row)
    participants = {name: _participant(study, own) for name, own in by_participant.items()}
    Participant.objects.bulk_create(participants.values(), batch_size=1000)
    named = {row[side] for row in rows for side in ("stimulus_left", "stimulus_right")}
    ids = {key: name for name in named if (key := _public_id(name)) is not None}
    known = {ids[s.public_id]: s for s in Stimulus.objects.filter(public_id__in=ids)}
    counted: Counter[str] = Counter()
    trials, votes = [], []
    for row in rows:
        counted[row["participant"]] += 1
        trial = _trial(row, participants[row["participant"]], known, counted[row["participant"]])
        trials.append(trial)
        votes.append(_vote(row, trial))
    _check_positions(trials)
    Trial.objects.bulk_create(trials, batch_size=1000)
    Vote.objects.bulk_create(votes, batch_size=1000)
    study.stimuli.set(known.values())


def _participant(study: Study, rows: Sequence[Row]) -> Participant:
    return Participant(
        study=study,
        cohort=_cohort(rows),
        source=IMPORTED,
        trial_kinds=[row["kind"] for row in rows],
        state=Participant.State.FINISHED,
        finished_at=timezone.now(),
    )


def _cohort(rows: Sequence[Row]) -> str:
    found = {
        Cohort.SIMULATED if TRUTH[row["simulated"]]
        else Cohort.PILOT if row["excluded"] == Cohort.PILOT
        else Cohort.PEOPLE
        for row in rows
    }  # fmt: skip
    if len(found) > 1:
        raise InputError(
            f"participant {rows[0]['participant']!r} is partly {' and partly '.join(sorted(found))}"
            ": a session is one of them"
        )
    return found.pop()


def _trial(row: Row, participant: Participant, known: Mapping[str, Stimulus], nth: int) -> Trial:
    left, right = row["stimulus_left"], row["stimulus_right"]
    rule, _, version = row.get("rule", "").rpartition(" ")
    kept: dict[str, Any] = dict.fromkeys(_UNKNOWN, "")
    kept |= {"session_id": "1", "condition_A": left, "condition_B": right}
    kept |= {key: value for key, value in row.items() if key not in _OWN | _MADE}
    kept["question_version"] = number_of(row.get("question_version", ""))
    if not row.get("received_at"):
        kept["received_at"] = None
    return Trial(
        participant=participant,
        position=number_of(row.get("position", "")) or nth,
        kind=row["kind"],
        first_left=left < right,
        left=known.get(left),
        right=known.get(right),
        expected=row.get("expected", ""),
        outcome=TrialOutcome.VOTED,
        lease_until=timezone.now(),
        snapshot={
            "reference": {"role": "", "sha256": ""},
            "left": {"stimulus": left, "sha256": row.get("left_sha256", "")},
            "right": {"stimulus": right, "sha256": row.get("right_sha256", "")},
            "question": {"version": kept["question_version"], "text": ""},
            "rule": {"name": rule or IMPORTED, "version": number_of(version) or 0, "scope": ""},
            "imported": kept,
        },
    )


def _vote(row: Row, trial: Trial) -> Vote:
    pilot = row["excluded"] == Cohort.PILOT
    received = parse_datetime(row.get("received_at", ""))
    return Vote(
        trial=trial,
        choice=row["choice"],
        client_uuid=uuid.uuid4(),
        response_ms=number_of(row.get("response_ms", "")),
        hidden_ms=number_of(row.get("hidden_ms", "")),
        received_at=received or timezone.now(),
        excluded="" if pilot else row["excluded"],
    )


def _check_positions(trials: Sequence[Trial]) -> None:
    twice = Counter((id(trial.participant), trial.position) for trial in trials)
    for trial in trials:
        if twice[id(trial.participant), trial.position] > 1:
            who = trial.snapshot["imported"]["participant"]
            raise InputError(f"participant {who!r} has position {trial.position} twice")


def _public_id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name) if len(name) == 32 else None
    except ValueError:
        return None
