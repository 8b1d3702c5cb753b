"""Measurements of the stimuli in the database: making them, and reading them as a table."""

from metrics.records.measuring import Outcome, batch_named, collection_of, measure
from metrics.records.table import COLUMNS, instruments, statistics_frame

__all__ = [
    "COLUMNS",
    "Outcome",
    "batch_named",
    "collection_of",
    "instruments",
    "measure",
    "statistics_frame",
]
