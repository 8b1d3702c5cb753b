"""What is left out when a learnt referee is judged; without heavy imports, for pages."""

from __future__ import annotations

SPLITS = ("participants", "methods", "both methods", "contents", "styles")
"""Participants; a method, with every vote in which it takes part; both methods of a vote, whose
model then knows neither; a content; a style."""
