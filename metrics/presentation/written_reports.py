"""The reports in the data folder: what a list shows of each, and who may see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from metrics.models import Calibration

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

PAGE = "index.html"


@dataclass(frozen=True)
class WrittenReport:
    """A report: a folder with a page."""

    folder: Path

    @property
    def name(self) -> str:
        """The name of the folder, which is the report's name in addresses."""
        return self.folder.name

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What ecspace.json says; empty if it cannot be read."""
        try:
            found = json.loads((self.folder / "ecspace.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def batches(self) -> list[str]:
        """The names of the batches that it shows."""
        return [str(name) for name in self.summary.get("batches") or []]

    @property
    def models(self) -> dict[str, str]:
        """Target (E, C) → the name of the model."""
        return dict(self.summary.get("models") or {})

    @property
    def simulated(self) -> bool:
        """Whether simulated votes are behind it."""
        return bool(self.summary.get("simulated"))

    @property
    def author(self) -> str:
        """The name of the user who asked for it; empty if a command wrote it."""
        return str(self.summary.get("made_by") or "")

    @property
    def made_at(self) -> datetime:
        """When it was made; for a report that does not say so, when its page was written."""
        try:
            return datetime.fromisoformat(str(self.summary.get("made_at")))
        except ValueError:
            return datetime.fromtimestamp((self.folder / PAGE).stat().st_mtime, UTC)

    @property
    def files(self) -> list[str]:
        """The names of its files, the page first."""
        names = sorted(path.name for path in self.folder.iterdir() if path.is_file())
        return sorted(names, key=lambda name: name != PAGE)

    @property
    def calibrations(self) -> set[int] | None:
        """Primary keys of the calibrations that it shows; None if it does not list them."""
        try:
            return {int(key) for key in self.summary["calibrations"]}
        except (ValueError, TypeError, KeyError):
            return None

    def is_visible_to(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Whether `user` may see every model of it.

        Reports that do not list their calibrations are shown to superusers only.
        """
        if getattr(user, "is_superuser", False):
            return True
        wanted = self.calibrations
        if wanted is None:
            return False
        return Calibration.objects.visible_to(user).filter(pk__in=wanted).count() == len(wanted)


def reports_folder() -> Path:
    """Where the reports lie."""
    folder: Path = settings.DATA_DIR / "reports"
    return folder


def written_reports(user: AbstractBaseUser | AnonymousUser) -> list[WrittenReport]:
    """The reports whose models `user` may see, the newest first."""
    visible = [report for report in _reports() if report.is_visible_to(user)]
    return sorted(visible, key=lambda report: (report.made_at, report.name), reverse=True)


def written_report(name: str, user: AbstractBaseUser | AnonymousUser) -> WrittenReport | None:
    """The report of a certain name, if `user` may see it."""
    return next((each for each in written_reports(user) if each.name == name), None)


def reported_calibrations() -> set[int]:
    """Primary keys of the calibrations that some report shows."""
    return {key for report in _reports() for key in report.calibrations or ()}


def _reports() -> list[WrittenReport]:
    return [WrittenReport(page.parent) for page in reports_folder().glob(f"*/{PAGE}")]
