"""Show shares with their intervals on the researcher's pages."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def share(value: tuple[float, float, float] | None) -> str:
    """A share (0 to 1) with its interval, in percent; a dash for None."""
    if value is None:
        return "–"
    middle, low, high = (100 * part for part in value)
    # A line may end before the interval, not within it.
    return f"{middle:.0f} % ({low:.0f}–\N{WORD JOINER}{high:.0f}\N{NO-BREAK SPACE}%)"
