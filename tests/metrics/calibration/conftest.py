"""The site's own calibration."""

from tests.metrics.pages.conftest import batch, calibration, study

__all__ = ["batch", "calibration", "study"]
