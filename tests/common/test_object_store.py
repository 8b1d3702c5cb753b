"""Files in an S3 store: moto's server on this machine."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from common.errors import StorageError
from common.media import keep, local_file, media_path, remove_file, share_file
from config.storage import storages as storages_of
from studies.privacy.backup import write_backup
from studies.privacy.restore import restore
from tests.transfer.batches.test_interruption import Installation, template  # noqa: F401
from tests.transfer.conftest import media, picture, stored_files  # noqa: F401
from transfer.models import Picture

BUCKET = "pictures"
ACCESS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an S3 server with one bucket."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    address = f"http://{host}:{port}"
    client_of(address).create_bucket(Bucket=BUCKET)
    yield address
    moto.stop()


def client_of(address: str):
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def store(server, settings, monkeypatch, media) -> Iterator[tuple[str, str]]:  # noqa: F811
    """An empty folder of the bucket as STORAGE_URL; its address and prefix."""
    prefix = uuid.uuid4().hex
    for name, value in {**ACCESS, "AWS_ENDPOINT_URL_S3": server}.items():
        monkeypatch.setenv(name, value)
    settings.STORAGE_URL = f"s3://{BUCKET}/{prefix}"
    settings.STORAGES = storages_of(settings.STORAGE_URL)
    return server, prefix


def names_in(store: tuple[str, str]) -> list[str]:
    address, prefix = store
    listed = client_of(address).list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/")
    return [one["Key"].removeprefix(f"{prefix}/") for one in listed.get("Contents", [])]


def test_a_file_is_fetched_where_it_is_missing(store):
    name, sha256 = keep("stimuli", ".png", b"a picture")
    assert names_in(store) == [name] == [f"stimuli/{sha256[:2]}/{sha256}.png"]
    shutil.rmtree(media_path("stimuli"))  # as on another machine
    assert local_file(name).read_bytes() == b"a picture"
    assert media_path(name).exists()
    remove_file(name)
    assert names_in(store) == [] and not local_file(name).exists()


def test_a_damaged_file_is_not_used(store):
    name, _ = keep("stimuli", ".png", b"a picture")
    media_path(name).write_bytes(b"another one")
    share_file(name)
    media_path(name).unlink()
    with pytest.raises(StorageError, match="is damaged"):
        local_file(name)
    assert not media_path(name).exists()


def test_a_store_that_does_not_answer_is_named_in_one_line(store, settings, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    settings.STORAGES = storages_of(settings.STORAGE_URL)
    for act in (lambda: keep("stimuli", ".png", b"x"), lambda: local_file("stimuli/aa/b.png")):
        with pytest.raises(StorageError) as caught:
            act()
        assert settings.STORAGE_URL in str(caught.value) and "127.0.0.1:9" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_missing_bucket_is_named(store, settings):
    settings.STORAGE_URL = "s3://nowhere"
    settings.STORAGES = storages_of(settings.STORAGE_URL)
    with pytest.raises(StorageError, match="s3://nowhere cannot be written to"):
        keep("stimuli", ".png", b"x")


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_the_files_of_the_store(store, picture, tmp_path):  # noqa: F811
    name = picture("content", "sea").file.name
    shutil.rmtree(media_path("pictures"))
    write_backup(tmp_path / "backup.zip")
    remove_file(name)
    Picture.objects.all().delete()
    restore(tmp_path / "backup.zip")
    assert names_in(store) == [name]
    assert local_file(Picture.objects.get().file.name).exists()


def test_workers_need_no_shared_disk(template, tmp_path, server):  # noqa: F811
    """One machine imports and launches, another one makes the stimuli: only database and store."""
    words = (
        "generate", "--name", "trial", "--methods", "gatys", "--size", "64", "--iterations", "4",
        "--chunk", "1", "--threads", "1", "--no-measure",
    )  # fmt: skip
    alone = Installation(shutil.copytree(template, tmp_path / "alone"))
    alone.run(*words)
    office = Installation(shutil.copytree(template, tmp_path / "office"))
    prefix = uuid.uuid4().hex
    office.environment |= ACCESS | {
        "AWS_ENDPOINT_URL_S3": server,
        "STORAGE_URL": f"s3://{BUCKET}/{prefix}",
    }
    client = client_of(server)
    for path in stored_files(office.folder / "media"):  # imported before there was a store
        name = path.relative_to(office.folder / "media").as_posix()
        client.put_object(Bucket=BUCKET, Key=f"{prefix}/{name}", Body=path.read_bytes())
    office.run(*words, "--queue")
    laboratory = Installation(tmp_path / "laboratory")
    laboratory.environment = office.environment | {
        "ECSPACE_DATA": str(laboratory.folder),
        "DATABASE_URL": f"sqlite:///{office.database}",
    }
    laboratory.run("worker", "--drain", "--processes", "1", "--interval", "0.1")
    assert set(office.states().values()) == {"done"}
    assert office.hashes() == alone.hashes()
    assert office.pictures() == []
    stored = {name for name in names_in((server, prefix)) if name.startswith("stimuli/")}
    assert {hashed.split("/")[-1].removesuffix(".png") for hashed in stored} == set(
        office.hashes().values()
    )
    for name in stored:
        body = client.get_object(Bucket=BUCKET, Key=f"{prefix}/{name}")["Body"].read()
        assert hashlib.sha256(body).hexdigest() in name
    assert len(laboratory.pictures()) == 4
