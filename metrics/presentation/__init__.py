"""Calibrations and EC spaces of the database, prepared for pages and reports."""
