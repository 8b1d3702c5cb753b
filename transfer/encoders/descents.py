"""Style transfer descents that are run during the training of an encoder, on its own gradients.

An encoder is used by following the gradient of its losses to the pixels of a picture. A network
whose features of photographs equal its teacher's may still have other gradients, and its descents
then end at pictures unlike any photograph. So the training follows a set of such descents: at each
step some of them move by the student's gradient, and the student learns to have the teacher's
gradient and features there. Training on states that the learner's own policy visits follows Ross et
al. 2011 (DAgger, algorithm 3.1); the losses are those of Gatys et al. 2016 (equations 1, 3 and 4),
relative to their targets. Everything else here is ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from transfer.encoders.layout import STYLE_LAYERS

CONTENT_LAYER = "relu4_1"
STYLE_SHARE = 2.0
"""The weight of each layer's style term relative to the content term: the default of the methods, a
style weight of 1000 over five layers."""
SPREAD = 0.7
"""Standard deviation of the logarithm of a term's weight, drawn at each step, so that the gradient
of every term has to agree and not only that of the largest."""
RATE = 0.03
DECAY = (0.9, 0.99)
_SMALLEST = 1e-12


class Descents(nn.Module):
    """Pictures in descent towards a content and a style, as buffers.

    Attributes:
        pictures: (K, 3, S, S), in [0, 1].
        contents: (K, 3, S, S), in [0, 1].
        styles: (K, 3, S, S), in [0, 1].
        left: (K,), steps until a descent is replaced by a new one; 0 before its first.
        steps: number of steps so far.

    """

    pictures: Tensor
    contents: Tensor
    styles: Tensor
    first: Tensor
    second: Tensor
    left: Tensor
    age: Tensor
    steps: Tensor

    def __init__(self, count: int, size: int, longest: int) -> None:
        """`count` descents of `size` px, of up to `longest` steps each."""
        super().__init__()
        self.longest = longest
        for name in ("pictures", "contents", "styles", "first", "second"):
            self.register_buffer(name, torch.zeros(count, 3, size, size))
        for name in ("left", "age"):
            self.register_buffer(name, torch.zeros(count, dtype=torch.long))
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def choose(self, crops: Tensor, generator: np.random.Generator) -> Tensor:
        """Indices (N // 2,) of the descents of this step; those that have ended are restarted from
        `crops`.

        Args:
            crops: (N, 3, S, S), contents and styles of new descents, one after the other.
            generator: the source of all random numbers.

        """
        count = len(crops) // 2
        which = torch.from_numpy(generator.choice(len(self.left), count, replace=False))
        for place, one in enumerate(which.tolist()):
            if self.left[one] == 0:
                self._start(one, crops[2 * place], crops[2 * place + 1], generator)
        return which

    def _start(
        self, one: int, content: Tensor, style: Tensor, generator: np.random.Generator
    ) -> None:
        noise = torch.Generator().manual_seed(int(generator.integers(2**31)))
        grain = torch.randn(content.shape, generator=noise).to(content)
        keep = float(generator.choice([0.0, generator.uniform(), 1.0], p=[0.6, 0.3, 0.1]))
        scale = float(10 ** generator.uniform(-2, -0.5))
        mean = content.mean(dim=(1, 2), keepdim=True)
        start = keep * content + (1 - keep) * mean + (1 - 0.9 * keep) * scale * grain
        self.pictures[one] = start.clamp(0, 1)
        self.contents[one], self.styles[one] = content, style
        self.first[one], self.second[one], self.age[one] = 0, 0, 0
        self.left[one] = int(generator.integers(1, self.longest + 1))

    @torch.no_grad()
    def move(self, which: Tensor, gradient: Tensor) -> None:
        """One step of Adam (Kingma & Ba 2015, algorithm 1) of the descents `which`."""
        self.steps += 1
        self.age[which] += 1
        self.left[which] -= 1
        first = DECAY[0] * self.first[which] + (1 - DECAY[0]) * gradient
        second = DECAY[1] * self.second[which] + (1 - DECAY[1]) * gradient.square()
        self.first[which], self.second[which] = first, second
        age = self.age[which].to(gradient)[:, None, None, None]
        root = (second / (1 - DECAY[1] ** age)).sqrt()
        step = RATE * first / (1 - DECAY[0] ** age) / (root + _SMALLEST)
        self.pictures[which] = (self.pictures[which] - step).clamp(0, 1)


def term_weights(count: int, generator: np.random.Generator) -> Tensor:
    """Weights (count, 6) of the content term and of the style terms in STYLE_LAYERS' order."""
    usual = np.array([1.0] + [STYLE_SHARE] * len(STYLE_LAYERS))
    drawn = usual * np.exp(generator.normal(0, SPREAD, (count, len(usual))))
    return torch.from_numpy(drawn.astype(np.float32))


def descent_loss(
    pictures: Mapping[str, Tensor],
    contents: Mapping[str, Tensor],
    styles: Mapping[str, Tensor],
    weights: Tensor,
) -> Tensor:
    """The weighted losses (N,) of pictures, from their features and those of their targets.

    Each term is the mean square of the difference from its target ÷ the target's mean square.
    `weights` is (N, 6), see `term_weights`.
    """
    terms = [_relative(pictures[CONTENT_LAYER], contents[CONTENT_LAYER])]
    terms += [_relative(_gram(pictures[layer]), _gram(styles[layer])) for layer in STYLE_LAYERS]
    return (torch.stack(terms, dim=1) * weights).sum(dim=1)


def gradient_error(student: Tensor, teacher: Tensor) -> Tensor:
    """1 − the cosine of the angle between gradients (N, 3, H, W), averaged over N."""
    cosines = functional.cosine_similarity(student.flatten(1), teacher.flatten(1), dim=1, eps=1e-20)
    return 1 - cosines.mean()


def _gram(features: Tensor) -> Tensor:
    """(N, C, C); unlike that of `transfer.features`, it can be differentiated twice."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _relative(values: Tensor, target: Tensor) -> Tensor:
    size = target.square().flatten(1).mean(dim=1).clamp_min(_SMALLEST)
    return (values - target).square().flatten(1).mean(dim=1) / size
