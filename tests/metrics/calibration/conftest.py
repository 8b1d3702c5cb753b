"""The site's own calibration."""

from tests.metrics.views.conftest import batch, calibration, study

__all__ = ["batch", "calibration", "study"]
