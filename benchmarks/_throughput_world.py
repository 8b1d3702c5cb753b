"""A process of `benchmarks/throughput.py`: it makes one picture when it is told to.

`ours LAYOUT STEPS` and `rival LAYOUT STEPS` prepare themselves, write `ready`, wait for a line,
make the picture and write JSON: `seconds` of wall time, and `loss`, that of the picture by the
judge. `until LAYOUT STEPS LOSS` writes our first step, of at most `STEPS`, whose picture has no
higher loss; null if there is none.

The judge is the objective of `gatys` with its default weights, in float32, on the picture as it is
saved. The rival minimises the same sum: the strengths of its loss modules are set so that each of
its terms is the judge's, up to one factor, which gives its content the strength that it has by
default.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from PIL import Image
from skimage.data import astronaut, coffee
from torch import Tensor

from benchmarks.rival import installed, neural_style
from common.pictures import to_image, to_tensor
from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import CAFFE, QUARTER_WIDTHS, VGG19_WIDTHS, InputConvention
from transfer.methods import METHODS, parameters_object, resolve_parameters
from transfer.methods.descent import prepare, start_of
from transfer.methods.engine import Task
from transfer.methods.losses import Losses
from transfer.methods.precision import resolve_precision
from transfer.optimise import lbfgs

WIDTHS = {"compact": QUARTER_WIDTHS, "vgg19": VGG19_WIDTHS}
SIZE = 256
INPUT = InputConvention(order="BGR", scale=256.0, mean=CAFFE.mean)
"""The rival's input, whose whitest pixel is 256."""
RIVALS_CONTENT = 5.0
"""The rival's default strength of the content."""


class World:
    """The task that both have, with the judge."""

    def __init__(self, layout: str) -> None:
        """Random weights of the layout; two photographs that ship with scikit-image."""
        self.weights = random_weights(WIDTHS[layout])
        content, style = (to_tensor(_square(one)) for one in (astronaut(), coffee()))
        self.task = Task(content, (style,), 0)
        self.encoder = Encoder(self.weights, name="random", convention=INPUT, padding="zero")
        method = METHODS["gatys"]
        assert method.compose is not None
        self.parameters = parameters_object("gatys", resolve_parameters("gatys", {}))
        self.composition = method.compose(self.parameters)
        self.judge = self.losses("float32")
        self.start = start_of(self.task, self.parameters.init, self.parameters.noise_std)

    def losses(self, precision: str) -> Losses:
        """The objective of the task."""
        return prepare(self.composition, [self.task], self.encoder, precision)

    def loss(self, image: Tensor) -> float:
        """The judge's loss of a picture (1, 3, H, W) as it is saved."""
        saved = to_tensor(to_image(image[0].clamp(0, 1)))
        return float(self.judge.parts(saved).total)


def ours(world: World, steps: int) -> Callable[[], Tensor]:
    """Our engine's descent of `steps` steps, in the precision that `auto` becomes."""
    losses = world.losses(resolve_precision("auto", "cpu", torch.get_num_threads()))

    def make() -> Tensor:
        return lbfgs.minimise(
            losses, world.start, iterations=steps, history=world.parameters.history
        ).images

    return make


class _Reached(Exception):  # noqa: N818
    """Raised to end a descent that is low enough."""


def steps_until(world: World, steps: int, wanted: float) -> int | None:
    """Our first step, of at most `steps`, with a loss of at most `wanted`."""
    losses = world.losses(resolve_precision("auto", "cpu", 1))
    trial, reached = world.start, 0

    def seen(images: Tensor, which: Sequence[int]) -> tuple[Tensor, Tensor]:
        nonlocal trial
        trial = images.detach().clone()
        return losses(images, which)

    def after(done: int) -> None:
        nonlocal reached
        if done > reached:
            reached = done
            if world.loss(trial) <= wanted:
                raise _Reached

    try:
        lbfgs.minimise(
            seen, world.start, iterations=steps, history=world.parameters.history, progress=after
        )
    except _Reached:
        return reached
    return None


def rival(world: World, steps: int) -> Callable[[], Tensor]:
    """neural-style's own optimisation, with its own history, from our start."""
    with installed() as folder:
        loader: Any = importlib.import_module("neural_style.loader.CaffeLoader")
        widths = iter([*map(len, _filters(world.weights)), *[8] * 3])
        # The last three convolutions are not in use; its classifier needs no weights.
        loader.channel_list["VGG-19"] = [
            one if one == "P" else next(widths) for one in loader.channel_list["VGG-19"]
        ]
        loader.VGG = lambda features: SimpleNamespace(
            features=features, load_state_dict=_loader(features)
        )
        step = neural_style(folder, world.weights, world.task.content, world.task.styles[0])
    found = inspect.getclosurevars(step).nonlocals["found"]
    parts = inspect.getclosurevars(found["loss"]).nonlocals
    content, styles = parts["content_losses"], parts["style_losses"]
    (first,) = world.composition.content
    factor = RIVALS_CONTENT * float(content[0].target.square().mean()) / first.weight
    for module, term in zip([*content, *styles], world.composition.terms, strict=True):
        module.strength = factor * term.weight / float(module.target.square().mean())
    pixels = parts["img"]
    order = torch.tensor([2, 1, 0])
    mean = torch.tensor(CAFFE.mean).reshape(1, 3, 1, 1)
    with torch.no_grad():
        pixels.copy_(256 * world.start[:, order] - mean)
    optimiser = torch.optim.LBFGS(
        [pixels], max_iter=steps, max_eval=steps, tolerance_change=-1, tolerance_grad=-1
    )  # as its `setup_optimizer`

    def loss() -> Tensor:
        optimiser.zero_grad()
        parts["net"](pixels)
        total = torch.stack([module.loss for module in (*content, *styles)]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    same, theirs = float(world.judge.parts(world.start).total), float(loss().detach()) / factor
    if abs(theirs - same) > 1e-3 * same:
        raise ValueError(f"the rival minimises another sum: {theirs} at the start, and not {same}")

    def make() -> Tensor:
        optimiser.step(loss)
        return ((pixels.detach() + mean) / 256)[:, order]

    return make


def _filters(weights: dict[str, Tensor]) -> list[Tensor]:
    return [tensor for name, tensor in weights.items() if name.endswith("weight")]


def _loader(features: torch.nn.Module) -> Callable[..., object]:
    def load(state: dict[str, Tensor], strict: bool = True) -> object:
        own = {name.removeprefix("features."): tensor for name, tensor in state.items()}
        return features.load_state_dict(own, strict=strict)

    return load


def _square(pixels: np.ndarray) -> Image.Image:
    side = min(pixels.shape[:2])
    return Image.fromarray(pixels[:side, :side]).resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def main() -> None:
    role, layout, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    world = World(layout)
    if role == "until":
        print(json.dumps(steps_until(world, steps, float(sys.argv[4]))))
        return
    make = {"ours": ours, "rival": rival}[role](world, steps)
    world.judge.parts(world.start)  # starts the threads
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    image = make()
    seconds = time.monotonic() - began
    print(json.dumps({"seconds": seconds, "loss": world.loss(image)}), flush=True)


if __name__ == "__main__":
    main()
