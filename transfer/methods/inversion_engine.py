"""The engine of `inversion`: Adam on the pixels until the loss of one layer is small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from common.errors import InputError
from transfer.encoders.architecture import Encoder
from transfer.features.discrepancy import paired_loss
from transfer.features.kernels import Gaussian
from transfer.features.moments import moment_loss, moments
from transfer.features.statistics import gram
from transfer.methods.base import Method
from transfer.methods.descent import fastest_format
from transfer.methods.engine import Result, Task
from transfer.methods.inversion import Inversion
from transfer.methods.precision import encoder_precision
from transfer.optimise.adam import Adam
from transfer.optimise.base import State

_FAILURE = f"the optimisation failed: {State.FAILED.value}; use a smaller rate"
_SMALLEST_VARIANCE = 1e-12  # of the kernel, for a style of one colour


def run(
    method: Method,
    parameters: Inversion,
    tasks: Sequence[Task[Tensor]],
    *,
    encoder: Encoder,
    precision: str,
    progress: Callable[[int], None],
) -> list[Result[Tensor]]:
    """Make all pictures at once; their styles must have one size, which the pictures get.

    Raises:
        InputError: several styles for a picture, or a layer that the encoder does not have.

    """
    objective, adam = descent_of(parameters, tasks, encoder, precision)
    while adam.step(objective):
        progress(sum(adam.steps))
    progress(sum(adam.steps))
    return results_of(adam)


def descent_of(
    parameters: Inversion, tasks: Sequence[Task[Tensor]], encoder: Encoder, precision: str
) -> tuple[InversionLoss, Adam]:
    """The loss and the solver at its start, for callers that save its state between steps.

    Arguments and errors as in `run`.
    """
    if any(len(task.styles) != 1 for task in tasks):
        raise InputError("method 'inversion' takes one style picture: give --style once")
    encoder.require([parameters.layer])
    device = next(encoder.parameters()).device
    memory_format = fastest_format(device, precision)
    encoder.to(memory_format=memory_format)
    objective = InversionLoss(
        parameters,
        encoder,
        torch.cat([task.styles[0] for task in tasks]).to(device),
        partial(encoder_precision, precision, device),
        memory_format,
    )
    start = torch.cat([noise_of(task) for task in tasks]).to(device)
    adam = Adam(
        start,
        iterations=parameters.steps,
        rate=parameters.rate,
        threshold=parameters.threshold,
    )
    return objective, adam


def noise_of(task: Task[Tensor]) -> Tensor:
    """Uniform noise in [0, 1] of the size of the style, (1, 3, H, W); ours, the source names none.

    The noise is drawn on the CPU, whose generator gives the same numbers on every machine.
    """
    generator = torch.Generator().manual_seed(task.seed)
    return torch.rand(task.styles[0].shape, generator=generator)


def results_of(adam: Adam) -> list[Result[Tensor]]:
    """The pictures at the present step."""
    found = adam.result
    rows = zip(found.images, found.losses, found.states, found.evaluations, strict=True)
    return [
        Result(
            picture=None if state is State.FAILED else image.clamp(0, 1).cpu(),
            losses={"style": loss, "total": loss},
            evaluations=evaluations,
            error=_FAILURE if state is State.FAILED else "",
        )
        for image, loss, state, evaluations in rows
    ]


@dataclass
class InversionLoss:
    """The loss of N images against the styles (N, 3, H, W). An `optimise.Objective`."""

    parameters: Inversion
    encoder: Encoder
    styles: Tensor
    precision: Callable[[], AbstractContextManager[object]]
    memory_format: torch.memory_format

    def __post_init__(self) -> None:
        """Compute what does not change with the images."""
        with torch.no_grad():
            features = self._features(self.styles)
            self.target = self._statistic(features)
            # Ours: one σ² for all channels of a style, the mean of their variances.
            variance = features.flatten(2).var(dim=2, correction=0).mean(dim=1)
        self.variance = variance.clamp_min(_SMALLEST_VARIANCE)[:, None, None]

    def __call__(self, images: Tensor, which: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Losses (n,) and gradients (n, 3, H, W)."""
        pixels = images.detach().requires_grad_()
        losses = self.of(self._features(pixels), list(which))
        (gradient,) = torch.autograd.grad(losses.sum(), pixels)
        return losses.detach(), gradient

    def of(self, features: Tensor, rows: list[int]) -> Tensor:
        """The losses (n,) of features (n, C, H, W) of the images `rows`."""
        target = self.target[rows]
        if self.parameters.loss == "mmd":
            return paired_loss(Gaussian(self.variance[rows]), features, target)
        found = self._statistic(features)
        if self.parameters.loss == "moments":
            return moment_loss(found, target)
        # γ Σ (G − A)² with γ = 1 / (c w h)² and G, A added over places (equations 1.2 and 1.3) is
        # the mean square where they are averaged over places.
        return (found - target).square().mean(dim=(1, 2))

    def _statistic(self, features: Tensor) -> Tensor:
        if self.parameters.loss == "gram":
            return gram(features)
        if self.parameters.loss == "mmd":
            return features
        central = self.parameters.moment_kind == "central"
        return moments(features, self.parameters.moments, central=central)

    def _features(self, pixels: Tensor) -> Tensor:
        layer = self.parameters.layer
        placed = pixels.contiguous(memory_format=self.memory_format)
        with self.precision():
            found: Tensor = self.encoder(placed, [layer])[layer]
        return found.to(pixels.dtype)
