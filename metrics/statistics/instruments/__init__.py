"""Instruments of the base statistics. They import torch and scipy, so they load when opened."""
