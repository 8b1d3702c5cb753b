"""Sentences about what was measured of a method, for its card on the site and in the document."""

from __future__ import annotations

from transfer.methods.cards import (
    YARDSTICK,
    MethodCard,
    Place,
    measured_costs,
    reference_batch,
)


def difference_text(value: tuple[float, float, float] | None) -> str:
    """A difference with its interval, for a table."""
    if value is None:
        return "–"
    if not any(value):
        return "0"
    mean, low, high = map(signed, value)
    return f"{mean} ({low} … {high})"


def signed(value: float) -> str:
    """Two decimals with a sign, the minus sign being the typographic one."""
    return f"{value:+.2f}".replace("-", "−")


def cost_text(cost: float | None) -> str:
    """A relative cost with two digits, for a table."""
    return "not measured" if cost is None else f"{cost:.2g}"


def cost_sentence(card: MethodCard) -> str:
    """What a picture costs, as a sentence."""
    if card.cost is None:
        return "Not measured."
    if card.method.key == YARDSTICK:
        return f"1: the costs of other methods are in units of {YARDSTICK}."
    return f"{cost_text(card.cost)} times that of {YARDSTICK}."


def cost_note() -> str:
    """How costs were measured."""
    how = measured_costs()
    if not how:
        return "Not measured."
    return (
        f"Processor time of a picture with the method's defaults, {how['encoder']}, "
        f"{how['size']} px, one thread, ÷ that of {YARDSTICK} ({how['how']})."
    )


def place_note() -> str:
    """How the reference batch was made and measured."""
    how = reference_batch()
    if not how:
        return "Not measured."
    return (
        f"Difference of the mean score from that of {YARDSTICK} in the same pairs of pictures, "
        f"in log odds, with its 95 % interval over pairs; higher is better. {how['how']} A method "
        "is admissible if no other has means at least as high in both and higher in one."
    )


def place_sentence(place: Place | None) -> str:
    """Where a method lies, as a sentence."""
    if place is None:
        return "Not measured."
    parts = [
        f"{name} {difference_text(value)}, rank {rank} of {place.methods}"
        for name, value, rank in (("E", place.E, place.E_rank), ("C", place.C, place.C_rank))
        if value is not None
    ]
    parts.append(f"{place.stimuli} stimuli")
    if place.admissible is not None:
        parts.append("admissible" if place.admissible else "not admissible")
    if place.reason:
        parts.append(place.reason)
    return "; ".join(parts) + "."
