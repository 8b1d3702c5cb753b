"""The reader of ONNX files and its operators, on messages written here."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from common.errors import WeightsError
from metrics.statistics.networks.onnx import OPERATORS, Node, read_graph


def varint(value):
    value %= 1 << 64
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def part(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(name, kind, array):
    dims = b"".join(part(1, side) for side in array.shape)
    return dims + part(2, kind) + part(8, name) + part(9, array.tobytes())


def node(kind, inputs, output, **attributes):
    found = b"".join(part(1, name) for name in inputs) + part(2, output) + part(4, kind)
    for name, value in attributes.items():
        listed = [part(8, one) for one in value] if isinstance(value, list) else [part(3, value)]
        found += part(5, part(1, name) + b"".join(listed))
    return found


def model(nodes, tensors):
    graph = b"".join(part(1, one) for one in nodes) + b"".join(part(5, one) for one in tensors)
    graph += part(11, part(1, "x")) + part(12, part(1, "y"))
    return part(1, 7) + part(7, graph)


def test_it_reads_nodes_attributes_and_tensors(tmp_path):
    weight = np.arange(-3, 3, dtype=np.int8).reshape(2, 3)
    path = tmp_path / "a.onnx"
    nodes = [
        node("Transpose", ["x"], "t", perm=[0, 3, 1, 2]),
        node("DequantizeLinear", ["w", "s", "z"], "y", axis=0),
    ]
    tensors = [
        tensor("w", 3, weight),
        tensor("s", 1, np.array([0.5, 0.25], np.float32)),
        tensor("n", 7, np.array([-1, 4], np.int64)),
    ]
    path.write_bytes(model(nodes, tensors))
    graph = read_graph(path)
    assert (graph.input, graph.output) == ("x", "y")
    assert graph.nodes[0] == Node("Transpose", ("x",), "t", {"perm": [0, 3, 1, 2]})
    assert graph.nodes[1].attributes == {"axis": [0]}
    assert graph.tensors["w"].tolist() == weight.tolist()
    assert graph.tensors["s"].tolist() == [0.5, 0.25]
    assert graph.tensors["n"].tolist() == [-1, 4]


def test_what_it_does_not_know_is_refused(tmp_path):
    path = tmp_path / "a.onnx"
    whole = model([node("Softmax", ["x"], "y")], [tensor("w", 3, np.zeros(2, np.int8))])
    path.write_bytes(whole)
    with pytest.raises(WeightsError, match="Softmax"):
        read_graph(path)
    for damaged in (whole[:-3], b"", b"\xff" * 40, whole[1:]):
        path.write_bytes(damaged)
        with pytest.raises(WeightsError):
            read_graph(path)


def test_rounding_to_steps_is_to_the_even_one_and_stays_within_eight_bits():
    plain = Node("QuantizeLinear", (), "y")
    zero = torch.tensor(-1, dtype=torch.int8)
    steps = OPERATORS["QuantizeLinear"](
        plain, torch.tensor([0.25, 0.75, 1.0, 100, -100]), torch.tensor(0.5), zero
    )
    assert steps.tolist() == [-1, 1, 1, 127, -128]
    back = OPERATORS["DequantizeLinear"](plain, steps, torch.tensor(0.5), zero)
    assert back.tolist() == [0, 1, 1, 64, -63.5]


def test_each_channel_may_have_its_own_step():
    by_row = Node("DequantizeLinear", (), "y", {"axis": [0]})
    values = torch.tensor([[2, 4], [6, 8]], dtype=torch.int8)
    zero = torch.zeros(2, dtype=torch.int8)
    found = OPERATORS["DequantizeLinear"](by_row, values, torch.tensor([0.5, 10]), zero)
    assert found.tolist() == [[1, 2], [60, 80]]


def test_convolutions_are_padded_at_each_side_as_they_say():
    uneven = Node("Conv", (), "y", {"strides": [2, 2], "pads": [0, 1, 1, 0], "group": [1]})
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    found = OPERATORS["Conv"](uneven, x, torch.ones(1, 1, 2, 2), torch.tensor([0.5]))
    # Zeros at the left and below: sums of (0, 0+3), (1+2+4+5), then of the last row alone.
    assert found.flatten().tolist() == [3.5, 12.5, 6.5, 15.5]
