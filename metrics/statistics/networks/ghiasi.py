"""The style vector of Ghiasi et al. 2017: 100 numbers that steer their transfer network.

"Exploring the structure of a real-time, arbitrary neural artistic stylization network", BMVC 2017.
The file is a network of 8-bit integers (MobileNetV2), in which every result is rounded to one of
256 steps. Programs that run it differ by a step or two of the vector, as sums in another order are
rounded otherwise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from common.installed_weights import GHIASI
from metrics.statistics.networks.base import InstalledNetwork
from metrics.statistics.networks.onnx import OPERATORS, read_graph

SIDE = 256
"""Pixels of the square that the network was made for."""


class GhiasiStyle(InstalledNetwork):
    """The style vector of the middle square of a picture."""

    weights = GHIASI
    widths = {"style": 100}

    def __init__(self) -> None:
        """Read the graph.

        Raises:
            MachineError: it is not installed.
            WeightsError: it is damaged.

        """
        super().__init__()
        graph = read_graph(self.weights.path())
        self._nodes, self._input, self._output = graph.nodes, graph.input, graph.output
        # Numbers of ONNX tensors are no attribute names: they are kept by their place.
        self._names = tuple(graph.tensors)
        self._given = nn.ParameterList(
            nn.Parameter(tensor, requires_grad=False) for tensor in graph.tensors.values()
        )

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """The vector, (B, 100, 1, 1)."""
        vectors = [self.vector(_square(one[None])) for one in image]
        return {"style": torch.stack(vectors)[:, :, None, None]}

    def vector(self, square: Tensor) -> Tensor:
        """The vector (100,) of one picture (1, 3, 256, 256), RGB in [0, 1]."""
        found: dict[str, Tensor] = dict(zip(self._names, self._given, strict=True))
        found[self._input] = square.permute(0, 2, 3, 1)
        for node in self._nodes:
            inputs = (found[name] for name in node.inputs)
            found[node.output] = OPERATORS[node.kind](node, *inputs)
        return found[self._output].flatten()


def _square(image: Tensor) -> Tensor:
    height, width = image.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = image[..., top : top + side, left : left + side]
    if side == SIDE:
        return middle
    resized = interpolate(
        middle, (SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True
    )
    return resized.clamp(0, 1)
