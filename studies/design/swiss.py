"""Swiss system: every round pairs stimuli of similar score, as in chess tournaments.

Pairs of similar quality are asked more often. That ranks stimuli with fewer votes and inflates
differences: a rule for rankings, not for calibration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from studies.design import balanced
from studies.design.blocks import Block
from studies.design.rule import Pair, SelectionRule, Wins, pair


def next_round(blocks: Sequence[Block], wins: Wins, generator: np.random.Generator) -> list[Pair]:
    """One pair for every stimulus: with one of similar score that it met least often.

    In a block of odd size one of the stimuli with the most votes is left out. The order of the
    pairs is random.
    """
    points, games = _scores(wins)
    found: list[Pair] = []
    for block in blocks:
        found += _games(block, points, games, wins, generator)
    return [found[i] for i in generator.permutation(len(found))]


def _scores(wins: Wins) -> tuple[Counter[int], Counter[int]]:
    """Points and number of votes of every stimulus that was voted on."""
    points: Counter[int] = Counter()
    games: Counter[int] = Counter()
    for (one, two), (for_one, for_two) in wins.items():
        points.update({one: for_one, two: for_two})
        games.update({one: for_one + for_two, two: for_one + for_two})
    return points, games


def _games(
    block: Block,
    points: Counter[int],
    games: Counter[int],
    wins: Wins,
    generator: np.random.Generator,
) -> list[Pair]:
    mixed = [block[i] for i in generator.permutation(len(block))]  # ties of score in random order
    if len(mixed) % 2:
        mixed.remove(max(mixed, key=lambda key: games[key]))
    # Numbers of votes differ after dropout, so scores are shares of points, shrunk to one half.
    standing = sorted(mixed, key=lambda key: -(points[key] + 1) / (games[key] + 2))
    found = []
    while standing:
        best = standing.pop(0)
        met = [sum(wins.get(pair(best, other), (0, 0))) for other in standing]
        # argmin gives the first minimum: the nearest in score among those met least often.
        found.append(pair(best, standing.pop(int(np.argmin(met)))))
    return found


RULE = SelectionRule(
    "Swiss: stimuli of equal score meet (for rankings)",
    balanced.pairs,
    next_round=next_round,
    begins_as="balanced",
)
