"""Show reasons of exclusion on pages."""

from __future__ import annotations

from django import template

from studies.rules.session_rules import MISSED_ATTENTION_CHECKS

register = template.Library()


@register.filter
def in_words(reason: str) -> str:
    """A stored reason of exclusion with the terms of the pages."""
    return "missed attention checks" if reason == MISSED_ATTENTION_CHECKS else reason
