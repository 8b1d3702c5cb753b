"""Training of the compact encoder: a quarter-width VGG-19 whose features follow its teachers'.

The student sees random crops of photographs; at each of the five style layers a 1×1 linear map of
its features must equal the teacher's features there. The loss is the sum over layers of the
squared relative error Σ‖a − t‖² / Σ‖t‖². Knowledge distillation through linear maps follows
Wang et al. 2020 (Collaborative Distillation, eq. 3-4); everything else here is ours.

Works without Django: `python -m transfer.encoders.training --help`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from common.errors import InputError
from transfer.encoders.architecture import (
    IMAGENET,
    QUARTER_WIDTHS,
    STYLE_LAYERS,
    Encoder,
    random_weights,
)
from transfer.encoders.descents import Descents, descent_loss, gradient_error, term_weights
from transfer.learning.crops import Pictures
from transfer.learning.loop import TrainingReport, learn
from transfer.learning.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class EncoderRecipe(Recipe):
    """The numbers that determine the result of a training. Defaults are ours, found by trial."""

    steps: int = 20_000
    batch: int = 16
    size: int = 256
    rate: float = 2e-3
    warmup: int = 500
    seed: int = 2020
    smallest_crop: int = 96  # enlarged crops teach the blur of enlarged pictures
    altered: float = 0.5
    descents: int = 0  # pictures in descent during the training; 0: train on crops alone
    descent_steps: int = 100  # the longest descent
    gradient_weight: float = 2.0  # of the gradients' error, against each layer's relative error


_FITTED_ON = 8
"""Batches of crops on which the maps to the teachers are fitted, when weights are given."""


@dataclass(frozen=True)
class Teacher:
    """A network and the layers that it teaches; the last one with all layers teaches gradients."""

    encoder: Encoder
    layers: tuple[str, ...]


class Student(nn.Module):
    """The encoder in training, with its 1×1 linear map to the teacher at each layer."""

    def __init__(
        self,
        teacher_widths: dict[str, int],
        recipe: EncoderRecipe,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Start from `start`, or from a random network; `teacher_widths`: channels to map to."""
        super().__init__()
        self.encoder = Encoder(
            start or random_weights(QUARTER_WIDTHS, seed=recipe.seed),
            name="compact",
            convention=IMAGENET,
            padding="reflect",
        )
        self.encoder.convolutions.requires_grad_(True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.maps = nn.ModuleDict(
                {
                    layer: nn.Conv2d(self.encoder.widths[layer], width, 1)
                    for layer, width in teacher_widths.items()
                }
            )
        if recipe.descents:
            self.descents = Descents(recipe.descents, recipe.size, recipe.descent_steps)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """The mapped features (N, C_teacher, H, W) of every layer."""
        return self.mapped(self.encoder(images, STYLE_LAYERS))

    def mapped(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Features of the encoder, mapped to the teachers' channels."""
        return {layer: self.maps[layer](features[layer]) for layer in self.maps}

    @torch.no_grad()
    def fit_maps(self, images: Tensor, taught: Mapping[str, Tensor]) -> None:
        """Set the maps to the least-squares ones for `images` (N, 3, H, W)."""
        features = self.encoder(images, STYLE_LAYERS)
        for layer, target in taught.items():
            a = features[layer].transpose(0, 1).flatten(1).T.double()
            a = torch.cat([a, torch.ones_like(a[:, :1])], dim=1)
            t = target.transpose(0, 1).flatten(1).T.double()
            solution = (torch.linalg.pinv(a.T @ a, hermitian=True) @ (a.T @ t)).T.float()
            module = self.maps[layer]
            assert isinstance(module, nn.Conv2d)
            module.weight.copy_(solution[:, :-1, None, None])
            assert module.bias is not None
            module.bias.copy_(solution[:, -1])


def relative_errors(mapped: dict[str, Tensor], taught: dict[str, Tensor]) -> dict[str, Tensor]:
    """Σ‖a − t‖² / Σ‖t‖² per layer, one number for the whole batch."""
    return {
        layer: (mapped[layer] - target).square().sum() / target.square().sum()
        for layer, target in taught.items()
    }


def teach(teachers: Sequence[Teacher], images: Tensor) -> dict[str, Tensor]:
    """The teachers' features (N, C, H, W) of every layer that is taught."""
    with torch.no_grad():
        features = [teacher.encoder(images, teacher.layers) for teacher in teachers]
    return {layer: value for part in features for layer, value in part.items()}


def gradient_teacher(teachers: Sequence[Teacher]) -> Encoder:
    """The network whose gradients are taught: the last that has every style layer.

    Raises:
        InputError: there is none.

    """
    whole = [one.encoder for one in teachers if set(STYLE_LAYERS) <= set(one.encoder.widths)]
    if not whole:
        raise InputError(
            "gradients are taught by a network that reaches relu5_1: add such a teacher, or train "
            "with --descents 0"
        )
    return whole[-1]


def losses_in_descent(
    student: Student, teachers: Sequence[Teacher], crops: Tensor, generator: np.random.Generator
) -> dict[str, Tensor]:
    """The squared relative errors of features, and `gradient`: the error of gradients.

    Half as many descents as there are `crops` (N, 3, S, S) move by one step; new ones begin with
    the crops. Features are compared on the descents' pictures, contents and styles.
    """
    which = student.descents.choose(crops, generator)
    pictures = student.descents.pictures[which].requires_grad_()
    fixed = torch.cat([student.descents.contents[which], student.descents.styles[which]])
    weights = term_weights(len(which), generator).to(crops.device)
    features = student.encoder(torch.cat([pictures, fixed]), STYLE_LAYERS)
    gradient = _gradient(features, pictures, weights, create_graph=True)
    student.descents.move(which, gradient.detach())

    seen = pictures.detach().requires_grad_()
    network = gradient_teacher(teachers)
    found = network(torch.cat([seen, fixed]), STYLE_LAYERS)
    wanted = _gradient(found, seen, weights)
    taught = {layer: value.detach() for layer, value in found.items()}
    others = [teacher for teacher in teachers if teacher.encoder is not network]
    taught |= teach(others, torch.cat([seen.detach(), fixed]))
    errors = relative_errors(
        student.mapped(features), {name: taught[name] for name in student.maps}
    )
    return errors | {"gradient": gradient_error(gradient, wanted)}


def _gradient(
    features: Mapping[str, Tensor], pictures: Tensor, weights: Tensor, *, create_graph: bool = False
) -> Tensor:
    """The gradient of the losses with respect to the first N of 3 N pictures, from the features of
    all.

    The features are those of the pictures, then of their contents, then of their styles.
    """
    chunks = [value.chunk(3) for value in features.values()]
    parts = [dict(zip(features, one, strict=True)) for one in zip(*chunks, strict=True)]
    loss = descent_loss(parts[0], parts[1], parts[2], weights)
    (gradient,) = torch.autograd.grad(
        loss.sum(), pictures, create_graph=create_graph, retain_graph=True
    )
    return gradient


def train(
    recipe: EncoderRecipe,
    pictures: Pictures,
    teachers: Sequence[Teacher],
    checkpoint: Path,
    *,
    start: Mapping[str, Tensor] | None = None,
    device: torch.device,
    every: int = 500,
    report: Callable[[TrainingReport], None] = lambda progress: None,
) -> Student:
    """Train to the recipe's end as `learn` does; the losses are the squared relative errors.

    With `recipe.descents` there is a loss `gradient`, too, see `losses_in_descent`.

    Args:
        recipe: the numbers of the training.
        pictures: the source of the crops.
        teachers: the networks whose features and gradients are the targets.
        checkpoint: file of the state.
        start: weights of the layout to begin with; by default random ones. The maps then begin at
            the least-squares ones.
        device: on which to train.
        every: steps between checkpoints and reports.
        report: called at every report.

    Raises:
        InputError: the checkpoint belongs to another recipe, or no teacher has every layer.

    """
    widths = {layer: t.encoder.widths[layer] for t in teachers for layer in t.layers}
    student = Student(widths, recipe, start).to(device)
    if start is not None:
        crops = torch.cat(
            [
                pictures.crops(recipe, np.random.default_rng((recipe.seed, 2, i)))
                for i in range(_FITTED_ON)
            ]
        )
        student.fit_maps(crops, teach(teachers, crops))
    if recipe.descents:
        gradient_teacher(teachers)

    def losses(images: Tensor) -> dict[str, Tensor]:
        if recipe.descents:
            generator = np.random.default_rng((recipe.seed, 1, int(student.descents.steps)))
            return losses_in_descent(student, teachers, images, generator)
        return relative_errors(student(images), teach(teachers, images))

    learn(
        student,
        losses,
        recipe,
        pictures,
        checkpoint,
        weights={"gradient": recipe.gradient_weight},
        device=device,
        every=every,
        report=report,
    )
    return student
