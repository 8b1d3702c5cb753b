"""How to read the pages that show results: a few sentences each, and the document with the rest."""

from __future__ import annotations

from typing import NamedTuple


class Guide(NamedTuple):
    """A guide to one page.

    `anchor` is its place on the page of the glossary, `document` the file that says more.
    """

    anchor: str
    page: str
    sentences: tuple[str, ...]
    document: str


GUIDES = (
    Guide("read-batch", "Batch", (
        "A batch is done when every stimulus has ended; failed ones give their reason and can be "
        "tried again. The recipe determines every picture to the bit on one machine.",
        "E1 … E5 and C are measured with the instruments named under Details; numbers of other "
        "instruments are not comparable.",
    ), "docs/methods.md"),
    Guide("read-planner", "Planner", (
        "The first card says what the study costs people; the second with which error each "
        "coefficient will be known: an interval that holds zero cannot be told from no effect.",
        "The third card says how likely the referee finds the better of two statistics.",
    ), "docs/studies.md"),
    Guide("read-calibration", "Calibration", (
        "Begin with the verdict and its reasons. A coefficient is the change in log odds of being "
        "preferred for one unit of its statistic; its interval is for other people.",
        "Votes predicted is the share of votes of people left out of the fit that the model gets "
        "right: 50 % is a coin, and the agreement of people with each other is the ceiling.",
    ), "docs/calibration.md"),
    Guide("read-ecspace", "EC space", (
        "Up carries the style better, to the right keeps the content better, both in log odds of "
        "being preferred. Only differences have a meaning, and zero is no special place.",
        "Methods are compared by their means with intervals; two whose intervals overlap widely "
        "are not told apart. An admissible method is beaten by no other in both scores.",
    ), "docs/calibration.md"),
    Guide("read-referee", "Referee", (
        "A statistic is judged by the share of votes that it predicts. It is compared with the "
        "ceiling, which is how well people predict each other, and not with 100 %.",
        "Statistics of one group are not told apart by these votes; a rank within it says nothing.",
    ), "docs/referee.md"),
)  # fmt: skip
"""In the order of the work."""
