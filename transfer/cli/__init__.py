"""The commands of `python -m transfer`: thin; they parse, call and answer."""

from __future__ import annotations
