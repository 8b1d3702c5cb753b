"""C of stimuli against the style weight: how much content each weight leaves.

    PYTHONPATH=. ECSPACE_WEIGHTS=WEIGHTS python docs/weight_table.py --rows FILE.csv \
        --pair CONTENT.jpg TRUTH.mat STYLE.jpg --encoder compact --encoder vgg19-16x

Prints a table in Markdown: means over the pairs, for each method, encoder and size, with C of the
contents themselves as the upper bound. FILE.csv keeps what was measured, so a stopped command can
be repeated.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

from common.console import say
from common.pictures import read_picture, resize_to_width
from metrics.boundaries.coherence import coherence, human_truth
from transfer.encoders import load_encoder
from transfer.encoders.architecture import Encoder
from transfer.methods import resolve_parameters
from transfer.methods.engine import Task
from transfer.methods.stylise import stylise

METHODS = ("gatys", "cross-layer")
WEIGHTS = (100.0, 300.0, 1000.0, 3000.0, 10000.0)
"""1000 is the default."""
SIZES = (128, 256)  # pixels
STEPS = 150
FIELDS = ("pair", "encoder", "size", "method", "weight", "C")
Key = tuple[str, ...]


def main() -> None:
    """Measure what the file lacks, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, required=True, metavar="FILE.csv")
    parser.add_argument(
        "--pair", type=Path, nargs=3, action="append", required=True, dest="pairs",
        metavar=("CONTENT", "TRUTH", "STYLE"),
    )  # fmt: skip
    parser.add_argument("--encoder", action="append", required=True, dest="encoders")
    options = parser.parse_args()
    known = _read(options.rows)
    for name in options.encoders:
        encoder = load_encoder(name)
        for size in SIZES:
            for pair in options.pairs:
                for key, value in _measured(pair, encoder, size, known):
                    known[key] = value
                    _append(options.rows, key, value)
                    say(f"{' '.join(key)}: C {value:.3f}")
    say(_table(known, [_name(pair) for pair in options.pairs], options.encoders))


def _measured(
    pair: list[Path], encoder: Encoder, size: int, known: dict[Key, float]
) -> Iterable[tuple[Key, float]]:
    """C of the content itself, and of the stimulus of each method and weight."""
    content, style = read_picture(pair[0]), read_picture(pair[2])
    truth = human_truth(pair[1])
    own = (_name(pair), "", str(size), "content", "")
    if own not in known:
        yield own, coherence(resize_to_width(content, size), truth).value
    for method in METHODS:
        for weight in WEIGHTS:
            key = (_name(pair), encoder.name, str(size), method, f"{weight:g}")
            if key in known:
                continue
            values = resolve_parameters(method, {"style_weight": weight, "iterations": STEPS})
            (result,) = stylise(
                method,
                [Task(content, [style], seed=0)],
                encoder=encoder,
                parameters=values,
                size=size,
                autoencoders=(),
            )
            if result.picture is None:
                say(f"{' '.join(key)}: {result.error}")
                continue
            yield key, coherence(result.picture, truth).value


def _name(pair: list[Path]) -> str:
    return f"{pair[0].stem}+{pair[2].stem}"


def _read(file: Path) -> dict[Key, float]:
    if not file.exists():
        return {}
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {tuple(row[name] for name in FIELDS[:-1]): float(row["C"]) for row in rows}


def _append(file: Path, key: Key, value: float) -> None:
    new = not file.exists()
    with file.open("a", newline="") as lines:
        writer = csv.writer(lines)
        if new:
            writer.writerow(FIELDS)
        writer.writerow([*key, f"{value:.6f}"])


def _table(known: dict[Key, float], pairs: list[str], encoders: list[str]) -> str:
    lines = [
        "| method | encoder | width | " + " | ".join(f"{weight:g}" for weight in WEIGHTS)
        + " | content itself |",
        "|" + " --- |" * (len(WEIGHTS) + 4),
    ]  # fmt: skip
    for method in METHODS:
        for encoder in encoders:
            for size in SIZES:
                cells = [
                    [known.get((pair, encoder, str(size), method, f"{weight:g}")) for pair in pairs]
                    for weight in WEIGHTS
                ]
                cells.append([known.get((pair, "", str(size), "content", "")) for pair in pairs])
                shown = [
                    "–" if None in cell else f"{sum(filter(None, cell)) / len(cell):.2f}"
                    for cell in cells
                ]
                lines.append(f"| `{method}` | `{encoder}` | {size} px | {' | '.join(shown)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
