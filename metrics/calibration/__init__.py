"""Calibration: preferences regressed on differences of base statistics (Yeh et al. 2020, §4.1)."""
