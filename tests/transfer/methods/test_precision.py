from __future__ import annotations

import pytest
import torch

from common.device import choose_device
from common.errors import InputError
from transfer.methods.precision import (
    PRECISIONS,
    check_precision,
    encoder_precision,
    resolve_precision,
)

CPU = torch.device("cpu")


def settings() -> tuple[object, ...]:
    cudnn, products = torch.backends.cudnn, torch.backends.cuda.matmul
    return (
        products.fp32_precision,
        cudnn.conv.fp32_precision,
        cudnn.deterministic,
        cudnn.benchmark,
        torch.is_autocast_enabled("cpu"),
    )


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("float32", ("ieee", "ieee", True, False, False)),
        ("tf32", ("tf32", "tf32", True, False, False)),
        ("bf16", ("ieee", "ieee", True, False, True)),
    ],
)
def test_it_sets_the_precision_and_restores_the_settings(
    mode: str, expected: tuple[object, ...]
) -> None:
    before = settings()
    with encoder_precision(mode, CPU):
        assert settings() == expected
    assert settings() == before
    with pytest.raises(ZeroDivisionError), encoder_precision(mode, CPU):
        raise ZeroDivisionError
    assert settings() == before


def test_bf16_rounds_products_and_float32_does_not() -> None:
    layer = torch.nn.Conv2d(1, 1, 1, bias=False)
    image = torch.full((1, 1, 2, 2), 1 + 2**-12)
    torch.nn.init.ones_(layer.weight)
    with torch.no_grad():
        with encoder_precision("float32", CPU):
            assert layer(image).max() == 1 + 2**-12
        with encoder_precision("bf16", CPU):
            assert layer(image).max() == 1


def test_it_refuses_other_names() -> None:
    for mode in PRECISIONS:
        check_precision(mode)
    with pytest.raises(InputError, match="float32, tf32, bf16"):
        check_precision("fp16")


def test_auto_is_the_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [choose_device(name) for name in ("auto", "cpu", "cuda")] == ["cuda", "cpu", "cuda"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == "cpu"
    with pytest.raises(InputError, match="--device cpu"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("features", "threads", "expected"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, 1, "bf16"),
        ({"amx_bf16": True}, 1, "bf16"),
        ({"amx_bf16": True}, 2, "float32"),
        ({"avx512_f": True, "avx512_bf16": False}, 1, "float32"),
        ({}, 1, "float32"),  # another architecture
    ],
)
def test_auto_is_bf16_where_one_thread_multiplies_in_it(
    monkeypatch: pytest.MonkeyPatch, features: dict[str, bool], threads: int, expected: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features)
    assert resolve_precision("auto", "cpu", threads) == expected
    assert resolve_precision("tf32", "cpu", threads) == "tf32"


@pytest.mark.parametrize(("native", "expected"), [(True, "bf16"), (False, "float32")])
def test_auto_asks_a_gpu(monkeypatch: pytest.MonkeyPatch, native: bool, expected: str) -> None:
    asked = {}

    def supported(including_emulation: bool = True) -> bool:
        asked["emulated"] = including_emulation
        return native

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert resolve_precision("auto", "cuda", 4) == expected
    assert asked == {"emulated": False}
