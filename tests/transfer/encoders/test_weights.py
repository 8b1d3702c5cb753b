"""Finding, checking and reading weights."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from common.errors import InputError, WeightsError
from transfer.encoders import ENCODERS, describe_encoders, load_encoder
from transfer.encoders.architecture import LAYERS, random_weights
from transfer.encoders.fingerprint import fingerprint
from transfer.encoders.layout import CONVOLUTIONS
from transfer.encoders.registry import EncoderSpec
from transfer.encoders.weights import fetch_weights, find_weights, read_weights

WIDTHS = (4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8)
TORCHVISION_INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)


@pytest.fixture(autouse=True)
def no_weights_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ECSPACE_WEIGHTS", raising=False)
    monkeypatch.setenv("ECSPACE_CACHE", str(tmp_path / "cache"))


def pin(path: Path) -> None:
    """Write the file's hash beside it, as users do for their own files."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")


def weights_file(path: Path, deepest: str = "relu5_1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(random_weights(WIDTHS, deepest), path)
    pin(path)
    return path


def spec_at(address: str, digest: str) -> EncoderSpec:
    return replace(ENCODERS["vgg19"], url=address, sha256=(digest,))


def test_the_embedded_encoder_needs_nothing() -> None:
    encoder = load_encoder()
    assert encoder.name == "compact"
    assert encoder.deepest == "relu5_1"
    assert [encoder.widths[f"relu{block}_1"] for block in range(1, 6)] == [16, 32, 64, 128, 128]


def test_the_embedded_weights_are_small() -> None:
    path = find_weights(ENCODERS["compact"])
    assert path is not None
    assert path.stat().st_size <= 4_000_000


def test_a_named_path_has_precedence_over_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ENCODERS["vgg19-16x"]
    named = weights_file(tmp_path / "named" / "vgg19-16x_encoder5.safetensors")
    other = weights_file(tmp_path / "other" / "vgg19-16x_encoder5.safetensors")
    cached = weights_file(tmp_path / "cache" / "vgg19-16x_encoder5.safetensors")
    assert find_weights(spec) == cached
    monkeypatch.setenv("ECSPACE_WEIGHTS", str(other.parent))
    assert find_weights(spec) == other
    assert find_weights(spec, named.parent) == named
    assert find_weights(spec, named) == named


def test_the_deepest_file_of_a_family_is_taken(tmp_path: Path) -> None:
    weights_file(tmp_path / "vgg19-16x_encoder2.safetensors", "relu2_1")
    weights_file(tmp_path / "vgg19-16x_encoder4.safetensors", "relu4_1")
    assert load_encoder("vgg19-16x", weights=tmp_path).deepest == "relu4_1"


def test_it_reads_torchvisions_names_and_format(tmp_path: Path) -> None:
    tensors = random_weights(WIDTHS)
    indices = [f"features.{index}" for index in TORCHVISION_INDICES]
    names = dict(zip(CONVOLUTIONS, indices, strict=True))
    state = {
        f"{names[key.split('.')[0]]}.{key.split('.')[1]}": tensor for key, tensor in tensors.items()
    }
    state["classifier.0.weight"] = torch.zeros(2, 2)
    path = tmp_path / "vgg19-dcbb9e9d.pth"
    torch.save(state, path)
    pin(path)
    read = read_weights(ENCODERS["vgg19"], path)
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[key], tensors[key]) for key in tensors)


def test_a_file_of_the_first_layers_gives_a_shallower_encoder(tmp_path: Path) -> None:
    path = weights_file(tmp_path / "first.safetensors", "relu3_1")
    assert load_encoder("vgg19-caffe", weights=path).deepest == "relu3_1"
    with pytest.raises(InputError, match="reaches only relu3_1, relu5_1 was asked for"):
        load_encoder("vgg19-caffe", weights=path, deepest="relu5_1")


def test_a_wrong_hash_is_refused(tmp_path: Path) -> None:
    path = weights_file(tmp_path / "vgg19-dcbb9e9d.safetensors")
    path.with_name(f"{path.name}.sha256").unlink()
    with pytest.raises(WeightsError, match=r"SHA-256 .* expected dcbb9e9dad569fff .* sha256sum"):
        load_encoder("vgg19", weights=path)


def test_a_changed_file_no_longer_matches_the_hash_beside_it(tmp_path: Path) -> None:
    path = weights_file(tmp_path / "mine.safetensors")
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    with pytest.raises(WeightsError, match="damaged or another one"):
        load_encoder("vgg19", weights=path)


def test_a_pickle_with_code_is_never_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path(tmp_path / "ran"),))  # type: ignore[return-value]

    path = tmp_path / "bomb.pth"
    torch.save({"conv1_1.weight": Bomb()}, path)
    pin(path)
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        load_encoder("vgg19", weights=path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"fc.weight": torch.zeros(2, 2)}, "holds no convolution conv1_1"),
        (
            {"conv1_1.weight": torch.zeros(4, 5, 3, 3), "conv1_1.bias": torch.zeros(4)},
            "not a network of the VGG-19 layout",
        ),
        (
            {"conv1_1.weight": torch.full((4, 3, 3, 3), torch.nan), "conv1_1.bias": torch.zeros(4)},
            "not finite",
        ),
    ],
)
def test_other_files_are_refused(
    tmp_path: Path, tensors: dict[str, torch.Tensor], message: str
) -> None:
    path = tmp_path / "other.safetensors"
    save_file(tensors, path)
    pin(path)
    with pytest.raises(WeightsError, match=message):
        load_encoder("vgg19", weights=path)


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    for name in ("garbage.safetensors", "garbage.pth"):
        path = tmp_path / name
        path.write_bytes(b"no weights at all")
        pin(path)
        with pytest.raises(WeightsError, match="cannot be read as weights"):
            load_encoder("vgg19", weights=path)


def test_a_path_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no weights for encoder 'vgg19-16x' at"):
        load_encoder("vgg19-16x", weights=tmp_path)


def test_the_error_for_missing_weights_names_file_url_hash_and_alternative() -> None:
    with pytest.raises(WeightsError) as caught:
        load_encoder("vgg19-16x")
    message = str(caught.value)
    for part in ("vgg19-16x_encoder5", "github.com", "9265d6d7", "--encoder compact"):
        assert part in message


def test_it_fetches_once_and_checks(tmp_path: Path) -> None:
    source = weights_file(tmp_path / "server" / "vgg19-dcbb9e9d.pth")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    path = fetch_weights(spec_at(source.as_uri(), digest))
    assert path.read_bytes() == source.read_bytes()
    assert find_weights(ENCODERS["vgg19"]) == path


def test_a_wrong_download_is_not_kept(tmp_path: Path) -> None:
    source = weights_file(tmp_path / "server" / "vgg19-dcbb9e9d.pth")
    with pytest.raises(WeightsError, match="answered with another file"):
        fetch_weights(spec_at(source.as_uri(), "0" * 64))
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_error_of_a_failed_download_names_an_alternative(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="download failed .* use --encoder compact"):
        fetch_weights(spec_at((tmp_path / "nowhere").as_uri(), "0" * 64))


def test_an_unknown_encoder_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="unknown encoder 'vgg20': use one of compact"):
        load_encoder("vgg20")


def test_the_fingerprint_changes_with_weights_and_convention_only(tmp_path: Path) -> None:
    weights = random_weights(WIDTHS)
    spec = ENCODERS["vgg19"]
    first = fingerprint(spec, weights)
    assert first == fingerprint(spec, dict(reversed(weights.items())))
    assert first != fingerprint(replace(spec, padding="reflect"), weights)
    changed = {**weights, "conv5_1.bias": weights["conv5_1.bias"] + 1e-6}
    assert first != fingerprint(spec, changed)
    path = weights_file(tmp_path / "vgg.safetensors")
    shallow = load_encoder("vgg19", weights=path, deepest="relu1_1")
    assert shallow.fingerprint == load_encoder("vgg19", weights=path).fingerprint == first


def test_every_encoder_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "vgg_conv.pth"
    broken.write_bytes(b"?")
    monkeypatch.setenv("ECSPACE_WEIGHTS", str(tmp_path))
    rows = {row["name"]: row for row in describe_encoders()}
    assert rows.keys() == ENCODERS.keys()
    assert rows["compact"]["layers"] == list(LAYERS)
    assert rows["vgg19"]["weights"] is None
    assert "vgg19-dcbb9e9d.pth" in rows["vgg19"]["files"]
    assert "damaged" in rows["vgg19-caffe"]["problem"]


@pytest.mark.golden
def test_the_real_networks_load(shared: Path) -> None:
    folder = shared / "weights"
    assert load_encoder("vgg19-16x", weights=folder).deepest == "relu5_1"
    assert load_encoder("vgg19-caffe", weights=folder).deepest == "relu3_4"
    assert load_encoder("vgg19-normalised", weights=folder).widths["relu3_1"] == 256


def test_it_finds_the_network_in_a_training_checkpoint(tmp_path):
    tensors = {
        "module.features.0.weight": torch.zeros(4, 3, 3, 3),
        "module.features.0.bias": torch.zeros(4),
    }
    path = tmp_path / "vgg19.pth"
    torch.save({"epoch": 3, "state_dict": tensors, 7: "odd"}, path)
    pin(path)
    weights = read_weights(ENCODERS["vgg19"], path)
    assert weights["conv1_1.weight"].shape == (4, 3, 3, 3)


@pytest.mark.parametrize(
    "content",
    [
        {1: torch.zeros(2), (2, 3): torch.zeros(2)},
        {"features.0.weight": "text", "features.0.bias": None},
        {"features.0.weight": torch.zeros(4, 3, 3, 3, dtype=torch.complex64),
         "features.0.bias": torch.zeros(4)},
        {"features.0.weight": torch.zeros(4, 3, 3, 3).to_sparse(),
         "features.0.bias": torch.zeros(4)},
        [torch.zeros(2)],
    ],
)  # fmt: skip
def test_it_refuses_invalid_checkpoints_in_one_line(tmp_path, content):
    path = tmp_path / "vgg19.pth"
    torch.save(content, path)
    pin(path)
    with pytest.raises(WeightsError, match="not a weights file|not a VGG-19 layout") as caught:
        read_weights(ENCODERS["vgg19"], path)
    assert "\n" not in str(caught.value)
