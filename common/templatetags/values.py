"""Show values of recipes on pages."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.filter
def readable(value: Any) -> str:
    """A JSON value as text: numbers with six digits, lists without brackets."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(readable(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {readable(one)}" for name, one in value.items())
    return str(value)
