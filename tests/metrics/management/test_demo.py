"""The demo: a run of all steps, and a second run that finds everything done."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from metrics.management.commands import demo
from metrics.models import Calibration, Measurement
from studies.models import Study, Vote
from transfer.batches.variants import variants
from transfer.encoders import DEFAULT_ENCODER
from transfer.models import Picture, Stimulus


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    """The demo with pictures of 64 px by three methods, one step each and few participants."""
    for name, value in {"SIZE": 64, "ITERATIONS": 1, "PARTICIPANTS": 6, "TRIALS": 20}.items():
        monkeypatch.setattr(demo, name, value)
    some = {key: demo.METHODS[key] for key in ("adain", "ift", "gatys")}
    monkeypatch.setattr(demo, "METHODS", some)
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
    assert Picture.objects.filter(role="style").count() == 6
    assert Stimulus.objects.filter(state="done").count() == 72
    assert Measurement.objects.filter(statistic="E1", value__isnull=False).count() == 72
    assert Measurement.objects.filter(statistic="C", value__isnull=False).count() == 72
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


def test_its_settings_suit_its_methods() -> None:
    settings = {f"{key}.{one}".partition("=")[0]: one.partition("=")[2]
                for key, each in demo.METHODS.items() for one in each}  # fmt: skip
    found = variants(list(demo.METHODS), settings=settings, encoder=DEFAULT_ENCODER)
    assert [entry["method"] for entry in found] == list(demo.METHODS)


def test_the_site_is_up_while_the_pictures_are_made(
    small: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    """With a server that never ends by itself, in the place of the site's."""
    order: list[str] = []

    @contextmanager
    def process(command: Sequence[str]) -> Iterator[FakeServer]:
        order.append("site" if "gunicorn" in command else "worker")
        yield FakeServer()
        order.append("stopped")

    monkeypatch.setattr(demo, "_process", process)
    for step in ("_pictures", "_stimuli", "_measurements", "_votes", "_calibrations", "_report"):
        monkeypatch.setattr(demo.Command, step, lambda *_, step=step: order.append(step))
    call_command("demo", serve=True, stdout=io.StringIO(), stderr=io.StringIO())
    assert order[:3] == ["site", "_pictures", "_stimuli"]
    assert order[-4:] == ["_report", "worker", "stopped", "stopped"]


def test_a_process_beside_it_ends_with_the_block() -> None:
    with demo._process([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        assert process.poll() is None
    assert process.poll() is not None


class FakeServer:
    def wait(self) -> int:
        raise KeyboardInterrupt
