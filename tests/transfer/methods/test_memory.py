from __future__ import annotations

import pytest
import torch

from transfer.encoders.architecture import Encoder, random_weights
from transfer.encoders.layout import QUARTER_WIDTHS, VGG19_WIDTHS
from transfer.methods.memory import HEADROOM, descent_bytes, images_that_fit, kept_for_backward


def measured(encoder: Encoder, size: tuple[int, int]) -> int:
    """Bytes of the storages, weights left out, that torch keeps for the backward pass."""
    weights = {one.untyped_storage().data_ptr() for one in encoder.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    image = torch.rand(1, 3, *size, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        deepest = encoder(image, [encoder.deepest])
    assert deepest
    return sum(kept.values())


@pytest.mark.parametrize("padding", ["zero", "reflect", "replicate"])
@pytest.mark.parametrize("deepest", ["relu1_1", "relu2_1", "relu3_4", "relu5_1"])
def test_the_estimate_is_what_torch_keeps(padding: str, deepest: str) -> None:
    encoder = Encoder(random_weights(QUARTER_WIDTHS, deepest), name="x", padding=padding)
    for size in ((48, 64), (50, 71)):
        assert kept_for_backward(encoder.widths, size, padding=padding) == measured(encoder, size)


def test_wider_networks_and_larger_pictures_need_more_memory() -> None:
    names = Encoder(random_weights(QUARTER_WIDTHS), name="x").widths
    narrow = dict(zip(names, QUARTER_WIDTHS, strict=True))
    wide = dict(zip(names, VGG19_WIDTHS, strict=True))
    assert 3.5 < kept_for_backward(wide, (256, 256)) / kept_for_backward(narrow, (256, 256)) < 4
    assert descent_bytes(wide, (512, 512)) > 3.9 * descent_bytes(wide, (256, 256))
    more = descent_bytes(wide, (64, 64), history=30) - descent_bytes(wide, (64, 64), history=20)
    assert more == 2 * 10 * 3 * 64 * 64 * 4
    assert descent_bytes(wide, (64, 64)) > HEADROOM * kept_for_backward(wide, (64, 64))


def test_at_least_one_image_is_tried() -> None:
    assert [images_that_fit(free, 10) for free in (0, 9, 20, 35)] == [1, 1, 2, 3]
