"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from common.log_context import about
from tests.transfer.conftest import batch, media, picture  # noqa: F401
from transfer.models import Stimulus, WorkerProcess

pytestmark = pytest.mark.django_db


def test_a_well_process_says_so_to_anybody(client, batch):  # noqa: F811
    batch(stimuli=2)
    Stimulus.objects.update(created_at=timezone.now() - timedelta(seconds=90))
    answer = client.get("/healthz")
    found = answer.json()
    assert (answer.status_code, found["ok"], found["database"]["ok"]) == (200, True, True)
    assert found["queue"]["oldest_seconds"] == pytest.approx(90, abs=30)
    assert found["queue"]["workers"] == 0
    assert "no-store" in answer["Cache-Control"]
    assert client.get("/readyz").json() == {"ok": True, "reason": ""}


def test_a_full_disk_is_reported(client, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["disk"] == {"ok": False, "free_bytes": 1}


def test_a_database_that_does_not_answer_is_reported(client, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("no connection")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] == {"ok": False}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["reason"]) == (503, "the database does not answer")


def test_a_process_is_not_ready_before_the_migration(client):
    (latest,) = MigrationLoader(connection).graph.leaf_nodes("transfer")
    MigrationRecorder(connection).record_unapplied(*latest)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "the database is not migrated")


def scraped(client, token: str) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_there_are_no_metrics_without_the_token(client, researcher, settings):
    assert researcher.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 404
    wrong = client.get("/metrics", headers={"authorization": "Bearer s3cre"})
    assert wrong.status_code == 404


def test_metrics_come_from_the_ledger(client, settings, batch):  # noqa: F811
    settings.METRICS_TOKEN = "s3cret"
    batch(stimuli=4)
    now = timezone.now()
    lost, made = Stimulus.objects.all()[:2]
    late = {"state": "running", "lease_until": now - timedelta(hours=1)}
    Stimulus.objects.filter(pk=lost.pk).update(**late)
    done = {"state": "done", "worker": "far:1", "finished_at": now}
    Stimulus.objects.filter(pk=made.pk).update(**done)
    WorkerProcess.objects.create(name="far:1", started_at=now, seen_at=now, reaped=5)
    found = scraped(client, "s3cret")
    assert found["ecspace_rows", "stimuli", "pending"] == 2
    assert found["ecspace_rows", "stimuli", "done"] == 1
    assert found["ecspace_rows", "measurements", "pending"] == 0
    assert found["ecspace_expired_leases", "stimuli"] == 1
    assert found["ecspace_rows_taken_back_total",] == 5
    assert found["ecspace_images_last_hour",] == 1
    assert found["ecspace_workers",] == 1


def test_votes_are_timed_where_metrics_are_asked_for(client, settings):
    def count() -> float:
        settings.METRICS_TOKEN = "s3cret"
        return scraped(client, "s3cret")["ecspace_vote_seconds_count",]

    before = count()
    client.post("/studies/take/nobody/vote/")
    client.get("/healthz")
    assert count() == before + 1
    settings.METRICS_TOKEN = ""
    client.post("/studies/take/nobody/vote/")
    assert count() == before + 1


def test_log_records_name_batch_chunk_and_stimuli(settings, capsys):
    import copy
    import logging.config

    described = copy.deepcopy(settings.LOGGING)
    described["handlers"]["console"]["formatter"] = "json"
    described["handlers"]["console"]["stream"] = "ext://sys.stderr"
    described["loggers"] = {
        "ecspace.test": {"handlers": ["console"], "level": "INFO", "propagate": False}
    }
    described.pop("root")
    logging.config.dictConfig(described)
    with about(batch=7, chunk=2), about(stimuli=[1, 2]):
        logging.getLogger("ecspace.test").warning("a chunk %s", "failed")
    logging.getLogger("ecspace.test").warning("later")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["batch"], first["chunk"], first["stimuli"]) == (7, 2, [1, 2])
    assert (first["level"], first["logger"], first["message"]) == (
        "WARNING", "ecspace.test", "a chunk failed",
    )  # fmt: skip
    assert "batch" not in second
