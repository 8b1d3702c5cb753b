"""Estimate the memory of a group of images, so that a group that cannot fit is halved first.

Counted are the tensors that automatic differentiation keeps of one image between its forward and
backward pass, and the vectors that L-BFGS keeps between steps. Workspaces of convolutions and the
allocator's fragments come on top; `HEADROOM` stands for them.
"""

from __future__ import annotations

from collections.abc import Mapping

from transfer.encoders.layout import LAYERS, POOLED_BEFORE, Padding

HEADROOM = 1.5
"""Ours: for workspaces, gradients that exist at the same time, and fragments."""
_VALUE, _INDEX = 4, 8  # bytes of a float32, and of a position that max pooling remembers


def kept_for_backward(
    widths: Mapping[str, int], size: tuple[int, int], *, padding: Padding = "zero"
) -> int:
    """Bytes that the encoder keeps of one float32 image (3, *size) for the gradient to its pixels.

    The image and its 1×1 map at the input. Per convolution: its input if that is padded into a
    copy, and the ReLU's result. Per max pooling: the result and the positions of the maxima.

    Args:
        widths: channels of the layers that are built, by name, in the order of the network.
        size: height and width of the image.
        padding: zeros are added within the convolution, other paddings make a copy.

    """
    height, width = size
    total = 2 * 3 * height * width * _VALUE
    channels = 3
    for layer in LAYERS[: len(widths)]:
        if layer.replace("relu", "conv") in POOLED_BEFORE:
            height, width = height // 2, width // 2
            total += channels * height * width * (_VALUE + _INDEX)
        if padding != "zero":
            total += channels * (height + 2) * (width + 2) * _VALUE
        channels = widths[layer]
        total += channels * height * width * _VALUE
    return total


def descent_bytes(
    widths: Mapping[str, int],
    size: tuple[int, int],
    *,
    padding: Padding = "zero",
    history: int = 20,
) -> int:
    """Bytes for one image of a descent: features for the gradient, and L-BFGS's vectors.

    L-BFGS keeps 2 · `history` vectors, and the image, its gradient, direction, trial and best.
    """
    vectors = (2 * history + 5) * 3 * size[0] * size[1] * _VALUE
    return int(HEADROOM * kept_for_backward(widths, size, padding=padding)) + vectors


def images_that_fit(free: int, each: int) -> int:
    """The number of images of `each` bytes that fit into `free` bytes; at least one."""
    return max(1, free // each)
