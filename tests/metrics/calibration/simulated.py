"""Simulated studies with known coefficients, and with people who may differ."""

from __future__ import annotations

import numpy as np
import pandas as pd

PUBLISHED_E = {"E1": 0.7468, "E2": 0.2557, "E3": 2.3768}


def statistics(
    stimuli: int = 200, *, deviation: float = 0.5, seed: int = 0, correlation: float = 0.6
) -> pd.DataFrame:
    """E1 … E5 and C of stimuli, equally correlated, each with the given standard deviation."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((stimuli, 1))
    values = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.standard_normal(
        (stimuli, 6)
    )
    frame = pd.DataFrame(deviation * values, columns=["E1", "E2", "E3", "E4", "E5", "C"])
    frame["C"] = 0.5 + 0.1 * frame["C"]
    frame.insert(0, "stimulus", [f"s{number:04}" for number in range(stimuli)])
    frame["method"] = [f"m{number % 4}" for number in range(stimuli)]
    frame["content"] = [f"c{number // 4 % 10}" for number in range(stimuli)]
    frame["style"] = [f"t{number // 40}" for number in range(stimuli)]
    return frame


def votes(
    table: pd.DataFrame,
    truth: dict[str, float],
    *,
    people: int = 40,
    trials: int = 50,
    spread: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Every trial draws two stimuli; `spread` is the deviation of people's slopes, relative."""
    rng = np.random.default_rng(seed)
    count = people * trials
    left = rng.integers(0, len(table), count)
    right = (left + rng.integers(1, len(table), count)) % len(table)
    x = table[list(truth)].to_numpy()
    slopes = np.array(list(truth.values())) * (
        1 + spread * rng.standard_normal((people, len(truth)))
    )
    person = np.repeat(np.arange(people), trials)
    eta = ((x[left] - x[right]) * slopes[person]).sum(axis=1)
    names = table["stimulus"].to_numpy()
    return pd.DataFrame(
        {
            "participant": [f"p{number}" for number in person],
            "study": "s",
            "trial": np.tile(np.arange(trials), people),
            "stimulus_left": names[left],
            "stimulus_right": names[right],
            "choice": np.where(rng.random(count) < 1 / (1 + np.exp(-eta)), "left", "right"),
        }
    )
