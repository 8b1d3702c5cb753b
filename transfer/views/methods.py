"""Cards of methods: the list, and the page of each. Participants see neither."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from transfer.methods import METHODS
from transfer.methods.card import SYMBOLS
from transfer.methods.card_sentences import (
    cost_note,
    cost_sentence,
    cost_text,
    difference_text,
    place_note,
    place_sentence,
)
from transfer.methods.cards import MethodCard, method_card, method_cards


@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    """All methods: what each does, what it costs, and where it lies in the EC space."""
    rows = [_row(card) for card in method_cards()]
    context = {"rows": rows, "cost_note": cost_note(), "place_note": place_note()}
    return render(request, "transfer/methods.html", context)


@require_safe
def method(request: HttpRequest, key: str) -> HttpResponse:
    """The card of one method."""
    if key not in METHODS:
        raise Http404(f"there is no method '{key}'")
    card = method_card(key)
    context = {
        "card": card,
        "symbols": SYMBOLS,
        "cost": cost_sentence(card),
        "cost_note": cost_note(),
        "place": place_sentence(card.place),
        "place_note": place_note(),
    }
    return render(request, "transfer/method.html", context)


def _row(card: MethodCard) -> dict[str, object]:
    place = card.place
    return {
        "card": card,
        "cost": cost_text(card.cost),
        "E": difference_text(place.E) if place else "",
        "C": difference_text(place.C) if place else "",
        "admissible": place.admissible if place else None,
    }
