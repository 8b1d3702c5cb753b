"""Shares as pages show them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def percent(value: float | None, digits: int = 0) -> str:
    """A share of 1 in percent; a dash for none."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"
