"""The engine of methods that cut the network at a layer and join its halves by an augmented
Lagrangian (Yeh et al. 2020, supplement §1.1).

With φ the features of image I at the cut and V variables of the same shape,

    L(I, V, λ) = style terms of the other layers (I) + content and style terms of the cut layer (V)
               + mean over channels and places of λ(V − φ) + ρ(V − φ)²,

the last in units of the content term. A round lowers L in I with V and λ fixed, then in V with I
and λ fixed, both by L-BFGS, then sets λ ← λ + ρ(V − φ) and ρ ← growth · ρ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from transfer.encoders.architecture import Encoder
from transfer.methods.base import Composition, Method, Term
from transfer.methods.descent import FAILURE, prepare, start_of
from transfer.methods.engine import Result, Task
from transfer.methods.gal import Gal
from transfer.methods.losses import Losses
from transfer.optimise import lbfgs
from transfer.optimise.base import State


def run(
    method: Method,
    parameters: Gal,
    tasks: Sequence[Task[Tensor]],
    *,
    encoder: Encoder,
    precision: str,
    progress: Callable[[int], None],
) -> list[Result[Tensor]]:
    """Make all pictures at once; their contents must have one size.

    `progress` is called with the steps on I of all pictures together. The losses of a
    picture are those of the uncut network at I, with `residual` = ‖V − φ(I)‖ ÷ ‖φ(I)‖.

    Raises:
        InputError: the encoder does not have a layer that the method needs.

    """
    assert method.compose is not None
    losses = prepare(
        method.compose(parameters), tasks, encoder, precision, shares=parameters.style_share
    )
    cut = Cut.of(losses, parameters)
    start = torch.cat([start_of(task, parameters.init, parameters.noise_std) for task in tasks])
    images = start.to(next(encoder.parameters()).device)
    # Ours: V starts at the content's features, so the first round is Gatys' descent with ρ as the
    # content weight.
    values = losses.target(cut.content).clone()
    multipliers, rho = torch.zeros_like(values), parameters.rho
    failed: set[int] = set()
    evaluations = [0] * len(tasks)
    done = 0
    for steps in _shares(parameters.iterations, parameters.outer_steps):
        result = lbfgs.minimise(
            PixelStep(cut, values, multipliers, rho),
            images,
            iterations=steps,
            history=parameters.history,
            progress=lambda now, before=done: progress(before + now),  # type: ignore[misc]
        )
        images, done = result.images, done + steps * len(tasks)
        for number, state in enumerate(result.states):
            evaluations[number] += result.evaluations[number]
            if state is State.FAILED:
                failed.add(number)
        with torch.no_grad():
            phi = losses.features(images, [cut.layer])[cut.layer]
        values = lbfgs.minimise(
            FeatureStep(cut, phi, multipliers, rho),
            values,
            iterations=parameters.feature_iterations,
            history=parameters.history,
        ).images
        multipliers = multipliers + rho * (values - phi)
        rho *= parameters.rho_growth
    parts = losses.parts(images)
    residuals = (values - phi).flatten(1).norm(dim=1) / phi.flatten(1).norm(dim=1)
    rows = torch.stack([parts.content, parts.style, parts.total, residuals], dim=1).tolist()
    return [
        Result(
            picture=None if number in failed else images[number].cpu(),
            losses=dict(zip(("content", "style", "total", "residual"), row, strict=True)),
            evaluations=evaluations[number],
            error=FAILURE if number in failed else "",
        )
        for number, row in enumerate(rows)
    ]


def _shares(iterations: int, rounds: int) -> list[int]:
    """The steps on I of each round, nearly equal; rounds without a step are left out."""
    ends = [iterations * number // rounds for number in range(rounds + 1)]
    steps = [end - start for start, end in zip(ends, ends[1:], strict=False)]
    return [count for count in steps if count]


@dataclass(frozen=True)
class Cut:
    """A loss, divided at a layer.

    Attributes:
        layer: where the network is cut.
        content: the content term at it.
        of_pixels: the losses of the other layers; of_values: those at the cut.
        unit: the factor of the mean square in each image's content term, (N,), for a content weight
            of 1.

    """

    layer: str
    content: Term
    of_pixels: Losses
    of_values: Losses
    unit: Tensor

    @classmethod
    def of(cls, losses: Losses, parameters: Gal) -> Cut:
        """Cut `losses` at the content layer."""
        layer, (content,) = parameters.content_layer, losses.composition.content
        inside = tuple(term for term in losses.composition.style if term.layers == (layer,))
        outside = tuple(term for term in losses.composition.style if term not in inside)
        return cls(
            layer,
            content,
            losses.only(Composition(content=(), style=outside)),
            losses.only(Composition(content=(content,), style=inside)),
            losses.weight(content) / parameters.content_weight,
        )

    def tie(self, gap: Tensor, multipliers: Tensor, rho: float, which: Sequence[int]) -> Tensor:
        """The augmented term (n,) of `gap` = V − φ (n, C, H, W) with λ of the same shape."""
        places = tuple(range(1, gap.ndim))
        return self.unit[which] * (multipliers * gap + rho * gap.square()).mean(dim=places)


@dataclass(frozen=True)
class PixelStep:
    """The Lagrangian as a function of I. An `optimise.Objective`."""

    cut: Cut
    values: Tensor
    multipliers: Tensor
    rho: float

    def __call__(self, images: Tensor, which: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Losses (n,) and gradients (n, 3, H, W)."""
        losses, rows = self.cut.of_pixels, list(which)
        pixels = images.detach().contiguous(memory_format=losses.memory_format).requires_grad_()
        features = losses.features(pixels, [*losses.composition.layers, self.cut.layer])
        gap = self.values[rows] - features[self.cut.layer]
        total = losses.of(features, rows).total
        total = total + self.cut.tie(gap, self.multipliers[rows], self.rho, rows)
        (gradient,) = torch.autograd.grad(total.sum(), pixels)
        return total.detach(), gradient


@dataclass(frozen=True)
class FeatureStep:
    """The Lagrangian as a function of V, for features `phi` of the image.

    Without a style term at the cut and with the content's mean square as the content term it is
    quadratic, with its minimum at V = (C + ρφ − λ/2) / (1 + ρ). An `optimise.Objective`.
    """

    cut: Cut
    phi: Tensor
    multipliers: Tensor
    rho: float

    def __call__(self, values: Tensor, which: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Losses (n,) and gradients (n, C, H, W)."""
        rows = list(which)
        variables = values.detach().requires_grad_()
        total = self.cut.of_values.of({self.cut.layer: variables}, rows).total
        gap = variables - self.phi[rows]
        total = total + self.cut.tie(gap, self.multipliers[rows], self.rho, rows)
        (gradient,) = torch.autograd.grad(total.sum(), variables)
        return total.detach(), gradient
