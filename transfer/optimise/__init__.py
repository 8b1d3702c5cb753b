"""Solvers, one file each. All give N images their own course; see `base` for what they share."""

from __future__ import annotations
