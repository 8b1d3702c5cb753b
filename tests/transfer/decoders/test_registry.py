"""Finding decoders and combining them with their encoders."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from common.errors import InputError, WeightsError
from common.pictures import read_picture, resize_to_width, to_tensor
from tests.transfer.decoders.networks import WIDTHS
from transfer.decoders import FAMILIES, fingerprint_of, load_autoencoders
from transfer.decoders.architecture import random_decoder
from transfer.decoders.reconstruction import reconstruction_psnr
from transfer.encoders.architecture import random_weights
from transfer.encoders.layout import LAYERS, STYLE_LAYERS


def keep(tensors: dict, path: Path) -> None:
    save_file(tensors, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(digest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of `vgg19-16x`, but small and random, the first encoder wider than the others."""
    for level, layer in enumerate(STYLE_LAYERS, start=1):
        widths = (6, *WIDTHS[1:]) if level == 1 else WIDTHS
        keep(
            random_weights(widths, layer, seed=level),
            tmp_path / f"vgg19-16x_encoder{level}.safetensors",
        )
        decoder = random_decoder(dict(zip(LAYERS, widths, strict=True)), level, seed=level)
        keep(decoder, tmp_path / f"vgg19-16x_decoder{level}.safetensors")
    return tmp_path


def test_every_level_gets_the_encoder_that_its_decoder_was_made_for(folder: Path) -> None:
    found = load_autoencoders("vgg19-16x", weights=folder)
    assert [one.layer for one in found] == list(STYLE_LAYERS)
    assert [one.encoder.deepest for one in found] == list(STYLE_LAYERS)
    assert [one.encoder.widths["relu1_1"] for one in found] == [6, 4, 4, 4, 4]
    image = torch.rand(1, 3, 40, 41)
    for one in found:
        assert one.decoder(one.encoder(image, [one.layer])[one.layer], (40, 41)).shape[1] == 3
    # Where one of the files is named, the others lie beside it.
    beside = load_autoencoders("vgg19-16x", weights=folder / "vgg19-16x_encoder5.safetensors")
    assert fingerprint_of(beside) == fingerprint_of(found)


def test_the_fingerprint_covers_every_file_that_is_read(folder: Path) -> None:
    def now() -> str:
        return fingerprint_of(load_autoencoders("vgg19-16x", STYLE_LAYERS[:2], weights=folder))

    before = now()
    assert now() == before
    for name in ("vgg19-16x_encoder2", "vgg19-16x_decoder1"):
        path = folder / f"{name}.safetensors"
        tensors = load_file(path)
        kept = {key: value.clone() for key, value in tensors.items()}
        tensors["conv1_1.bias"][0] += 1
        keep(tensors, path)
        assert now() != before
        keep(kept, path)
    assert now() == before
    keep({}, folder / "vgg19-16x_decoder5.safetensors")  # a level that was not asked for
    assert now() == before


def test_a_changed_or_foreign_file_is_refused(folder: Path) -> None:
    path = folder / "vgg19-16x_decoder2.safetensors"
    path.with_name(f"{path.name}.sha256").unlink()
    with pytest.raises(WeightsError, match=r"decoder 2 of encoder 'vgg19-16x'.*damaged or another"):
        load_autoencoders("vgg19-16x", weights=folder)
    keep({"conv1_1.weight": torch.zeros(3, 4, 3, 3)}, path)
    with pytest.raises(WeightsError, match=r"decoder 2 of .* lacks 'conv2_1.weight'"):
        load_autoencoders("vgg19-16x", weights=folder)
    keep(random_decoder(dict.fromkeys(LAYERS, 5), 2), path)
    with pytest.raises(WeightsError, match="takes 5 channels, the encoder has 8 at relu2_1"):
        load_autoencoders("vgg19-16x", weights=folder)
    path.unlink()
    with pytest.raises(WeightsError, match="no weights for decoder 2"):
        load_autoencoders("vgg19-16x", weights=folder)


def test_it_says_which_encoders_and_layers_have_decoders(folder: Path) -> None:
    with pytest.raises(InputError, match=r"'vgg19' has no decoders: use .*vgg19-16x"):
        load_autoencoders("vgg19")
    with pytest.raises(InputError, match=r"relu4_1: use --set style_layers=relu1_1,relu2_1,relu3"):
        load_autoencoders("vgg19-normalised", weights=folder)
    with pytest.raises(InputError, match="no decoder for relu3_2"):
        load_autoencoders("vgg19-16x", ["relu3_2"], weights=folder)


def test_the_embedded_decoders_need_nothing_and_are_small(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ECSPACE_WEIGHTS", raising=False)
    monkeypatch.setenv("ECSPACE_CACHE", str(tmp_path))
    found = load_autoencoders("compact")
    assert [one.layer for one in found] == list(STYLE_LAYERS)
    assert len({id(one.encoder) for one in found}) == 1
    folder = FAMILIES["compact"].directory
    assert folder is not None
    assert sum(path.stat().st_size for path in folder.glob("*.safetensors")) <= 4_000_000


def test_every_hash_belongs_to_one_level() -> None:
    for family in FAMILIES.values():
        assert len(family.sha256) == len(family.decoders) == len(set(family.sha256))
    changed = replace(FAMILIES["vgg19-16x"], upsampling="bilinear")
    assert changed != FAMILIES["vgg19-16x"]


@pytest.mark.golden
@pytest.mark.parametrize(
    ("name", "least"),
    [
        # The README of the shared data, and the model card of `compact`.
        ("vgg19-16x", {1: 41, 2: 26, 3: 23, 4: 20, 5: 18}),
        ("compact", {1: 33, 2: 28, 3: 24, 4: 19, 5: 15}),
        ("vgg19-normalised", {1: 22, 2: 26, 3: 23}),
    ],
)
def test_decoders_invert_their_encoders(shared: Path, name: str, least: dict) -> None:
    layers = [STYLE_LAYERS[level - 1] for level in least]
    files = sorted((shared / "data" / "bsds500" / "images" / "test").glob("*.jpg"))[::80]
    images = [to_tensor(resize_to_width(read_picture(file), 256)) for file in files]
    for one in load_autoencoders(
        name, layers, weights=None if name == "compact" else shared / "weights"
    ):
        psnr = reconstruction_psnr(one.encoder, one.decoder, images)
        assert psnr >= least[one.decoder.level] - 1.5  # three pictures, not two hundred
