from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InputError
from transfer.encoders.layout import LAYERS
from transfer.methods import (
    METHODS,
    find_method,
    method_info,
    parameters_object,
    resolve_parameters,
)

DESCENTS = [key for key, method in METHODS.items() if method.compose is not None]


@pytest.mark.parametrize("key", METHODS)
def test_its_defaults_are_complete_json(key: str) -> None:
    values = resolve_parameters(key, {})
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    listed = method_info(key)["parameters"]
    # Older recipes do not hold the choice of colours, nor weights of several styles.
    younger = {one["name"] for one in listed} & {"colour", "style_share"}
    assert {*values, *younger} == {one["name"] for one in listed}
    for one in listed:
        if one["name"] not in younger:
            assert values[one["name"]] == one["default"]
        assert one["source"]
        assert one["help"]


@pytest.mark.parametrize("key", DESCENTS)
def test_resolving_again_changes_nothing(key: str) -> None:
    values = resolve_parameters(key, {"noise_std": "0.125", "iterations": "7"})
    assert (values["noise_std"], values["iterations"]) == (0.125, 7)
    assert resolve_parameters(key, values) == values
    assert parameters_object(key, values).iterations == 7


@given(st.lists(st.sampled_from(LAYERS), min_size=2, unique=True))
def test_it_parses_layers_as_text_or_list(names: list[str]) -> None:
    ordered = sorted(names, key=LAYERS.index)
    for given_as in (names, tuple(names), ",".join(names), ", ".join(names) + ","):
        values = resolve_parameters("cross-layer", {"style_layers": given_as})
        assert values["style_layers"] == ordered


@given(st.floats(0, 1e6))
def test_it_parses_numbers_as_text_or_number(weight: float) -> None:
    for given_as in (weight, str(weight)):
        assert resolve_parameters("gatys", {"style_weight": given_as})["style_weight"] == weight


def test_the_papers_method_is_the_default() -> None:
    """Yeh et al. 2020, supplement §1.1: content at R41, style at R11 … R51, Gaussian noise.

    Gatys' weight 1e3 and 500 iterations.

    Aggressive methods take the middle of 2291…9813 instead, those that hold covariances ours; a
    product has no weight.
    """
    weights: dict[str, int | None] = {"gatys-aggressive": 6000, "cross-layer-aggressive": 6000}
    weights |= {key: 100 for key in DESCENTS if key.endswith("-cov")}
    weights["cross-layer-multiplicative"] = None
    for key in DESCENTS:
        values = resolve_parameters(key, {})
        assert values["content_layer"] == "relu4_1"
        assert values["style_layers"] == ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
        assert (values["init"], values["iterations"]) == ("noise", 500)
        assert values.get("style_weight") == weights.get(key, 1000)


def test_a_preset_changes_defaults_and_settings_override_it() -> None:
    values = resolve_parameters("gatys", {"preset": "reference", "iterations": 3})
    assert (values["content_layer"], values["init"]) == ("relu4_2", "content")
    assert (values["normalisation"], values["iterations"]) == ("gatys", 3)
    assert "preset" not in values


@pytest.mark.parametrize(
    ("key", "overrides", "said"),
    [
        ("gatys", {"strength": 1}, "use one of style_weight, content_weight"),
        ("gatys", {"pairs": "all"}, "no parameter 'pairs'"),
        ("gatys", {"preset": "none"}, "use one of reference"),
        ("gatys-cov", {"preset": "reference"}, "it has none"),
        ("gatys", {"style_weight": "much"}, "style_weight=much cannot be used"),
        ("gatys", {"style_weight": float("nan")}, "number from 0"),
        ("gatys", {"style_weight": "inf"}, "number from 0"),
        ("gatys", {"style_weight": None}, "number from 0"),
        ("gatys", {"style_weight": "1e308"}, "give at most 3.4e+38"),
        ("gatys", {"noise_std": 4e38}, "give at most 3.4e+38"),
        ("gatys", {"layer_weights": "1,1,1,1,1e300"}, "give at most 3.4e+38"),
        ("gatys", {"iterations": float("inf")}, "whole number from 1"),
        ("gal", {"rho_growth": 100, "outer_steps": 30}, "smaller rho_growth or fewer outer_steps"),
        ("gal", {"rho_growth": 100, "outer_steps": 1000}, "smaller rho_growth"),
        ("gatys", {"style_weight": True}, "number from 0"),
        ("gatys", {"iterations": 2.5}, "whole number from 1"),
        ("gatys", {"iterations": "1e400"}, "whole number from 1"),
        ("gatys", {"history": 201}, "from 1 to 200"),
        ("gatys", {"init": "Noise"}, "one of noise, content, content+noise"),
        ("gatys", {"content_layer": "relu6_1"}, "relu5_1"),
        ("gatys", {"style_layers": ""}, "different layers"),
        ("gatys", {"style_layers": "relu1_1,relu1_1"}, "different layers"),
        ("cross-layer", {"style_layers": "relu1_1"}, "2 or more"),
        ("gatys", {"layer_weights": "1,2"}, "2 layer_weights were given for 5 style terms"),
        ("cross-layer", {"layer_weights": "1,1,1,1,1"}, "for 4 style terms"),
        ("gatys", {"layer_weights": "0,0,0,0,0"}, "all zero"),
        ("gatys", {"layer_weights": "1,1,1,1,-1"}, "numbers from 0"),
        ("gatys-layerwise", {"layer_weights": "1,2"}, "2 layer_weights were given for 5"),
        ("cross-layer-multiplicative", {"style_weight": 1}, "no parameter 'style_weight'"),
        ("cross-layer-multiplicative", {"init": "content"}, "use init=noise or init=content+noise"),
        ("gal", {"content_weight": 0}, "give a number above 0"),
        ("nobody", {}, "unknown method 'nobody': use one of gatys"),
    ],
)
def test_errors_are_one_line_and_name_what_is_accepted(
    key: str, overrides: dict, said: str
) -> None:
    with pytest.raises(InputError, match=said.replace("+", r"\+")) as caught:
        resolve_parameters(key, overrides)
    assert "\n" not in str(caught.value)


def test_every_entry_is_filed_under_its_own_key() -> None:
    for key, method in METHODS.items():
        assert find_method(key) is method
        assert method.key == key


def test_it_needs_no_torch() -> None:
    program = (
        "import sys, transfer.methods as m; [m.method_info(k) for k in m.METHODS]; "
        "m.resolve_parameters('gatys', {}); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
