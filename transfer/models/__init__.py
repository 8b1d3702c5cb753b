"""The tables of transfer: pictures, batches and stimuli."""

from transfer.models.pictures import Picture
from transfer.models.stimuli import Batch, Stimulus

__all__ = ["Batch", "Picture", "Stimulus"]
