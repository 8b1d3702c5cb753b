"""Write the SIMULATED votes and statistics of the worked example in docs/referee.md.

    .venv/bin/python docs/referee_example.py --out example

No person gave these votes. 30 simulated participants answer 60 trials each on 240 stimuli of six
methods. They like what `E3` measures, and less so what `C` measures; two participants answer a
third of their trials at random. `mine` is a noisy copy of `E3` in which lower is better, `E1`
follows the method's mean only, and `random` knows nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from common.tables import write_csv

METHODS, REFERENCES, PEOPLE, TRIALS, REPEATS, CARELESS = 6, 40, 30, 60, 6, 2


def stimuli(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """STATISTICS.csv, and what people like about each stimulus in log odds."""
    count = METHODS * REFERENCES
    method, reference = np.arange(count) % METHODS, np.arange(count) // METHODS
    mean = rng.standard_normal(METHODS)[method]
    e3 = 0.7 * mean + 0.7 * rng.standard_normal(count)
    c = 0.5 + 0.1 * rng.standard_normal(count)
    frame = pd.DataFrame(
        {
            "stimulus": [f"s{number:03}" for number in range(count)],
            "method": [f"method {number}" for number in method],
            "content": [f"content {number % 8}" for number in reference],
            "style": [f"style {number // 8}" for number in reference],
            "E1": mean + 0.2 * rng.standard_normal(count),
            "E3": e3,
            "C": c,
            "mine": 10 - e3 - 1.2 * rng.standard_normal(count),
            "random": rng.standard_normal(count),
        }
    )
    return frame, 1.2 * e3 + 3.0 * c


def votes(rng: np.random.Generator, names: np.ndarray, liked: np.ndarray) -> pd.DataFrame:
    """VOTES.csv; the last trials of each participant repeat the first ones with sides exchanged."""
    rows = []
    for person in range(PEOPLE):
        careless = person < CARELESS
        pairs: list[tuple[int, int]] = []
        for trial in range(TRIALS):
            if trial >= TRIALS - REPEATS:
                right, left = pairs[trial - (TRIALS - REPEATS)]
            else:
                first = METHODS * rng.integers(REFERENCES)
                left, right = first + rng.choice(METHODS, 2, replace=False)
            pairs.append((int(left), int(right)))
            chance = 1 / (1 + np.exp(liked[right] - liked[left]))
            if careless and rng.random() < 1 / 3:
                chance = 0.5
            rows.append(
                {
                    "participant": f"simulated-{person:02}",
                    "study": "worked example",
                    "trial": trial,
                    "stimulus_left": names[left],
                    "stimulus_right": names[right],
                    "choice": "left" if rng.random() < chance else "right",
                    "kind": "repeat" if trial >= TRIALS - REPEATS else "real",
                    "simulated": True,
                }
            )
    return pd.DataFrame(rows)


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    folder = parser.parse_args().out
    rng = np.random.default_rng(18)
    frame, liked = stimuli(rng)
    write_csv(frame, folder / "STATISTICS.csv")
    write_csv(votes(rng, frame["stimulus"].to_numpy(), liked), folder / "VOTES.csv")


if __name__ == "__main__":
    main()
