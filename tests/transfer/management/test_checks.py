"""The system checks of transfer."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from transfer.encoders.registry import EncoderSpec
from transfer.management import checks


def ids(**options: bool) -> set[str]:
    return {str(message.id) for message in run_checks(**options)}


def test_this_installation_passes() -> None:
    assert not ids()


def test_it_warns_of_a_weights_directory_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ECSPACE_WEIGHTS", str(tmp_path / "nowhere"))
    [message] = run_checks()
    assert message.id == "transfer.W001"
    assert "nowhere" in message.msg and message.hint
    monkeypatch.setenv("ECSPACE_WEIGHTS", str(tmp_path))
    assert not ids()


def test_it_reports_missing_default_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = EncoderSpec("x", "x", ("x.safetensors",), (), "x", directory=tmp_path)
    monkeypatch.setattr(checks, "encoder_spec", lambda _: empty)
    assert ids() == {"transfer.E001"}


@pytest.mark.parametrize(
    ("version", "driver", "expected"),
    [
        ("2.15.0+cpu", True, {"transfer.W002"}),
        ("2.15.0+cpu", False, set()),
        ("2.15.0", True, set()),
    ],
)
def test_it_warns_of_a_gpu_that_torch_cannot_use(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    version: str,
    driver: bool,
    expected: set[str],
) -> None:
    monkeypatch.setattr(checks, "NVIDIA_DRIVER", tmp_path if driver else tmp_path / "none")
    monkeypatch.setattr(metadata, "version", lambda _: version)
    assert ids() == expected


def test_it_warns_of_pages_that_wait_for_stimuli(settings: Settings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    assert "transfer.W003" in ids(include_deployment_checks=True)
    assert "transfer.W003" not in ids()
