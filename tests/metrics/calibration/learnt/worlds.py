"""Simulated studies with features: what people like is planted in them, or is the method's name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.calibration.learnt.features import Features
from tests.metrics.calibration.referee.studies import World

LENGTH = 10
"""D, moments of a picture."""


@dataclass(frozen=True)
class Learnable:
    """features: of all stimuli; world: with a statistic E3, the planted one, and C, noise."""

    features: Features
    world: World

    @property
    def statistics(self) -> pd.DataFrame:
        return self.world.statistics

    def votes(self, seed: int, people: int = 20, trials: int = 50) -> pd.DataFrame:
        return self.world.votes(np.random.default_rng(seed), people=people, trials=trials)


def learnable(
    seed: int, *, planted: bool, methods: int = 6, contents: int = 6, styles: int = 5
) -> Learnable:
    """Each method leaves its mark in the features of its stimuli.

    planted: people like what lies nearer to the style in one moment, whatever the method; else
    nothing but the method.
    """
    rng = np.random.default_rng(seed)
    count = methods * contents * styles
    method = np.tile(np.arange(methods), contents * styles)
    pair = np.arange(count) // methods
    content, style = pair % contents, pair // contents
    of_content = rng.standard_normal((contents, LENGTH))[content]
    of_style = rng.standard_normal((styles, LENGTH))[style]
    mark = rng.standard_normal((methods, LENGTH))[method]
    made = (of_content + of_style) / 2 + mark + 0.5 * rng.standard_normal((count, LENGTH))
    distance = np.abs(made - of_style)[:, 0]
    near = -(distance - distance.mean()) / distance.std()
    utility = 2 * near if planted else 2 * rng.standard_normal(methods)[method]
    names = tuple(f"s{number:03}" for number in range(count))
    levels = {
        "method": tuple(f"m{n}" for n in method),
        "content": tuple(f"c{n}" for n in content),
        "style": tuple(f"t{n}" for n in style),
    }
    frame = pd.DataFrame({"stimulus": names, **levels})
    frame["E3"] = near + 0.2 * rng.standard_normal(count)
    frame["C"] = rng.standard_normal(count)
    moments = {"stimulus": made, "content": of_content, "style": of_style}
    return Learnable(Features(names, moments, "fake:1", levels), World(frame, utility, methods))
