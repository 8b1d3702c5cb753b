"""A reader of ONNX files, as far as networks of 8-bit integers need it, and the operators of those.

An ONNX file is a message of Protocol Buffers: fields with a number and a type of encoding, nested.
The numbers below are those of `onnx.proto3`; operators are those of the ONNX specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from common.errors import WeightsError

_TYPES = {1: np.float32, 3: np.int8, 6: np.int32, 7: np.int64}


@dataclass(frozen=True)
class Node:
    """One operation: its attributes are whole numbers or lists of them."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Operations in order, and the tensors that are given."""

    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    input: str
    output: str


def read_graph(path: Path) -> Graph:
    """The graph of a file.

    Raises:
        WeightsError: it cannot be read, or holds what is not known here.

    """
    try:
        (graph,) = (value for number, value in _fields(path.read_bytes()) if number == 7)
        parts = list(_messages(graph))
        tensors = dict(_tensor(part) for number, part in parts if number == 5)
        nodes = tuple(_node(part) for number, part in parts if number == 1)
        inputs = [_text(part, 1) for number, part in parts if number == 11]
        (output,) = (_text(part, 1) for number, part in parts if number == 12)
        (first,) = (name for name in inputs if name not in tensors)
    except (
        OSError,
        IndexError,
        KeyError,
        ValueError,
        TypeError,
        StopIteration,
        RuntimeError,  # a generator whose StopIteration was not expected
    ) as error:
        raise WeightsError(f"{path} cannot be read as a network in ONNX: {error}") from error
    if unknown := {node.kind for node in nodes} - OPERATORS.keys():
        raise WeightsError(f"{path} has operators that are not known here: {sorted(unknown)}")
    return Graph(nodes, tensors, first, output)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits per byte, least first, and the place after it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            # Negative numbers are written with 64 bits.
            return (value - (1 << 64) if value >= 1 << 63 else value), at


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: number, and value or content."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == 2:
            length, at = _varint(data, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of type {kind}")
        if at + length > len(data):
            raise ValueError("the file ends early")
        yield number, data[at : at + length]
        at += length


def _messages(data: int | bytes) -> Iterator[tuple[int, bytes]]:
    if isinstance(data, int):
        raise TypeError("a number where a message should be")
    yield from ((number, part) for number, part in _fields(data) if isinstance(part, bytes))


def _text(data: bytes, wanted: int) -> str:
    return next(part.decode() for number, part in _messages(data) if number == wanted)


def _integers(data: bytes, wanted: int) -> list[int]:
    """A repeated number, packed or not."""
    found = []
    for number, value in _fields(data):
        if number != wanted:
            continue
        if isinstance(value, int):
            found.append(value)
            continue
        at = 0
        while at < len(value):
            one, at = _varint(value, at)
            found.append(one)
    return found


def _tensor(data: bytes) -> tuple[str, Tensor]:
    shape, (kind,) = _integers(data, 1), _integers(data, 2)
    raw = next((part for number, part in _messages(data) if number in (9, 4)), None)
    if raw is None:  # whole numbers one by one
        values = np.array(_integers(data, 7 if kind == 7 else 5), _TYPES[kind])
    else:
        values = np.frombuffer(raw, np.dtype(_TYPES[kind]).newbyteorder("<"))
    return _text(data, 8), torch.from_numpy(values.astype(_TYPES[kind]).reshape(shape))


def _node(data: bytes) -> Node:
    parts = list(_messages(data))
    inputs = tuple(part.decode() for number, part in parts if number == 1)
    (output,) = (part.decode() for number, part in parts if number == 2)
    attributes = {
        _text(part, 1): _integers(part, 3) or _integers(part, 8)
        for number, part in parts
        if number == 5
    }
    return Node(_text(data, 4), inputs, output, attributes)


def _along(values: Tensor, x: Tensor, node: Node) -> Tensor:
    """One value, or one for each channel, in the shape that fits x."""
    if values.ndim == 0:
        return values
    shape = [1] * x.ndim
    shape[node.attributes.get("axis", [1])[0]] = -1
    return values.reshape(shape)


def _quantize(node: Node, x: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    least, most = (torch.iinfo(zero.dtype).min, torch.iinfo(zero.dtype).max)
    steps = (x / _along(scale, x, node)).round() + _along(zero, x, node)
    return steps.clamp(least, most).to(zero.dtype)


def _dequantize(node: Node, x: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    return (x.float() - _along(zero, x, node).float()) * _along(scale, x, node)


def _conv(node: Node, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    strides = node.attributes["strides"]
    top, left, bottom, right = node.attributes["pads"]
    (groups,) = node.attributes["group"]
    x = pad(x, (left, right, top, bottom))
    return conv2d(x, weight, bias, stride=(strides[0], strides[1]), groups=groups)


OPERATORS: Mapping[str, Callable[..., Tensor]] = {
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
    "Conv": _conv,
    "Clip": lambda node, x, least, most: x.clamp(float(least), float(most)),
    "Add": lambda node, x, y: x + y,
    "Reshape": lambda node, x, shape: x.reshape(shape.tolist()),
    "Transpose": lambda node, x: x.permute(node.attributes["perm"]),
    "GlobalAveragePool": lambda node, x: x.mean((2, 3), keepdim=True),
}
"""Operator → function of the node and its inputs."""
