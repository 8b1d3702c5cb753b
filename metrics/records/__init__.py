"""Measurements of the stimuli in the database: making them, and reading them as a table."""

from metrics.records.measuring import Outcome, batch_named, collection_of, measure
from metrics.records.table import columns, instruments, statistics_frame, usual_instruments

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
