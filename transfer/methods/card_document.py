"""The cards of all methods as one Markdown document.

`python -m transfer methods --cards > docs/method-cards.md` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transfer.methods.base import Unweighted
from transfer.methods.card import SYMBOLS
from transfer.methods.card_sentences import (
    cost_note,
    cost_sentence,
    cost_text,
    difference_text,
    place_note,
    place_sentence,
)
from transfer.methods.cards import YARDSTICK, MethodCard, Place, method_card, method_cards

_HEAD = """\
# Method cards

Written by `python -m transfer methods --cards` from the registry of methods and from what was
measured; the site shows the same under *Batches*, *Methods*. How the methods compare is in
[methods.md](methods.md); sources are in [references.md](references.md).
"""


def document() -> str:
    """The document, with a line break at its end."""
    cards = method_cards()
    parts = [_HEAD, *_legend(), *_overview(cards)]
    for card in cards:
        parts.extend(_section(card))
    return "\n".join(parts)


def _legend() -> Iterator[str]:
    yield f"**Symbols.** {SYMBOLS}\n"
    yield f"**Cost.** {cost_note()}\n"
    yield f"**Place in the EC space.** {place_note()}\n"
    yield "**Examples.** Bundled pictures, `compact`, drawn by `docs/method_examples.py`.\n"


def _overview(cards: list[MethodCard]) -> Iterator[str]:
    yield "| method | from | cost | E | C | admissible |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for card in cards:
        cells = [
            f"[`{card.method.key}`](#{card.method.key})",
            card.method.paper,
            cost_text(card.cost),
            *_scores(card.place),
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _scores(place: Place | None) -> list[str]:
    if place is None:
        return ["not measured", "not measured", ""]
    admissible = {True: "yes", False: "no", None: "–"}[place.admissible]
    return [difference_text(place.E), difference_text(place.C), admissible]


def _section(card: MethodCard) -> Iterator[str]:
    key, words = card.method.key, card.method.card
    yield f"## {key}\n"
    yield f"**{card.method.name}.** {card.method.paper}.\n"
    yield f"{words.summary}\n"
    yield "\n".join(f"    {line}" for line in words.formula.split("\n")) + "\n"
    if card.example:
        yield f"![Three pairs of pictures by {key}](../static/{card.example})\n"
    yield f"- **When to use it.** {words.use}"
    yield f"- **Known failure.** {words.failure}"
    yield f"- **Cost.** {cost_sentence(card)}"
    yield f"- **Place in the EC space.** {place_sentence(card.place)}"
    for other, reason in card.duplicates:
        yield f"- **Near-duplicate of `{other}`.** {reason}."
    for name, values in card.info["presets"].items():
        yield f"- **Preset `{name}`.** {_settings(values) or 'the defaults'}"
    for name, values in card.info["encoder_defaults"].items():
        yield f"- **With encoder `{name}`.** {_settings(values)}"
    for name, changes in card.info["encoder_presets"].items():
        for preset, values in changes.items():
            yield f"- **Preset `{preset}` with encoder `{name}`.** {_settings(values)}"
    yield ""
    yield from _parameters(card)


def _settings(values: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}={_shown(value)}`" for name, value in values.items())


def _parameters(card: MethodCard) -> Iterator[str]:
    """A table of those that `gatys` does not have alike, and the names of the others."""
    known = method_card(YARDSTICK).info["parameters"] if _is_variant(card) else []
    own = [one for one in card.info["parameters"] if one not in known]
    if own:
        yield "| parameter | default | accepts | what it is | source of the default |"
        yield "| --- | --- | --- | --- | --- |"
        for one in own:
            default = _shown(one["default"])
            cells = [f"`{one['name']}`", f"`{default}`" if default else "none", one["accepts"]]
            cells += [one["help"], one["source"]]
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""
    if shared := [f"`{one['name']}`" for one in card.info["parameters"] if one in known]:
        yield f"As in [`{YARDSTICK}`](#{YARDSTICK}): {', '.join(shared)}.\n"


def _is_variant(card: MethodCard) -> bool:
    return card.method.key != YARDSTICK and issubclass(card.method.parameters, Unweighted)


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
