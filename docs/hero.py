"""Draws the picture at the top of README.md from the data of `make demo`.

    PYTHONPATH=. ECSPACE_DATA=DATA python docs/hero.py --out docs/hero.jpg

Left: contents and styles, and what some methods make of them. Right: the EC space of all stimuli,
with the mean of each method. Both are read from the demo's batch and report.
"""

from __future__ import annotations

import argparse
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import django
import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from PIL import Image, ImageOps

from common.atomic import write_bytes
from common.pictures import read_picture
from metrics.plots.marks import marks
from metrics.plots.static import drawn

if TYPE_CHECKING:
    from transfer.models import Stimulus

ROWS = (
    ("astronaut", "oil"),
    ("cat", "stained-glass"),
    ("temple", "woodcut"),
    ("coffee", "watercolour"),
)
COLUMNS = ("universal", "gatys", "cross-layer", "avatar-net")
TILE = (330, 252)  # pixels
SIZE, DOTS = (13.2, 4.6), 132  # inches, and pixels per inch
NAME, LINE = 1.8, 0.45  # length and height of a name, in units of C and of E
INK, GREY = "#1a2028", "#6b7683"
QUALITY = 88


def main() -> None:
    """Draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.jpg")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings

    scores = pd.read_csv(settings.DATA_DIR / "reports" / "demo" / "scores.csv")
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK}):
        figure = Figure(figsize=SIZE, dpi=DOTS, facecolor="white")
        grid = figure.add_gridspec(
            1,
            2,
            width_ratios=(1.62, 1),
            wspace=0.09,
            left=0.03,
            right=0.985,
            top=0.93,
            bottom=0.085,
        )
        _pictures(figure, grid[0])
        _space(figure.add_subplot(grid[1]), scores)
        out = io.BytesIO()
        figure.savefig(out, format="png")
    image = Image.open(out).convert("RGB")
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=QUALITY, optimize=True, subsampling=0)
    write_bytes(packed.getvalue(), options.out)


def _pictures(figure: Figure, place: SubplotSpec) -> None:
    """A row for each pair: content, style, and the results of the methods."""
    grid = place.subgridspec(
        len(ROWS),
        2 + len(COLUMNS),
        wspace=0.03,
        hspace=0.04,
        width_ratios=(1, 1, *[1] * len(COLUMNS)),
    )
    titles = ("content", "style", *COLUMNS)
    for row, (content, style) in enumerate(ROWS):
        made = {stimulus.method: stimulus for stimulus in _stimuli(content, style)}
        first = made[COLUMNS[0]]
        paths = [first.content.path, first.style_pictures[0].path] if first.content else []
        paths += [made[method].path for method in COLUMNS]
        for column, path in enumerate(paths):
            axes = figure.add_subplot(grid[row, column])
            tile = ImageOps.fit(
                read_picture(path), TILE, Image.Resampling.LANCZOS, centering=(0.5, 0.3)
            )
            axes.imshow(tile, aspect="auto", interpolation="antialiased")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if row == 0:
                weight = "bold" if column < 2 else "normal"
                axes.set_title(titles[column], fontsize=10, pad=6, weight=weight)


def _stimuli(content: str, style: str) -> list[Stimulus]:
    from transfer.models import Stimulus

    return list(
        Stimulus.objects.filter(
            batch__name="demo", content__name=content, styles__name=style, state="done"
        ).select_related("content")
    )


def _space(axes: Axes, scores: pd.DataFrame) -> None:
    """All stimuli, faint, and the mean of each method; dotted lines between thirds."""
    look = marks(scores["method"].tolist())
    for method, part in scores.groupby("method"):
        mark = look[str(method)]
        shape = {"marker": drawn(mark.marker), "color": mark.colour}
        axes.scatter(part["C_score"], part["E_score"], s=16, alpha=0.4, linewidths=0, **shape)
    means = scores.groupby("method")[["C_score", "E_score"]].mean()
    for name, (c, e) in means.iterrows():
        mark = look[str(name)]
        shape = {"marker": drawn(mark.marker), "color": mark.colour}
        axes.scatter(c, e, s=120, edgecolors=INK, linewidths=1.3, zorder=3, **shape)
        # The name is on the left where another mean is close on the right.
        right = (means["C_score"] - c).between(0.01, NAME) & ((means["E_score"] - e).abs() < LINE)
        axes.annotate(
            str(name),
            (c, e),
            xytext=(-8, 0) if right.any() else (9, 0),
            textcoords="offset points",
            ha="right" if right.any() else "left",
            va="center",
            fontsize=8,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.2},
            zorder=2.5,
        )
    for line, cuts in ((axes.axvline, "C_score"), (axes.axhline, "E_score")):
        for cut in scores[cuts].quantile([1 / 3, 2 / 3]):
            line(cut, linestyle=":", color="#808080", linewidth=1, zorder=0)
    axes.set_title(
        f"EC space: {len(scores)} stimuli, means of methods", loc="left", fontsize=10, weight="bold"
    )
    axes.set_xlabel("C: content kept →   (scores fitted to simulated votes)", color=INK)
    axes.set_ylabel("E: style carried →", color=INK)
    axes.tick_params(colors=GREY, labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#c4ccd4")
    axes.margins(0.05)


if __name__ == "__main__":
    main()
