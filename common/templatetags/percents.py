"""Show shares on pages."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def percent(value: float | None, digits: int = 0) -> str:
    """A share (0 to 1) in percent; a dash for None."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"
