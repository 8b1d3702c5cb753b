"""Publication of a study: tables that the codebook describes, and the archive."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
import zipfile

import pandas as pd
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError
from playwright.sync_api import expect

from common.errors import InputError
from common.tables import to_csv
from studies.exchange.bundle import REFUSE, write_bundle
from studies.exchange.columns import SCHEMA, VOTES, codebook_csv
from studies.exchange.export import columns_of, to_parquet, votes_frame
from studies.exchange.import_votes import import_votes
from studies.models import Choice, Cohort, TrialKind, Vote
from studies.models.tokens import hashed
from studies.planning.allocation import ensure_assignments
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from tests.conftest import ROOT
from tests.looks import expect_good_looks
from tests.studies.views.test_researcher_pages import command
from transfer.models import Picture, Stimulus

pytestmark = pytest.mark.django_db
TYPES = {"string": "string", "boolean": "bool", "integer": "int64", "timestamp": "timestamp"}


@pytest.fixture
def voted(draft):
    """A study with every kind of trial, and votes of all cohorts."""
    rules = {"training": 1, "gold": 1, "traps": 1, "repeats": 1}
    study = draft(trials_per_participant=10, participant_target=6, ties_allowed=True, rules=rules)
    open_study(study)
    ensure_assignments(study, Cohort.SIMULATED, 10)
    for cohort in (Cohort.PEOPLE, Cohort.SIMULATED, Cohort.PILOT):
        who = f"prolific-{cohort}" if cohort == Cohort.PEOPLE else ""
        participant = enrol(study, who, cohort=cohort)
        choices = ["tie", "left", "right"] * 10
        while (trial := current_trial(participant)) is not None:
            record_vote(
                trial, trial.expected or choices.pop(), uuid.uuid4(), 700 if choices[0] else None
            )
    return study


def archive_of(study, licence="CC-BY-4.0") -> zipfile.ZipFile:
    file = io.BytesIO()
    write_bundle(study, file, licence)
    return zipfile.ZipFile(file)


def test_the_codebook_describes_every_column_and_every_value(voted):
    frame = votes_frame([voted])
    assert [column.name for column in VOTES] == list(frame.columns)
    text = list(csv.DictReader(io.StringIO(to_csv(frame))))
    parquet = pq.read_table(io.BytesIO(to_parquet(frame)))
    assert set(frame["kind"]) == set(TrialKind.values)
    assert set(frame["choice"]) == set(Choice.values)
    for column in VOTES:
        assert (
            str(parquet.schema.field(column.name).type)
            .removeprefix("large_")
            .startswith(TYPES[column.type])
        )
        found = {row[column.name] for row in text}
        if column.values:
            assert found - {""} <= set(column.values)
        if not column.missing:
            assert "" not in found
    listed = list(csv.DictReader(io.StringIO(codebook_csv([("VOTES", VOTES)]))))
    assert [row["column"] for row in listed] == list(frame.columns)


def test_values_in_the_codebook_are_those_of_the_models():
    columns = {column.name: column for column in VOTES}
    assert set(columns["choice"].values) == set(Choice.values)
    assert set(columns["kind"].values) == set(TrialKind.values)


def test_the_codebook_in_the_documents_is_the_one_that_is_generated(tmp_path):
    command("codebook", "--out", tmp_path / "codebook.md")
    assert (tmp_path / "codebook.md").read_text() == (ROOT / "docs/codebook.md").read_text()


def test_parquet_and_csv_hold_the_same_and_name_their_schema(voted):
    frame = votes_frame([voted])
    table = pq.read_table(io.BytesIO(to_parquet(frame)))
    assert table.schema.metadata[b"ecspace.schema"] == str(SCHEMA).encode()
    told = json.loads(table.schema.metadata[b"ecspace.codebook"])
    assert told["choice"] == "the preferred stimulus"
    assert set(frame["schema"]) == {SCHEMA}
    back = pd.read_parquet(io.BytesIO(to_parquet(frame)))
    assert to_csv(back.astype(frame.dtypes)) == to_csv(frame)


def test_pwcmp_columns_agree_with_ours(voted):
    row = votes_frame([voted]).iloc[0]
    left = Stimulus.objects.get(public_id=row["stimulus_left"])
    assert row["condition_A"].startswith(left.method)
    assert (row["observer"], row["session_id"]) == (row["participant"], "1")
    assert row["scene"] == f"{row['reference']} × {left.content.name}"
    frame = votes_frame([voted])
    assert list(frame["is_A_selected"].fillna(2)) == [
        {"left": 1, "right": 0, "tie": 2}[choice] for choice in frame["choice"]
    ]


def test_a_bundle_is_complete_and_reproducible(voted):
    Picture.objects.update(licence="CC0")
    first, second = io.BytesIO(), io.BytesIO()
    assert write_bundle(voted, first, "CC0-1.0").left_out == []
    write_bundle(voted, second, "CC0-1.0")
    assert first.getvalue() == second.getvalue()
    archive = zipfile.ZipFile(first)
    sums = dict(
        reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines()
    )
    assert set(sums) | {"SHA256SUMS"} == set(archive.namelist())
    for name, digest in sums.items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest
    stimuli = list(csv.DictReader(io.StringIO(archive.read("STIMULI.csv").decode())))
    assert len(stimuli) == 12
    for row in stimuli:
        assert hashlib.sha256(archive.read(row["file"])).hexdigest() == row["sha256"]
    pictures = list(csv.DictReader(io.StringIO(archive.read("PICTURES.csv").decode())))
    assert {row["sha256"] for row in pictures} == {p.sha256 for p in Picture.objects.all()}
    assert "creativecommons.org/publicdomain" in archive.read("LICENCE.txt").decode()
    told = json.loads(archive.read("STUDY.json"))
    assert told["consent"] == {"1": "You look at pictures. You may stop at any time."}
    listed = csv.DictReader(io.StringIO(archive.read("CODEBOOK.csv").decode()))
    described = {(row["table"], row["column"]) for row in listed}
    for table in ("STIMULI.csv", "PICTURES.csv"):
        head = archive.read(table).decode().splitlines()[0].split(",")
        assert {(table, column) for column in head} == {d for d in described if d[0] == table}


def test_a_bundle_identifies_no_participant(voted):
    archive = archive_of(voted)
    everything = b"".join(archive.read(name) for name in archive.namelist())
    for participant in voted.participants.all():
        for secret in (participant.token, participant.code, participant.external_id):
            assert not secret or secret.encode() not in everything
    for secret in (voted.entry_token, voted.pilot_token, hashed("prolific-people")):
        assert secret.encode() not in everything
    votes = pd.read_csv(io.BytesIO(archive.read("VOTES.csv")))
    assert votes["received_at"].isna().all()


def rows_of(archive: zipfile.ZipFile, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(table).decode())))


def test_a_bundle_leaves_out_what_may_not_be_published_and_names_its_hash(voted):
    first = Picture.objects.filter(role="content").first()
    Picture.objects.exclude(pk=first.pk).update(licence="CC BY 4.0")
    file = io.BytesIO()
    done = write_bundle(voted, file, "CC0-1.0")
    assert (done.left_out, done.stimuli_left_out) == ([first.name], 6)
    archive = zipfile.ZipFile(file)
    row = next(r for r in rows_of(archive, "PICTURES.csv") if r["sha256"] == first.sha256)
    assert (row["file"], row["left_out"]) == ("", "its licence is not stated")
    assert not [name for name in archive.namelist() if first.sha256 in name]
    for row in rows_of(archive, "STIMULI.csv"):
        hidden = row["content"] == first.sha256
        assert (row["file"] == "") == hidden == (row["left_out"] != "")
        assert len(row["sha256"]) == 64
        assert row["licence"] == ("CC BY 4.0 and not stated" if hidden else "CC BY 4.0")
        assert f"stimuli/{row['stimulus']}.png" not in archive.namelist() or not hidden
    assert first.name in archive.read("README.md").decode()


def test_no_picture_gets_the_licence_of_the_tables(voted):
    Picture.objects.filter(role="content").update(licence="CC BY-NC 4.0")
    Picture.objects.filter(role="style").update(licence="CC BY-SA 4.0")
    archive = archive_of(voted, "CC0-1.0")
    for row in rows_of(archive, "STIMULI.csv"):
        assert row["licence"] == "CC BY-NC 4.0 and CC BY-SA 4.0"
    assert {row["licence"] for row in rows_of(archive, "PICTURES.csv")} == {
        "CC BY-NC 4.0",
        "CC BY-SA 4.0",
    }
    text = archive.read("LICENCE.txt").decode()
    assert text.startswith("Tables and texts of this archive: CC0-1.0")


def test_a_bundle_is_refused_on_request_where_a_picture_may_not_be_published(voted):
    Picture.objects.update(licence="by permission of the artist")
    with pytest.raises(InputError, match="may not be published"):
        write_bundle(voted, io.BytesIO(), "CC0-1.0", otherwise=REFUSE)
    by = ["by permission of the artist"]
    done = write_bundle(voted, io.BytesIO(), "CC0-1.0", otherwise=REFUSE, permitted=by)
    assert done.left_out == [] and done.stimuli_left_out == 0
    Picture.objects.filter(role="style").update(licence="CC BY-ND 4.0")
    with pytest.raises(InputError, match="12 stimuli .* forbids adaptations"):
        write_bundle(voted, io.BytesIO(), "CC0-1.0", otherwise=REFUSE, permitted=by)


def test_a_bundle_is_refused_where_a_stimulus_was_changed(voted):
    Picture.objects.update(licence="CC0")
    voted.stimuli.first().path.write_bytes(b"other")
    with pytest.raises(InputError, match="was changed"):
        archive_of(voted)
    with pytest.raises(InputError, match="unknown licence 'mine'"):
        archive_of(voted, "mine")


def test_export_import_export_is_the_identity(voted, tmp_path, django_user_model):
    Picture.objects.update(licence="CC0")
    voted.created_by = django_user_model.objects.create_user("grace")
    voted.save()
    archive = archive_of(voted)
    (tmp_path / "bundle.zip").write_bytes(archive.fp.getvalue())
    again = archive_of(import_votes(tmp_path / "bundle.zip"))
    changed = {"README.md", "STUDY.json", "SHA256SUMS"}  # the new study is closed and imported
    assert set(again.namelist()) == set(archive.namelist())
    for name in set(archive.namelist()) - changed:
        assert again.read(name) == archive.read(name), name


def test_the_command_writes_and_reads_every_format(voted, tmp_path):
    votes = Vote.objects.count()
    for name in ("votes.csv", "votes.parquet"):
        command("export", voted.name, "--out", tmp_path / name)
        said = command("import", tmp_path / name, "--name", name)
        assert f"{votes} votes of 3 participants" in said
    said = command("bundle", voted.name, "--out", tmp_path / "b.zip", "--licence", "CC-BY-4.0")
    assert "they may not be published" in said
    assert zipfile.ZipFile(tmp_path / "b.zip").testzip() is None
    with pytest.raises(CommandError, match="the bundle is refused"):
        command("bundle", voted.name, "--out", tmp_path / "c.zip", "--licence", "CC0-1.0",
                "--refuse")  # fmt: skip
    assert not (tmp_path / "c.zip").exists()
    assert not list(tmp_path.glob(".b.zip*"))


def test_the_pages_serve_every_format(researcher, voted):
    for name, kind in (
        ("VOTES.csv", "text/csv"),
        ("VOTES.parquet", "parquet"),
        ("CODEBOOK.md", "markdown"),
    ):
        answer = researcher.get(f"/studies/{voted.pk}/{name}")
        assert answer.status_code == 200 and kind in answer["Content-Type"]
        assert "no-store" in answer["Cache-Control"]
    answer = researcher.get(f"/studies/{voted.pk}/bundle.zip", {"licence": "CC-BY-4.0"})
    assert zipfile.ZipFile(io.BytesIO(answer.getvalue())).testzip() is None
    assert researcher.get(f"/studies/{voted.pk}/bundle.zip").status_code == 400
    assert "/publish/" in researcher.get(f"/studies/{voted.pk}/").content.decode()


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_the_page_tells_what_may_be_published(researcher_page, live_server, voted):
    Picture.objects.filter(role="content").update(licence="by permission of the artist")
    page = researcher_page
    page.goto(f"{live_server}/studies/{voted.pk}/publish/")
    expect(page.get_by_text("4 of 4 pictures and 12 of 12 stimuli may not")).to_be_visible()
    expect_good_looks(page, "publish")
    page.get_by_text("stop the download").click()
    page.get_by_role("button", name="Download bundle").click()
    expect(page.get_by_text("The bundle is refused")).to_be_visible()
    Picture.objects.filter(role="style").update(licence="CC0")
    page.get_by_text("I have checked that it does").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download bundle").click()
    assert len(rows_of(zipfile.ZipFile(download.value.path()), "STIMULI.csv")) == 12


def test_columns_of_imported_votes_are_described(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text(
        "participant,stimulus_left,stimulus_right,choice,target,study,age\na,x,y,left,E,s,old\n"
    )
    frame = votes_frame([import_votes(path)])
    assert columns_of(frame)[-1].name == "age"
    assert list(frame["age"]) == ["old"]
