"""A study whose votes a calibration was fitted to is kept."""

from __future__ import annotations

from typing import Any

from common.errors import InputError
from metrics.models import Calibration
from studies.models import Study


def keep_calibrated_study(instance: Study, **_: Any) -> None:
    """Receive `pre_delete` of a study.

    Raises:
        InputError: a calibration was fitted to its votes.

    """
    names = Calibration.objects.filter(studies=instance).values_list("name", flat=True)
    if names:
        raise InputError(
            f"study '{instance}' cannot be deleted: a calibration was fitted to its votes; delete "
            f"{', '.join(names)} first"
        )
