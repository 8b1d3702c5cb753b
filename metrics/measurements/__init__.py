"""Measurements of the stimuli in the database: making them, and reading them as a table."""

from metrics.measurements.measuring import Outcome, batch_named, collection_of, measure
from metrics.measurements.table import columns, instruments, statistics_frame, usual_instruments

__all__ = [
    "Outcome",
    "batch_named",
    "collection_of",
    "columns",
    "instruments",
    "measure",
    "statistics_frame",
    "usual_instruments",
]
