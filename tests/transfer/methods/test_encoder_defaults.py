"""Defaults that depend on the encoder: where the decoders of `compact` begin."""

from __future__ import annotations

import pytest

from common.errors import InputError
from transfer.methods import METHODS, resolve_parameters

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


def test_the_paper_s_values_are_the_same_with_every_encoder():
    own = resolve_parameters("ift", {"preset": "paper"}, encoder="compact")
    assert own == resolve_parameters("ift", {"preset": "paper"}, encoder="vgg19-16x")
    assert own["style_layers"] == FOUR and len(own["strengths"]) == 4


def test_a_preset_that_is_not_the_paper_s_starts_where_the_method_does():
    own = resolve_parameters("ift", {"preset": "conservative"}, encoder="compact")
    other = resolve_parameters("ift", {"preset": "conservative"}, encoder="vgg19-16x")
    assert (own["style_layers"], own["strengths"]) == (THREE, other["strengths"][:3])
    left = set(own) - {"style_layers", "strengths"}
    assert {name: own[name] for name in left} == {name: other[name] for name in left}


def test_the_presets_that_depend_on_the_encoder_exist():
    for method in METHODS.values():
        for changes in method.encoder_presets.values():
            assert set(changes) <= set(method.presets)
