"""Defaults that depend on the encoder: where the decoders of `compact` begin."""

from __future__ import annotations

import pytest

from common.errors import InputError
from transfer.methods import resolve_parameters

THREE = ["relu1_1", "relu2_1", "relu3_1"]
FOUR = [*THREE, "relu4_1"]


@pytest.mark.parametrize(
    ("method", "compact", "others"),
    [
        ("adain", ["relu3_1"], ["relu4_1"]),
        ("avatar-net", THREE, FOUR),
        ("ift", THREE, FOUR),
        ("universal", THREE, [*FOUR, "relu5_1"]),
    ],
)
def test_methods_with_decoders_start_at_relu3_1_with_compact(method, compact, others):
    assert resolve_parameters(method, {}, encoder="compact")["style_layers"] == compact
    assert resolve_parameters(method, {}, encoder="vgg19-16x")["style_layers"] == others
    given = {"style_layers": ",".join(others)}
    if method == "ift":
        with pytest.raises(InputError, match="strengths were given for 4 style_layers"):
            resolve_parameters(method, given, encoder="compact")
        given["strengths"] = "25,200,200,200"
    chosen = resolve_parameters(method, given, encoder="compact")
    assert chosen == resolve_parameters(method, {}, encoder="vgg19-16x")


@pytest.mark.parametrize("preset", ["paper", "conservative"])
def test_the_published_presets_of_ift_are_the_same_with_every_encoder(preset):
    own = resolve_parameters("ift", {"preset": preset}, encoder="compact")
    assert own == resolve_parameters("ift", {"preset": preset}, encoder="vgg19-16x")
    assert own["style_layers"] == FOUR and len(own["strengths"]) == 4
