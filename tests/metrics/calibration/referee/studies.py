"""Simulated studies with a known truth: what people like, and statistics that know more or less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm


@dataclass(frozen=True)
class World:
    """Stimuli: `methods` × `references` of them, each reference a content and a style.

    utility: (S,), log odds; statistics: columns stimulus, method, content, style and numbers.
    """

    statistics: pd.DataFrame
    utility: np.ndarray
    methods: int

    def votes(
        self,
        rng: np.random.Generator,
        *,
        people: int = 40,
        trials: int = 50,
        spread: float = 0.3,
        repeats: int = 0,
    ) -> pd.DataFrame:
        """Each trial draws a reference and two of its stimuli; people see more or less sharply.

        repeats: so many of each person's trials are asked again.
        """
        count = people * trials
        references = len(self.utility) // self.methods
        reference = rng.integers(0, references, count)
        first = rng.integers(0, self.methods, count)
        second = (first + rng.integers(1, self.methods, count)) % self.methods
        left, right = reference * self.methods + first, reference * self.methods + second
        person = np.repeat(np.arange(people), trials)
        sharp = np.maximum(0.0, 1 + spread * rng.standard_normal(people))
        again = np.flatnonzero(np.tile(np.arange(trials), people) < repeats)
        rows = np.concatenate([np.arange(count), again])
        left, right, person = left[rows], right[rows], person[rows]
        turn = np.arange(len(rows)) >= count
        left[turn], right[turn] = right[turn].copy(), left[turn].copy()
        eta = sharp[person] * (self.utility[left] - self.utility[right])
        names = self.statistics["stimulus"].to_numpy()
        return pd.DataFrame(
            {
                "participant": [f"p{number}" for number in person],
                "trial": np.arange(len(rows)),
                "stimulus_left": names[left],
                "stimulus_right": names[right],
                "choice": np.where(rng.random(len(rows)) < 1 / (1 + np.exp(-eta)), "left", "right"),
                "kind": np.where(turn, "repeat", "real"),
            }
        )


def world(
    rng: np.random.Generator,
    *,
    methods: int = 6,
    references: int = 50,
    noise: int = 4,
    weaker: tuple[float, ...] = (0.6, 0.3),
    method_spread: float = 0.5,
    of_method: np.ndarray | None = None,
) -> World:
    """A planted statistic `truth`, weaker ones correlated with it, and columns of random numbers.

    weaker: their correlations with the truth. The utility is a method's mean plus what the single
    stimulus has; its deviation is 1 log odds. of_method: (methods,), to make other stimuli by the
    same methods.
    """
    count = methods * references
    method = np.tile(np.arange(methods), references)
    of_method = rng.standard_normal(methods) if of_method is None else of_method
    utility = np.sqrt(method_spread) * of_method[method]
    utility = utility + np.sqrt(1 - method_spread) * rng.standard_normal(count)
    frame = pd.DataFrame(
        {
            "stimulus": [f"s{number:04}" for number in range(count)],
            "method": [f"m{number}" for number in method],
            "content": [f"c{number // methods % 10}" for number in range(count)],
            "style": [f"t{number // methods // 10}" for number in range(count)],
            "truth": 3 + 2 * utility,
        }
    )
    for share in weaker:
        own = rng.standard_normal(count)
        frame[f"weaker{share}"] = share * utility + np.sqrt(1 - share**2) * own
    for number in range(noise):
        frame[f"noise{number}"] = rng.standard_normal(count)
    return World(frame, utility, methods)


def sharpness(spread: float, many: int = 64) -> np.ndarray:
    """How sharply people see (many,): equally likely values of what `World.votes` draws."""
    return np.maximum(0.0, 1 + spread * norm.ppf((np.arange(many) + 0.5) / many))


def expected_accuracy(
    utility: np.ndarray, score: np.ndarray, methods: int, spread: float = 0.0
) -> float:
    """The share that a score predicts over all pairs within references, of very many people."""
    u, s = utility.reshape(-1, methods), score.reshape(-1, methods)
    one, other = np.triu_indices(methods, 1)
    gap, lead = u[:, one] - u[:, other], np.sign(s[:, one] - s[:, other])
    chance = np.mean([np.tanh(0.5 * each * gap) for each in sharpness(spread)], axis=0)
    return float((0.5 + 0.5 * lead * chance).mean())


def slopes_by_method(
    rng: np.random.Generator, slopes: np.ndarray, *, references: int = 50, terms: int = 4
) -> World:
    """What people like about a stimulus depends on its method: another slope for each.

    slopes: (methods, terms), log odds per unit of each of the statistics x0, x1, …
    """
    methods = len(slopes)
    count = methods * references
    method = np.tile(np.arange(methods), references)
    x = rng.standard_normal((count, terms))
    frame = pd.DataFrame(
        {
            "stimulus": [f"s{number:04}" for number in range(count)],
            "method": [f"m{number}" for number in method],
            "content": [f"c{number // methods % 10}" for number in range(count)],
            "style": [f"t{number // methods // 10}" for number in range(count)],
        }
    )
    for term in range(terms):
        frame[f"x{term}"] = x[:, term]
    return World(frame, (x * slopes[method]).sum(axis=1), methods)
