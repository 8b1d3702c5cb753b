"""Calibration: preferences regressed on differences of base statistics (seed 000, §4.1)."""
