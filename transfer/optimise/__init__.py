"""Solvers, one file each. They minimise N independent losses at once; `base` is their interface."""

from __future__ import annotations
