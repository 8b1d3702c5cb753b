"""A batch, a study and a calibration for the pages."""

from __future__ import annotations

import pytest


@pytest.fixture
def batch(db, settings, tmp_path):
    from tests.metrics.views.world import measured_batch

    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    return measured_batch()


@pytest.fixture
def study(batch):
    from tests.metrics.views.world import simulated_study

    return simulated_study(batch, "E")


@pytest.fixture
def calibration(study):
    from metrics.measurements.fitting import fit_calibration

    return fit_calibration([study], "E", include_simulated=True)
