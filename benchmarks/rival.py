"""A step of `gatys` against public implementations of it: neural-style 0.5.7 and pystiche 1.0.1.

All have VGG-19's layout with the same random weights, 256 px, content at relu4_1, style at relu1_1
to relu5_1, and L-BFGS with the same short history; a step is one evaluation and one update. The
rivals are installed into a temporary folder. The three alternate, step by step, on one thread; the
quickest step of each counts, in processor time.
"""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from benchmarks.timing import one_thread, seconds
from common.pictures import to_image, write_png
from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import STYLE_LAYERS, VGG19_WIDTHS
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.descent import run
from transfer.methods.engine import Task

RIVALS = ("neural-style==0.5.7", "pystiche==1.0.1")
SIZE = 256
HISTORY = (
    5  # vectors are small compared with the features: 20 would change a step by about a hundredth
)
ROUNDS = 5
_FEATURES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)  # as torchvision numbers them
Step = Callable[[], object]


def benchmarks() -> Iterator[dict[str, object]]:
    generator = torch.Generator().manual_seed(0)
    content, style = (torch.rand(1, 3, SIZE, SIZE, generator=generator) for _ in range(2))
    weights = random_weights(VGG19_WIDTHS)
    with installed() as folder, one_thread():
        rivals = {
            "neural-style": neural_style(folder, weights, content, style),
            "pystiche": pystiche(weights, content, style),
        }
        ours, theirs = take_turns(weights, content, style, rivals)
    for name, reference in theirs.items():
        yield {
            "name": f"step/rival/{name}",
            "ratio": ours / reference,
            "ours": ours,
            "reference": reference,
            "unit": "s",
        }


@contextmanager
def installed() -> Iterator[Path]:
    """Make the rivals importable in the block."""
    with tempfile.TemporaryDirectory() as name:
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps")
        subprocess.run([*pip, "--target", name, *RIVALS], check=True, stdout=sys.stderr)
        sys.path.insert(0, name)
        try:
            yield Path(name)
        finally:
            sys.path.remove(name)


def take_turns(
    weights: dict[str, Tensor], content: Tensor, style: Tensor, rivals: dict[str, Step]
) -> tuple[float, dict[str, float]]:
    """Seconds of our quickest step with a full history, and of each rival's."""
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in rivals}
    began = time.process_time()

    def between(_: int) -> None:  # our engine calls it after every evaluation
        nonlocal began
        ours.append(time.process_time() - began)
        for name, step in rivals.items():
            theirs[name].append(seconds(step))
        began = time.process_time()

    values = resolve_parameters("gatys", {"iterations": HISTORY + ROUNDS, "history": HISTORY})
    run(
        METHODS["gatys"],
        parameters_object("gatys", values),
        [Task(content, (style,), 0)],
        encoder=Encoder(weights, name="random", padding="zero"),
        precision="float32",
        progress=between,
    )
    return min(ours[HISTORY:]), {name: min(took[HISTORY:]) for name, took in theirs.items()}


class _Prepared(Exception):  # noqa: N818
    """Raised to leave a rival's program where its optimisation would begin."""


def neural_style(folder: Path, weights: dict[str, Tensor], content: Tensor, style: Tensor) -> Step:
    """Its own program up to the first step, then its own loss, one step at a time."""
    torch.save(_as_torchvision(weights), folder / "vgg19.pth")
    for name, picture in (("content", content), ("style", style)):
        write_png(to_image(picture[0]), folder / f"{name}.png")
    found: dict[str, Any] = {}

    class Captured(torch.optim.LBFGS):
        def __init__(self, images: list[Tensor], **options: Any) -> None:
            super().__init__(images, **(options | {"max_iter": 1}))

        def step(self, loss: Callable[[], Tensor]) -> None:
            found.update(optimiser=self, loss=loss)
            raise _Prepared

    words, sys.argv = sys.argv, [
        "neural-style", "-content_image", f"{folder}/content.png", "-style_image",
        f"{folder}/style.png", "-image_size", str(SIZE), "-gpu", "c", "-tv_weight", "0",
        "-lbfgs_num_correction", str(HISTORY), "-model_file", f"{folder}/vgg19.pth",
        "-disable_check", "-content_layers", "relu4_1", "-print_iter", "0", "-save_iter", "0",
    ]  # fmt: skip
    try:
        with redirect_stdout(io.StringIO()):
            program = importlib.import_module("neural_style.neural_style")
            program.optim = SimpleNamespace(LBFGS=Captured)
            program.main()
    except _Prepared:
        pass
    finally:
        sys.argv = words
    return lambda: torch.optim.LBFGS.step(found["optimiser"], found["loss"])


def pystiche(weights: dict[str, Tensor], content: Tensor, style: Tensor) -> Step:
    """Its encoder and losses, with torch's optimiser as in its own examples."""
    import torchvision.models

    # pystiche needs it on import, and torchvision no longer has it.
    names = torchvision.models.list_models()
    for family in ("alexnet", "vgg"):
        module = importlib.import_module(f"torchvision.models.{family}")
        module.model_urls = {  # type: ignore[attr-defined]
            name: f"https://example.org/{name}-00000000.pth"
            for name in names
            if name.startswith(family)
        }
    enc, loss = (importlib.import_module(f"pystiche.{name}") for name in ("enc", "loss"))
    network = enc.vgg19_multi_layer_encoder(pretrained=False, internal_preprocessing=False)
    network.load_state_dict(_as_torchvision(weights), strict=False)
    network.requires_grad_(False)
    criterion = loss.PerceptualLoss(
        loss.FeatureReconstructionLoss(network.extract_encoder("relu4_1")),
        loss.MultiLayerEncodingLoss(
            network, STYLE_LAYERS, lambda one, weight: loss.GramLoss(one, score_weight=weight)
        ),
    )
    criterion.set_content_image(content)
    criterion.set_style_image(style)
    image = content.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([image], history_size=HISTORY, max_iter=1, tolerance_grad=-1)

    def evaluate() -> Tensor:
        optimiser.zero_grad()
        total = criterion(image).total()
        total.backward()
        return total

    return lambda: optimiser.step(evaluate)


def _as_torchvision(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    names = dict.fromkeys(name.rpartition(".")[0] for name in weights)
    numbers = dict(zip(names, _FEATURES, strict=True))
    return {
        f"features.{numbers[module]}.{part}": tensor
        for name, tensor in weights.items()
        for module, _, part in [name.rpartition(".")]
    }
