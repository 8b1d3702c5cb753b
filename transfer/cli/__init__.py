"""The commands of `python -m transfer`: they parse arguments, call the library and print."""

from __future__ import annotations
