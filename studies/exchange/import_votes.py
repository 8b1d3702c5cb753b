"""Foreign votes: a table of ours, or one with pwcmp's names, becomes a closed study.

Its participants, trials and votes are rows like any other, so that monitors, exports and
calibrations take them as they are. The pictures may be known by name only.
"""

from __future__ import annotations

import csv
import io
import uuid
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from common.errors import InputError
from common.spreadsheet import unescape_formula
from studies.exchange.columns import SCHEMA, VOTES
from studies.models import Choice, Cohort, Outcome, Participant, Study, Trial, TrialKind, Vote
from transfer.models import Stimulus

IMPORTED = "imported"
"""Stands where a study says which rule chose its pairs."""
_SYNONYMS = {"session": "session_id"}
_MADE = {"schema", "study"}
"""Columns that are made at every export."""
_OWN = {"choice", "kind", "simulated", "excluded", "response_ms", "position", "target", "expected",
        "received_at", "is_A_selected"}  # fmt: skip
"""Columns that have a field; what the others held is kept with the trial."""
_UNKNOWN = {column.name for column in VOTES} - _OWN - _MADE - {"trial"}
"""Columns that stay empty where the file lacks them."""
_TRUE = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
_MOST_BYTES = 500 * 1024 * 1024
_MOST_ROWS = 2_000_000
Row = dict[str, str]


def import_votes(path: Path, *, name: str = "", kind: str = "") -> Study:
    """Store the votes of a file as a closed study; all of them, or none.

    Args:
        path: CSV, Parquet, or a bundle with VOTES.csv in it. Needed are participant (or observer),
            and stimulus_left, stimulus_right, choice (or condition_A, condition_B, is_A_selected,
            and scene).
        name: of the new study; otherwise that of the file's column `study`.
        kind: E or C, where the file's column `target` does not say it.

    Raises:
        InputError: the file cannot be read, or a row of it cannot be used.

    """
    rows = [_completed(row, number) for number, row in enumerate(_read(path), start=2)]
    if not rows:
        raise InputError(f"{path} holds no votes")
    name = name or _only(rows, "study", f"{path} names no study, or several: give --name")
    kind = kind or _only(rows, "target", f"{path} does not say its target: give --kind E or C")
    if kind not in Study.Kind.values:
        raise InputError(f"target '{kind}' is unknown: give --kind E or C")
    if Study.objects.filter(name=name).exists():
        raise InputError(f"there is a study '{name}' already: give another --name")
    with transaction.atomic():
        study = Study.objects.create(
            name=name,
            kind=kind,
            design=IMPORTED,
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
        plan=[row["kind"] for row in rows],
        state=Participant.State.FINISHED,
        finished_at=timezone.now(),
    )


def _cohort(rows: Sequence[Row]) -> str:
    found = {
        Cohort.SIMULATED if _TRUE[row["simulated"]]
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
    kept["question_version"] = _number(row.get("question_version", ""))
    if not row.get("received_at"):
        kept["received_at"] = None
    return Trial(
        participant=participant,
        position=int(row.get("position") or nth),
        kind=row["kind"],
        first_left=left < right,
        left=known.get(left),
        right=known.get(right),
        expected=row.get("expected", ""),
        outcome=Outcome.VOTED,
        lease_until=timezone.now(),
        snapshot={
            "reference": {"role": "", "sha256": ""},
            "left": {"stimulus": left, "sha256": row.get("left_sha256", "")},
            "right": {"stimulus": right, "sha256": row.get("right_sha256", "")},
            "question": {"version": kept["question_version"], "text": ""},
            "rule": {"name": rule or IMPORTED, "version": _number(version) or 0, "scope": ""},
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
        response_ms=_number(row.get("response_ms", "")),
        received_at=received or timezone.now(),
        excluded="" if pilot else row["excluded"],
    )


def _check_positions(trials: Sequence[Trial]) -> None:
    twice = Counter((id(trial.participant), trial.position) for trial in trials)
    for trial in trials:
        if twice[id(trial.participant), trial.position] > 1:
            who = trial.snapshot["imported"]["participant"]
            raise InputError(f"participant {who!r} has position {trial.position} twice")


def _completed(row: Row, number: int) -> Row:
    """A row with all that is needed in our own columns, and nothing in them that is unknown."""
    full = {
        _SYNONYMS.get(key, key): unescape_formula(value or "") for key, value in row.items() if key
    }
    full.setdefault("participant", full.get("observer", ""))
    full.setdefault("observer", full["participant"])
    for side, condition in (("stimulus_left", "condition_A"), ("stimulus_right", "condition_B")):
        if condition in full and full.get("scene"):
            full.setdefault(side, f"{full['scene']}/{full[condition]}")
        full.setdefault(side, full.get(condition, ""))
    if "is_A_selected" in full:
        chosen = {"1": "left", "1.0": "left", "0": "right", "0.0": "right", "": "tie", "0.5": "tie"}
        full.setdefault("choice", chosen.get(full["is_A_selected"], full["is_A_selected"]))
    for column, default in (("kind", "real"), ("simulated", ""), ("excluded", "")):
        full[column] = full.get(column) or default
    full["simulated"] = full["simulated"].lower()
    if any("\0" in value for value in full.values()):
        raise InputError(f"row {number}: it holds a NUL character; nothing was stored")
    for column, (is_known, wanted) in _CHECKS.items():
        value = full.get(column, "")
        if not is_known(value):
            raise InputError(f"row {number}: {column} is {value!r}: {wanted}; nothing was stored")
    if full["stimulus_left"] == full["stimulus_right"]:
        raise InputError(f"row {number}: a stimulus against itself; nothing was stored")
    return full


def _is_count(value: str) -> bool:
    return value == "" or (value.isascii() and value.isdigit() and int(value) < 2**31)


def _is_time(value: str) -> bool:
    try:
        parsed = parse_datetime(value) if value else None
    except ValueError:
        return False
    return not value or (parsed is not None and parsed.tzinfo is not None)


def _one_of(words: Sequence[str]) -> tuple[Callable[[str], bool], str]:
    return (lambda value: value in words), f"use {', '.join(word for word in words if word)}"


_NAME: tuple[Callable[[str], bool], str] = (lambda value: 0 < len(value) <= 500), "give a name"
_COUNT = (_is_count, "use a whole number of at least 0")
_CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "participant": _NAME,
    "stimulus_left": _NAME,
    "stimulus_right": _NAME,
    "choice": _one_of(Choice.values),
    "kind": _one_of(TrialKind.values),
    "simulated": _one_of(list(_TRUE)),
    "expected": _one_of(["", "left", "right"]),
    "excluded": ((lambda value: len(value) <= 100), "give a reason of at most 100 letters"),
    "response_ms": _COUNT,
    "position": _COUNT,
    "question_version": _COUNT,
    "received_at": (_is_time, "use a time such as 2026-03-01T12:00:00Z"),
    "schema": _one_of(["", str(SCHEMA)]),
}


def _number(text: str) -> int | None:
    return int(text) if _is_count(text) and text else None


def _public_id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name) if len(name) == 32 else None
    except ValueError:
        return None


def _only(rows: Sequence[Row], column: str, otherwise: str) -> str:
    found = {row.get(column, "") for row in rows}
    if len(found) != 1 or "" in found:
        raise InputError(otherwise)
    return found.pop()


def _read(path: Path) -> list[Row]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is larger than 500 MB: split it by study")
        if path.suffix == ".parquet":
            return _read_parquet(path)
        text = _text_of(path)
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"the votes {path} cannot be read: {error}") from error
    try:
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(f"the votes {path} cannot be read: {error}") from error


def _text_of(path: Path) -> str:
    if path.suffix != ".zip":
        return path.read_text(encoding="utf-8-sig")
    with zipfile.ZipFile(path) as bundle:
        if bundle.getinfo("VOTES.csv").file_size > _MOST_BYTES:
            raise InputError(f"VOTES.csv in {path} is larger than 500 MB: split it by study")
        return bundle.read("VOTES.csv").decode("utf-8")


def _read_parquet(path: Path) -> list[Row]:
    import pyarrow.parquet as pq

    from studies.exchange.export import to_csv

    try:
        # A row that is repeated takes no room in the file: only its head says how many there are.
        if (rows := pq.read_metadata(path).num_rows) > _MOST_ROWS:
            raise InputError(f"{path} holds {rows} rows, more than {_MOST_ROWS}: split it by study")
        frame = pq.read_table(path).to_pandas()
    except (ValueError, OSError) as error:
        raise InputError(f"the votes {path} cannot be read: {error}") from error
    return list(csv.DictReader(io.StringIO(to_csv(frame), newline="")))
