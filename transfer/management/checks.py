"""System checks of an installation, run by `manage.py check`."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from transfer.encoders.registry import DEFAULT_ENCODER, encoder_spec

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


@register("weights")
def check_weights(**_: Any) -> list[CheckMessage]:
    """Check that the default encoder and the directory named by ECSPACE_WEIGHTS exist."""
    found: list[CheckMessage] = []
    spec = encoder_spec(DEFAULT_ENCODER)
    assert spec.directory is not None
    if not any((spec.directory / name).is_file() for name in spec.files):
        found.append(
            checks.Error(
                f"the weights of the default encoder are missing: {spec.directory / spec.files[0]}",
                hint="They belong to the repository: git checkout -- transfer/encoders/compact",
                id="transfer.E001",
            )
        )
    named = os.environ.get("ECSPACE_WEIGHTS", "")
    if named and not Path(named).expanduser().is_dir():
        found.append(
            checks.Warning(
                f"ECSPACE_WEIGHTS={named!r} is not a directory: no encoder finds weights there",
                hint="Name the directory that holds the weights files, or unset the variable.",
                id="transfer.W001",
            )
        )
    return found


@register("devices")
def check_torch_build(**_: Any) -> list[CheckMessage]:
    """Check that PyTorch was built for the GPU of this machine, if any. Does not import torch."""
    if not NVIDIA_DRIVER.exists() or not metadata.version("torch").endswith("+cpu"):
        return []
    return [
        checks.Warning(
            "this machine has an NVIDIA GPU, but PyTorch was built without CUDA",
            hint="Install the build of the package registry: .venv/bin/pip install "
            "--force-reinstall --index-url https://pypi.org/simple torch torchvision",
            id="transfer.W002",
        )
    ]


@register(Tags.security, deploy=True)
def check_tasks(**_: Any) -> list[CheckMessage]:
    """Check that stimuli are not made within requests."""
    if not settings.TASKS["default"]["BACKEND"].endswith("ImmediateBackend"):
        return []
    return [
        checks.Warning(
            "TASK_BACKEND makes stimuli inside the request that launches them: the page waits",
            hint="Unset TASK_BACKEND and run workers beside the site: make worker",
            id="transfer.W003",
        )
    ]
