"""A study as an archive for publication: stimuli, recipes, votes without identities, codebook.

The same study gives the same bytes: members have a fixed order and no times.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from common.errors import InputError
from common.lookup import check_name
from common.tables import rows_to_csv, to_csv
from studies.exchange.columns import (
    PICTURES,
    SCHEMA,
    STIMULI,
    Column,
    codebook_csv,
    codebook_markdown,
)
from studies.exchange.export import columns_of, to_parquet, votes_frame
from transfer.models import Picture, Stimulus

if TYPE_CHECKING:
    from studies.models import Study

LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}
"""Licences that a bundle may be published under, by their SPDX names."""
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest time of the ZIP format


def write_bundle(study: Study, target: BinaryIO, licence: str) -> list[str]:
    """Write the archive, and return the names of pictures left out because they have no licence.

    The stimuli made from such pictures are included. The times of votes are left out, because
    whoever knows when a person took part could find that person's votes.

    Raises:
        InputError: another licence than those of LICENCES, or a stimulus's file is missing.

    """
    check_name("licence", licence, LICENCES)
    stimuli = list(study.stimuli.select_related("content", "batch").order_by("public_id"))
    pictures = _pictures(stimuli)
    left_out = [picture.name for picture in pictures if not picture.licence]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        sums = {
            name: _add(archive, name, data)
            for name, data in _members(study, stimuli, pictures, licence)
        }
        listed = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
        _add(archive, "SHA256SUMS", listed.encode())
    return left_out


def _members(
    study: Study, stimuli: Sequence[Stimulus], pictures: Sequence[Picture], licence: str
) -> Iterator[tuple[str, bytes]]:
    frame = votes_frame([study])
    frame["received_at"] = frame["received_at"].where(frame["schema"] != SCHEMA)
    tables = [
        ("VOTES.csv, VOTES.parquet", columns_of(frame)),
        ("STIMULI.csv", STIMULI),
        ("PICTURES.csv", PICTURES),
    ]
    left_out = [picture.name for picture in pictures if not picture.licence]
    recipes = {stimulus.batch.name: stimulus.batch.recipe for stimulus in stimuli}
    yield "README.md", _readme(study, len(frame), licence, left_out).encode()
    yield "LICENCE.txt", f"{licence}\n{LICENCES[licence]}\n".encode()
    yield "CODEBOOK.md", codebook_markdown(tables).encode()
    yield "CODEBOOK.csv", codebook_csv(tables).encode()
    yield "STUDY.json", _json(_description(study))
    yield "RECIPES.json", _json(recipes)
    yield "VOTES.csv", to_csv(frame).encode()
    yield "VOTES.parquet", to_parquet(frame)
    yield "STIMULI.csv", _table(STIMULI, [_stimulus_row(stimulus) for stimulus in stimuli])
    yield "PICTURES.csv", _table(PICTURES, [_picture_row(picture) for picture in pictures])
    for row in stimuli:
        yield _stimulus_file(row), _bytes(row)
    for picture in pictures:
        if picture.licence:
            yield _picture_file(picture), _bytes(picture)


def _description(study: Study) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "name": study.name,
        "title": study.title,
        "target": study.kind,
        "question": study.question.text if study.batches.exists() else "",
        "question_version": study.question_version,
        "design": study.design,
        "scope": study.scope,
        "seed": study.seed,
        "trials_per_participant": study.trials_per_participant,
        "participants_wanted": study.participant_target,
        "votes_per_pair": study.votes_per_pair,
        "ties_allowed": study.ties_allowed,
        "rules": study.session_rules.declared(),
        "recruiter": study.recruiter,
        "consent": {text.version: text.text for text in study.consent_texts.all()},
    }


def _readme(study: Study, votes: int, licence: str, left_out: Sequence[str]) -> str:
    lines = [
        f"# {study.name}",
        "",
        f"{study.get_kind_display()} {votes} votes, one per row in VOTES.csv and VOTES.parquet.",
        "Rows whose `excluded` is not empty do not count; `simulated` marks bots.",
        "CODEBOOK.md describes every column, STUDY.json the study's settings, RECIPES.json how the",
        "stimuli were made. SHA256SUMS holds the hash of every file.",
        "",
        f"Licence: {licence}, {LICENCES[licence]}",
    ]
    if left_out:
        lines += ["", "Left out, because their licence is not stated: " + ", ".join(left_out)]
    return "\n".join([*lines, ""])


def _pictures(stimuli: Sequence[Stimulus]) -> list[Picture]:
    links = Stimulus.styles.through.objects.filter(stimulus__in=stimuli)
    wanted = {stimulus.content_id for stimulus in stimuli if stimulus.content_id} | set(
        links.values_list("picture_id", flat=True)
    )
    return list(Picture.objects.filter(pk__in=wanted).order_by("role", "sha256"))


def _stimulus_row(stimulus: Stimulus) -> list[object]:
    return [
        stimulus.public_id.hex,
        stimulus.method,
        json.dumps(stimulus.parameters, sort_keys=True),
        stimulus.seed,
        stimulus.content.sha256 if stimulus.content else "",
        " ".join(style.sha256 for style in stimulus.style_pictures),
        stimulus.batch.name,
        stimulus.sha256,
        _stimulus_file(stimulus),
    ]


def _picture_row(picture: Picture) -> list[object]:
    file = _picture_file(picture) if picture.licence else ""
    return [picture.role, picture.name, picture.licence, picture.source, picture.sha256, file]


def _stimulus_file(stimulus: Stimulus) -> str:
    return f"stimuli/{stimulus.public_id.hex}{stimulus.path.suffix}"


def _picture_file(picture: Picture) -> str:
    return f"{picture.role}/{picture.sha256}{picture.path.suffix}"


def _bytes(row: Stimulus | Picture) -> bytes:
    try:
        data = row.path.read_bytes()
    except OSError as error:
        raise InputError(f"the file of {row} cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise InputError(f"the file of {row} was changed: import or generate it again")
    return data


def _table(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> bytes:
    return rows_to_csv([[column.name for column in columns], *rows]).encode()


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> str:
    member = zipfile.ZipInfo(name, _NO_TIME)
    # Pictures are compressed already.
    text = name.rsplit(".", 1)[-1] in ("md", "txt", "csv", "json", "SHA256SUMS")
    member.compress_type = zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED
    member.external_attr = 0o644 << 16
    archive.writestr(member, data)
    return hashlib.sha256(data).hexdigest()
