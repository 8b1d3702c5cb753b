"""The basis: ranks, refusals, files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from common.errors import InputError
from common.pictures import read_picture
from metrics.effectiveness.basis import Basis, build, from_covariances, paper_rank
from metrics.effectiveness.basis_file import read_basis, write_basis
from tests.metrics.pictures import small_encoder, textured
from transfer.encoders import load_encoder
from transfer.encoders.layout import QUARTER_WIDTHS, STYLE_LAYERS, VGG19_WIDTHS

PICTURES = [textured(1), textured(2, 64, 96), textured(3, 80, 64)]


@pytest.fixture(scope="module")
def basis() -> Basis:
    return build(PICTURES, small_encoder(), size=64)


def test_ranks_are_the_papers_scaled_to_the_width() -> None:
    at = dict(zip(STYLE_LAYERS, (0, 2, 4, 8, 12), strict=True))
    full = [paper_rank(layer, VGG19_WIDTHS[i]) for layer, i in at.items()]
    quarter = [paper_rank(layer, QUARTER_WIDTHS[i]) for layer, i in at.items()]
    assert full == [32, 48, 128, 256, 256]
    assert quarter == [8, 12, 32, 64, 64]
    assert paper_rank("relu1_1", 24) == 12  # the width of 16x encoder1
    assert paper_rank("relu1_1", 1) == 1


def test_it_agrees_with_numpy() -> None:
    encoder = small_encoder()
    basis = build(PICTURES[:2], encoder, size=64)
    covariances = []
    for picture, size in zip(PICTURES[:2], ((72, 64), (64, 96)), strict=True):
        pixels = np.asarray(picture.resize(size, 2), np.float32) / np.float32(255)
        features = encoder(torch.from_numpy(pixels).permute(2, 0, 1)[None], ["relu2_1"])["relu2_1"]
        rows = features[0].flatten(1).double().numpy()
        covariances.append(np.cov(rows, bias=True))
    mean = np.mean(covariances, axis=0)
    layer = basis.layers["relu2_1"]
    assert np.abs(layer.covariance.numpy() - mean).max() <= 1e-10
    values, vectors = np.linalg.eigh(mean)
    leading = vectors[:, ::-1][:, : layer.rank]
    ours = layer.vectors.numpy()
    assert np.abs(ours @ ours.T - leading @ leading.T).max() <= 1e-10
    assert np.abs(np.diag(ours.T @ mean @ ours) - values[::-1][: layer.rank]).max() <= 1e-10


def test_every_picture_has_the_same_weight_and_is_reported() -> None:
    done: list[int] = []
    encoder = small_encoder()
    both = build(iter(PICTURES[:2]), encoder, size=64, progress=done.append)
    parts = [build([picture], encoder, size=64) for picture in PICTURES[:2]]
    for layer in STYLE_LAYERS:
        mean = (parts[0].layers[layer].covariance + parts[1].layers[layer].covariance) / 2
        assert torch.allclose(both.layers[layer].covariance, mean, atol=1e-12)
    assert done == [1, 2] and both.pictures == 2


def test_it_lowers_the_rank_to_that_of_the_covariance() -> None:
    dead = torch.diag(torch.tensor([3.0, 2.0, 1.0] + [0.0] * 13)).double()
    basis = from_covariances({"relu1_1": dead}, size=64, encoder="x")
    assert basis.ranks() == {"relu1_1": 3}


@pytest.mark.parametrize(
    "matrix",
    [torch.zeros(4, 4), torch.ones(3, 4), torch.full((4, 4), torch.nan), torch.eye(4).roll(1, 0)],
    ids=["nothing varies", "not square", "not finite", "not symmetric"],
)
def test_it_refuses_other_matrices(matrix: torch.Tensor) -> None:
    with pytest.raises(InputError, match="relu1_1"):
        from_covariances({"relu1_1": matrix}, size=64, encoder="x")


def test_it_refuses_no_picture_and_unknown_layers() -> None:
    with pytest.raises(InputError, match="at least one content picture"):
        build([], small_encoder(), size=64)
    with pytest.raises(InputError, match="base E has no layer 'relu1_2'"):
        build(PICTURES, small_encoder(), size=64, layers=["relu1_2"])
    with pytest.raises(InputError, match="reaches only relu3_1"):
        build(PICTURES, small_encoder(deepest="relu3_1"), size=64, layers=["relu4_1"])


def test_a_shallow_encoder_gives_a_shallow_basis() -> None:
    basis = build(PICTURES[:1], small_encoder(deepest="relu3_1"), size=64)
    assert list(basis.layers) == ["relu1_1", "relu2_1", "relu3_1"]


def test_it_belongs_to_one_encoder(basis: Basis) -> None:
    basis.check(small_encoder())
    with pytest.raises(InputError, match="made with encoder 'random'.*not with 'random'"):
        basis.check(small_encoder(seed=1))


def test_covariances_from_elsewhere_are_checked_by_name_and_width() -> None:
    covariances = {"relu1_1": torch.eye(8).double()}
    from_covariances(covariances, size=64, encoder="random").check(small_encoder())
    for strange in (
        from_covariances(covariances, size=64, encoder="vgg19"),
        from_covariances({"relu1_1": torch.eye(9).double()}, size=64, encoder="random"),
    ):
        with pytest.raises(InputError, match="not with 'random'"):
            strange.check(small_encoder())


def test_a_file_is_read_back_as_the_same_basis(basis: Basis, tmp_path: Path) -> None:
    path = tmp_path / "basis.safetensors"
    write_basis(basis, path)
    again = read_basis(path)
    assert again.fingerprint == basis.fingerprint
    assert (again.size, again.pictures, again.encoder) == (64, 3, "random")
    assert again.encoder_fingerprint == "random:0"
    for layer, one in basis.layers.items():
        assert torch.equal(again.layers[layer].vectors, one.vectors)
        assert torch.equal(again.layers[layer].covariance, one.covariance)
    assert [file.name for file in tmp_path.iterdir()] == ["basis.safetensors"]


@given(change=st.sampled_from(["size", "encoder", "layer", "rank"]))
def test_the_fingerprint_changes_with_every_part(change: str) -> None:
    matrix = torch.diag(torch.arange(8.0, 0, -1)).double()
    settings = {"size": 64, "encoder": "x", "encoder_fingerprint": "x:1"}
    basis = from_covariances({"relu1_1": matrix}, **settings)
    other = {
        "size": lambda: from_covariances({"relu1_1": matrix}, **{**settings, "size": 65}),
        "encoder": lambda: from_covariances(
            {"relu1_1": matrix}, **{**settings, "encoder_fingerprint": "x:2"}
        ),
        "layer": lambda: from_covariances({"relu2_1": matrix}, **settings),
        "rank": lambda: from_covariances(
            {"relu1_1": torch.diag(matrix.diagonal() * (torch.arange(8) < 2))}, **settings
        ),
    }[change]()
    assert other.fingerprint != basis.fingerprint


def test_a_file_of_covariances_is_a_basis(tmp_path: Path) -> None:
    path = tmp_path / "covariances.safetensors"
    save_file(
        {"relu1_1.covariance": torch.eye(8).double()}, path, {"encoder": "random_conv1, zero"}
    )
    basis = read_basis(path)
    assert (basis.encoder, basis.size, basis.ranks()) == ("random", 512, {"relu1_1": 4})


def test_bad_files_are_refused(basis: Basis, tmp_path: Path) -> None:
    path = tmp_path / "basis.safetensors"
    with pytest.raises(InputError, match="no basis at"):
        read_basis(path)
    path.write_bytes(b"not a basis")
    with pytest.raises(InputError, match="not a safetensors file"):
        read_basis(path)
    save_file({"conv1_1.weight": torch.eye(3)}, path)
    with pytest.raises(InputError, match="no mean covariances"):
        read_basis(path)
    save_file({"relu1_1.covariance": torch.eye(3)}, path, {"size": "large"})
    with pytest.raises(InputError, match="not a whole number"):
        read_basis(path)
    save_file({"relu1_1.covariance": torch.eye(3)}, path, {"format": "ecspace-basis-9"})
    with pytest.raises(InputError, match="does not know"):
        read_basis(path)
    write_basis(basis, path)
    tensors = load_file(path)
    tensors["relu1_1.vectors"][0, 0] += 1
    metadata = _metadata(path)
    save_file(tensors, path, metadata)
    with pytest.raises(InputError, match="is damaged"):
        read_basis(path)


def test_writing_needs_a_folder(basis: Basis, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the folder does not exist"):
        write_basis(basis, tmp_path / "missing" / "basis.safetensors")
    with pytest.raises(InputError, match="cannot write"):
        write_basis(basis, tmp_path)
    assert list(tmp_path.iterdir()) == []


def _metadata(path: Path) -> dict[str, str]:
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    metadata: dict[str, str] = json.loads(raw[8 : 8 + length])["__metadata__"]
    return metadata


@pytest.mark.golden
def test_three_photographs_agree_with_numpy(shared: Path) -> None:
    encoder = load_encoder("vgg19-16x", weights=shared / "weights")
    folder = shared / "data" / "bsds500" / "images" / "test"
    pictures = [read_picture(folder / f"{name}.jpg") for name in ("101084", "100007", "100039")]
    basis = build(pictures, encoder, size=128)
    total = {layer: np.zeros((one.channels,) * 2) for layer, one in basis.layers.items()}
    for picture in pictures:
        width, height = picture.size
        side = max(width, height) * 128 // min(width, height)
        size = (side, 128) if width > height else (128, side)
        pixels = np.asarray(picture.resize(size, 2), np.float32) / np.float32(255)
        features = encoder(torch.from_numpy(pixels).permute(2, 0, 1)[None], STYLE_LAYERS)
        for layer, one in features.items():
            total[layer] += np.cov(one[0].flatten(1).double().numpy(), bias=True) / 3
    for layer, one in basis.layers.items():
        scale = np.abs(total[layer]).max()
        assert np.abs(one.covariance.numpy() - total[layer]).max() <= 1e-10 * scale
        values, vectors = np.linalg.eigh(total[layer])
        leading = vectors[:, ::-1][:, : one.rank]
        ours = one.vectors.numpy()
        assert np.abs(ours @ ours.T - leading @ leading.T).max() <= 1e-8
    assert basis.ranks() == dict(zip(STYLE_LAYERS, (8, 12, 32, 64, 64), strict=True))
