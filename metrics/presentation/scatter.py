"""What the script of the EC space shows of each stimulus in the scatter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse

from metrics.ecspace.within import within_pairs
from metrics.presentation.scored_space import ScoredSpace

_ANY = UUID(int=0)
_DIGITS = 5


def stimuli_of_scatter(scored: ScoredSpace) -> dict[str, Any]:
    """Labels and residuals of the stimuli, in the order of the scatter's traces.

    Names stand once, and addresses as patterns, so that thousands of stimuli fit into a page.
    `rows` holds for each trace a list of stimuli: [place in `contents`, place in `styles`, weight
    or None, C and E within content and style or None].
    """
    frame = within_pairs(scored.space.frame)
    contents, styles = (sorted(set(frame[name].fillna(""))) for name in ("content", "style"))
    place = {"content": _places(contents), "style": _places(styles)}
    by_name = {row["stimulus"]: row for row in frame.to_dict("records")}
    return {
        "contents": contents,
        "styles": styles,
        "page": reverse("transfer:stimulus", args=[_ANY]).replace(str(_ANY), "{id}"),
        "picture": reverse("transfer:stimulus_thumbnail", args=[_ANY]).replace(str(_ANY), "{id}"),
        "rows": [
            [
                [
                    place["content"][_text(row["content"])],
                    place["style"][_text(row["style"])],
                    _number(row["weight"]),
                    _number(row["C_within"]),
                    _number(row["E_within"]),
                ]
                for row in (by_name[name] for name in group.stimuli)
            ]
            for group in scored.scatter.groups
        ],
    }


def _places(names: list[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else round(value, _DIGITS)
