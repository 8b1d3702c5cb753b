"""The demo: a run of all steps, and a second run that finds everything done."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from metrics.management.commands import demo
from metrics.models import Calibration, Measurement
from studies.models import Study, Vote
from transfer.models import Picture, Stimulus


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    """The demo with pictures of 64 px, two steps each and few participants."""
    for name, value in {"SIZE": 64, "ITERATIONS": 2, "PARTICIPANTS": 6, "TRIALS": 20}.items():
        monkeypatch.setattr(demo, name, value)
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    return tmp_path


def run() -> str:
    out = io.StringIO()
    call_command("demo", serve=False, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_it_runs_every_step_and_repeats_none(small: Path) -> None:
    said = run()
    assert Picture.objects.filter(role="content").count() == 4
    assert Picture.objects.filter(role="style").count() == 4
    assert Stimulus.objects.filter(state="done").count() == 48
    assert Measurement.objects.filter(statistic="E1", value__isnull=False).count() == 48
    assert Measurement.objects.filter(statistic="C", value__isnull=False).count() == 48
    assert Vote.objects.count() == 2 * 6 * 20
    assert sorted(Study.objects.values_list("kind", flat=True)) == ["C", "E"]
    assert all(calibration.simulated for calibration in Calibration.objects.all())
    report = small / "reports" / "demo"
    for name in ("index.html", "ecspace.png", "scores.csv", "model-E.json", "model-C.json"):
        assert (report / name).stat().st_size > 0
    assert "simulated" in (report / "index.html").read_text()
    name, password = said.split("login: ")[1].strip().split(", password: ")
    assert authenticate(username=name, password=password) is not None

    before = set(Measurement.objects.values_list("pk", "created_at"))
    assert run().split("login: ")[1] == said.split("login: ")[1]
    assert set(Measurement.objects.values_list("pk", "created_at")) == before
    assert Vote.objects.count() == 2 * 6 * 20
    assert Calibration.objects.count() == 2
