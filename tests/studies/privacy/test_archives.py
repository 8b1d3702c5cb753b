"""Hostile archives and tables: backups, bundles, imported votes."""

from __future__ import annotations

import json
import stat
import struct
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from common.errors import InputError
from studies.exchange.import_votes import import_votes
from studies.models import Participant, Study
from studies.privacy import restore as restoring
from studies.privacy.backup import write_backup
from studies.privacy.restore import restore

HEAD = "participant,stimulus_left,stimulus_right,choice,target,study\n"


@pytest.fixture
def parts(study, tmp_path, settings) -> dict[str, bytes]:
    """The members of a good backup: name → bytes."""
    settings.DATA_DIR = tmp_path
    write_backup(tmp_path / "good.zip")
    with zipfile.ZipFile(tmp_path / "good.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, parts: dict[str, bytes], **links: str) -> Path:
    """Write an archive; `links` are members marked as symbolic links."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        for name, target in links.items():
            member = zipfile.ZipInfo(f"media/{name}")
            member.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(member, target)
    return path


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() or path.is_symlink()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name",
    [
        "media/../outside.png",
        "media/pictures/../../../outside.png",
        "media/..",
        "media/",
        "media/..\\outside.png",
        "media/C:\\outside.png",
        "media/a/../\x00outside.png",
    ],
)
def test_a_backup_writes_nothing_outside_the_folder_of_files(parts, tmp_path, name):
    before = everything(tmp_path)
    bad = pack(tmp_path / "bad.zip", {**parts, name: b"x"})
    with pytest.raises(CommandError, match="invalid name"):
        call_command("restore", str(bad), "--replace")
    assert everything(tmp_path) - before == {bad}
    assert Study.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_absolute_names_and_links_become_plain_files_inside(parts, tmp_path, settings):
    bad = pack(tmp_path / "bad.zip", {**parts, "media//etc/x.png": b"x"}, link="/etc/passwd")
    restore(bad)
    media = Path(settings.MEDIA_ROOT)
    assert (media / "etc/x.png").read_bytes() == b"x"
    assert not (media / "link").is_symlink()
    assert (media / "link").read_bytes() == b"/etc/passwd"


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_would_fill_the_disk_is_refused_before_it_is_unpacked(
    parts, tmp_path, monkeypatch
):
    big = pack(tmp_path / "big.zip", {**parts, "media/zeros": bytes(30_000_000)})
    assert big.stat().st_size < 1_000_000
    monkeypatch.setattr(restoring, "_free_bytes", lambda: 25_000_000)
    monkeypatch.setattr(restoring, "_File", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(InputError, match=r"unpacks to 0.0 GB, and 0.0 GB are free"):
        restore(big)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["manifest.json", "erasures.jsonl"])
def test_members_read_into_memory_are_limited(parts, tmp_path, monkeypatch, name):
    monkeypatch.setitem(restoring._LARGEST, name, 1000)
    padded = json.dumps({**json.loads(parts["manifest.json"]), "padding": " " * 2000}).encode()
    bad = pack(tmp_path / "bad.zip", {**parts, name: padded})
    with pytest.raises(InputError, match=f"its {name} is too large"):
        restore(bad)


@pytest.mark.django_db(transaction=True)
def test_an_archive_with_wrong_sizes_is_refused_and_leaves_nothing(parts, tmp_path, settings):
    """The header of a member announces ten bytes, and a megabyte follows."""
    bad = pack(tmp_path / "bad.zip", {**parts, "media/lie": bytes(1_000_000)})
    data, size = bytearray(bad.read_bytes()), struct.pack("<I", 1_000_000)
    for _ in range(2):  # in the member's own head and in the list at the end
        place = data.index(size)
        data[place : place + 4] = struct.pack("<I", 10)
    bad.write_bytes(data)
    with pytest.raises(InputError, match="cannot be read"):
        restore(bad)
    assert not (Path(settings.MEDIA_ROOT) / "lie").exists()
    assert Study.objects.count() == 1


@pytest.mark.django_db
def test_only_the_votes_of_a_bundle_are_read(tmp_path):
    bundle = tmp_path / "b.zip"
    members = {
        "VOTES.csv": f"{HEAD}a,x,y,left,E,s\n".encode(),
        "../../evil.csv": b"x",
        "/etc/x": b"",
    }
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    import_votes(bundle)
    assert everything(tmp_path) == {bundle}
    with zipfile.ZipFile(tmp_path / "no.zip", "w") as archive:
        archive.writestr("../VOTES.csv", members["VOTES.csv"])
    with pytest.raises(InputError, match="a ZIP archive without VOTES.csv"):
        import_votes(tmp_path / "no.zip")


@pytest.mark.django_db
def test_votes_that_unpack_to_too_much_are_refused(tmp_path, monkeypatch):
    for module in ("common.table_text", "studies.exchange.vote_rows"):
        monkeypatch.setattr(f"{module}.MOST_BYTES", 100_000)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("VOTES.csv", HEAD + "a,x,y,left,E,s\n" * 10_000)
    assert (tmp_path / "b.zip").stat().st_size < 2000
    monkeypatch.setattr("zipfile.ZipFile.read", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(InputError, match="b.zip .* MB"):
        import_votes(tmp_path / "b.zip")
    (tmp_path / "long.csv").write_text(HEAD + "a,x,y,left,E,s\n" * 10_000)
    with pytest.raises(InputError, match="long.csv .* MB"):
        import_votes(tmp_path / "long.csv")


@pytest.mark.django_db
def test_a_parquet_file_with_too_many_rows_is_refused_by_its_metadata(tmp_path, monkeypatch):
    path = tmp_path / "endless.parquet"
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000_001, pa.int8()), pa.array(["a"]))
    pq.write_table(pa.table({"participant": column}), path)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(pq, "read_table", lambda *_, **__: pytest.fail("it was unpacked"))
    with pytest.raises(InputError, match="holds 2000001 rows"):
        import_votes(path)


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["participant", "stimulus_left", "note"])
def test_votes_with_nul_characters_are_refused(tmp_path, field):
    row = {"participant": "a", "stimulus_left": "x", "stimulus_right": "y", "choice": "left",
           "target": "E", "study": "s", "note": ""}  # fmt: skip
    pd.DataFrame([{**row, field: "a\0b"}]).to_csv(tmp_path / "v.csv", index=False)
    with pytest.raises(InputError, match="UTF-16 or no text"):
        import_votes(tmp_path / "v.csv")
    assert not Participant.objects.exists()
