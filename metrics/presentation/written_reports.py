"""The reports that `manage.py report` has written into the data folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from metrics.models import Calibration

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


def reports_folder() -> Path:
    """Where the reports lie."""
    folder: Path = settings.DATA_DIR / "reports"
    return folder


def written_reports(user: AbstractBaseUser | AnonymousUser) -> list[str]:
    """The names of the reports whose models `user` may see.

    Reports that do not list their calibrations are shown to superusers only.
    """
    return sorted(page.parent.name for page in _pages() if _visible(page.parent, user))


def reported_calibrations() -> set[int]:
    """Primary keys of the calibrations that some report shows."""
    return {key for page in _pages() for key in _calibrations(page.parent) or ()}


def _pages() -> list[Path]:
    return list(reports_folder().glob("*/index.html"))


def _visible(report: Path, user: AbstractBaseUser | AnonymousUser) -> bool:
    if getattr(user, "is_superuser", False):
        return True
    wanted = _calibrations(report)
    if wanted is None:
        return False
    return Calibration.objects.visible_to(user).filter(pk__in=wanted).count() == len(wanted)


def _calibrations(report: Path) -> set[int] | None:
    """Primary keys of the calibrations of a report; None if it does not list them."""
    try:
        summary = json.loads((report / "ecspace.json").read_text(encoding="utf-8"))
        return {int(key) for key in summary["calibrations"]}
    except (OSError, ValueError, TypeError, KeyError):
        return None
