"""A study as an archive for publication: stimuli, recipes, statistics, models, votes, codebook.

Nobody can be identified by it, and no picture gets another licence than its own: a picture that may
not be published is named with its hash and left out, with the stimuli that were made from it, or
the whole bundle is refused. The same study gives the same bytes: members have a fixed order and no
times.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from common.errors import InputError
from common.lookup import check_name
from common.tables import rows_to_csv, to_csv
from studies.exchange.bundle_texts import licence_text, readme
from studies.exchange.columns import (
    PICTURES,
    QUESTIONNAIRE,
    SCHEMA,
    STIMULI,
    Column,
    codebook_csv,
    codebook_markdown,
)
from studies.exchange.export import columns_of, questionnaire_rows, to_parquet, votes_frame
from studies.exchange.further_files import further_files
from studies.exchange.licences import LICENCES
from studies.exchange.publication import Publication
from transfer.models import Picture, Stimulus

if TYPE_CHECKING:
    from studies.models import Study

LEAVE_OUT, REFUSE = "leave out", "refuse"
OTHERWISE = (LEAVE_OUT, REFUSE)
"""What to do about pictures that may not be published."""
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest time of the ZIP format


def write_bundle(
    study: Study,
    target: BinaryIO,
    licence: str,
    *,
    otherwise: str = LEAVE_OUT,
    permitted: Collection[str] = (),
) -> Publication:
    """Write the archive, and return what of the pictures and stimuli is in it.

    The times of votes are left out, because whoever knows when a person took part could find that
    person's votes.

    Args:
        study: with votes or without.
        target: an open file.
        licence: of the tables and texts, one of LICENCES. Pictures keep their own.
        otherwise: `leave out` or `refuse`, for pictures that may not be published.
        permitted: further licences of pictures, as stated, that permit publication.

    Raises:
        InputError: another licence, a picture that may not be published where the bundle is to be
            refused then, or a stimulus whose file is missing or changed.

    """
    check_name("licence", licence, LICENCES)
    check_name("choice for pictures that may not be published", otherwise, OTHERWISE)
    publication = Publication.of(study, permitted)
    if otherwise == REFUSE:
        _refuse(publication)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        sums = {
            name: _add(archive, name, data) for name, data in _members(study, publication, licence)
        }
        listed = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
        _add(archive, "SHA256SUMS", listed.encode())
    return publication


def _refuse(publication: Publication) -> None:
    if names := publication.left_out:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        raise InputError(
            f"the bundle is refused: {', '.join(names[:5])}{more} may not be published, since the "
            "licence is not stated or not known to permit it: state a licence, or leave them out"
        )
    if number := publication.stimuli_left_out:
        raise InputError(
            f"the bundle is refused: {number} stimuli may not be published, since the licence of a "
            "picture that they were made from forbids adaptations"
        )


def _members(study: Study, publication: Publication, licence: str) -> Iterator[tuple[str, bytes]]:
    frame = votes_frame([study])
    frame["received_at"] = frame["received_at"].where(frame["schema"] != SCHEMA)
    further = further_files(study, frame)
    tables = [
        ("VOTES.csv, VOTES.parquet", columns_of(frame)),
        ("STIMULI.csv", STIMULI),
        ("PICTURES.csv", PICTURES),
        *((file.name, file.columns) for file in further.files if file.columns),
    ]
    questionnaire = questionnaire_rows(study)
    if len(questionnaire) > 1:
        tables.append(("QUESTIONNAIRE.csv", QUESTIONNAIRE))
    stimuli, pictures = publication.stimuli, publication.pictures
    recipes = {stimulus.batch.name: stimulus.batch.recipe for stimulus in stimuli}
    text = readme(study, len(frame), licence, publication, further.readme)
    yield "README.md", text.encode()
    yield "LICENCE.txt", licence_text(licence).encode()
    yield "CODEBOOK.md", codebook_markdown(tables).encode()
    yield "CODEBOOK.csv", codebook_csv(tables).encode()
    yield "STUDY.json", _json(_description(study))
    yield "RECIPES.json", _json(recipes)
    yield "VOTES.csv", to_csv(frame).encode()
    yield "VOTES.parquet", to_parquet(frame)
    yield "STIMULI.csv", _table(STIMULI, [_stimulus_row(row, publication) for row in stimuli])
    yield "PICTURES.csv", _table(PICTURES, [_picture_row(row, publication) for row in pictures])
    if len(questionnaire) > 1:
        yield "QUESTIONNAIRE.csv", rows_to_csv(questionnaire).encode()
    for file in further.files:
        yield file.name, file.data
    for stimulus in stimuli:
        if not publication.obstacle(stimulus):
            yield _stimulus_file(stimulus), _bytes(stimulus)
    for picture in pictures:
        if not publication.obstacle(picture):
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


def _stimulus_row(stimulus: Stimulus, publication: Publication) -> list[object]:
    obstacle = publication.obstacle(stimulus)
    return [
        stimulus.public_id.hex,
        stimulus.method,
        json.dumps(stimulus.parameters, sort_keys=True),
        stimulus.seed,
        stimulus.content.sha256 if stimulus.content else "",
        " ".join(style.sha256 for style in publication.styles[stimulus.pk]),
        stimulus.batch.name,
        stimulus.sha256,
        "" if obstacle else _stimulus_file(stimulus),
        publication.licence(stimulus),
        obstacle,
    ]


def _picture_row(picture: Picture, publication: Publication) -> list[object]:
    obstacle = publication.obstacle(picture)
    file = "" if obstacle else _picture_file(picture)
    licence, source = picture.licence, picture.source
    return [picture.role, picture.name, licence, source, picture.sha256, file, obstacle]


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
