"""The tables of transfer: pictures, batches, stimuli and the processes that make them."""

from transfer.models.pictures import Picture
from transfer.models.stimuli import Batch, Stimulus
from transfer.models.workers import WorkerProcess

__all__ = ["Batch", "Picture", "Stimulus", "WorkerProcess"]
