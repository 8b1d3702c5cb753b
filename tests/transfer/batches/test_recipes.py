"""Recipes: what they hold, and how they expand."""

from __future__ import annotations

import pytest

from common.errors import InputError
from transfer.batches.combinations import Source
from transfer.batches.recipe_differences import differences
from transfer.batches.recipes import expand, fingerprint
from transfer.batches.variants import variants
from transfer.methods.style_weights import strengths

CONTENTS = [Source(f"c{number}", 60, 40 + 20 * (number % 2)) for number in range(4)]
STYLES = [Source(f"s{number}", 50, 50) for number in range(3)]


def recipe(**changes) -> dict:
    base = {
        "methods": [
            {"method": "gatys", "parameters": {"style_weight": 1.0}},
            {"method": "gatys", "parameters": {"style_weight": 5.0}},
        ],
        "sampling": {"rule": "grid"},
        "encoder": "compact",
        "encoder_fingerprint": "fake:1",
        "size": 64,
        "seed": 0,
        "precision": "float32",
        "threads": 1,
        "chunk": 3,
    }
    return base | changes


def test_a_grid_holds_every_combination_once():
    planned = expand(recipe(), CONTENTS, STYLES)
    assert len(planned) == len({one.key for one in planned}) == 2 * 4 * 3


def test_a_chunk_shares_method_parameters_and_shape():
    planned = expand(recipe(), CONTENTS, STYLES)
    chunks: dict[int, list] = {}
    for one in planned:
        chunks.setdefault(one.chunk, []).append(one)
    assert max(map(len, chunks.values())) == 3
    for members in chunks.values():
        alike = {(m.method, str(m.parameters), m.content.width / m.content.height) for m in members}
        assert len(alike) == 1


def test_it_expands_to_the_same_chunks_again():
    assert expand(recipe(), CONTENTS, STYLES) == expand(recipe(), CONTENTS, STYLES)


def test_methods_start_from_the_same_noise_and_pictures_from_another():
    planned = expand(recipe(), CONTENTS, STYLES)
    by_pair: dict[tuple, set] = {}
    for one in planned:
        by_pair.setdefault((one.content.sha256, one.styles[0].sha256), set()).add(one.seed)
    assert all(len(seeds) == 1 for seeds in by_pair.values())
    assert len({seed for seeds in by_pair.values() for seed in seeds}) == len(by_pair)


@pytest.mark.parametrize(
    "change", [{"size": 65}, {"seed": 1}, {"precision": "bf16"}, {"threads": 2}, {"chunk": 2},
               {"encoder_fingerprint": "fake:2"}],
)  # fmt: skip
def test_everything_that_determines_a_result_changes_its_key(change):
    before, after = (expand(one, CONTENTS, STYLES) for one in (recipe(), recipe(**change)))
    assert not {one.key for one in before} & {one.key for one in after}


def test_a_sample_uses_the_same_draws_for_every_method():
    methods = [{"method": key, "parameters": {"key": key}} for key in ("gatys", "cross-layer")]
    planned = expand(
        recipe(methods=methods, sampling={"rule": "samples", "samples": 5}), CONTENTS, STYLES
    )
    pairs = {
        key: {(p.content.sha256, p.styles[0].sha256) for p in planned if p.method == key}
        for key in ("gatys", "cross-layer")
    }
    assert len(planned) == 10
    assert pairs["gatys"] == pairs["cross-layer"]


def test_it_refuses_too_many_stimuli():
    many = [Source(f"{number}", 50, 50) for number in range(400)]
    with pytest.raises(InputError, match="320000 stimuli"):
        expand(recipe(), many, many)


def test_a_method_has_a_variant_for_every_weight(engine):
    found = variants(["gatys", "weightless"], style_weights=[1, 5], iterations=7)
    assert [(one["method"], one["parameters"].get("style_weight")) for one in found] == [
        ("gatys", 1.0), ("gatys", 5.0), ("weightless", None),
    ]  # fmt: skip
    assert found[0]["parameters"]["iterations"] == 7
    assert "iterations" not in found[2]["parameters"]


def test_ranges_of_weights_are_those_of_the_papers_lists():
    """50, 150 … 1950 (wcs1.txt) and 2291…9813 (wcs2.txt); a product has no weight."""
    keys = ["gatys", "gatys-aggressive", "cross-layer-multiplicative"]
    found = variants(keys, weights="ordinary")
    weights = {
        key: [one["parameters"].get("style_weight") for one in found if one["method"] == key]
        for key in keys
    }
    assert weights["gatys"] == list(range(50, 2000, 100))
    assert (min(weights["gatys-aggressive"]), max(weights["gatys-aggressive"])) == (2291, 9813)
    assert len(weights["gatys-aggressive"]) == 20
    assert weights["cross-layer-multiplicative"] == [None]
    aggressive = variants(["gatys"], weights="aggressive")
    assert min(one["parameters"]["style_weight"] for one in aggressive) == 2291
    with pytest.raises(InputError, match="one of the two"):
        variants(["gatys"], weights="ordinary", style_weights=[1])


def test_alpha_is_sampled_where_there_is_no_weight():
    name, values = strengths({"alpha": 0.6}, "ordinary", "aggressive")
    assert name == "alpha"
    assert (min(values), max(values), len(values)) == (0.025, 0.975, 20)


def test_a_setting_may_belong_to_one_method(engine):
    found = variants(["gatys", "weightless"], settings={"weightless.alpha": "0.9"})
    assert found[1]["parameters"] == {"alpha": 0.9}


@pytest.mark.parametrize(
    ("methods", "settings", "message"),
    [
        ([], {}, "no method was chosen"),
        (["monet"], {}, "unknown method 'monet'"),
        (["gatys"], {"alpha": 1}, "no parameter 'alpha'"),
        (["gatys"], {"weightless.alpha": 1}, "not among the methods"),
    ],
)
def test_it_refuses_unknown_methods_and_settings(engine, methods, settings, message):
    with pytest.raises(InputError, match=message):
        variants(methods, settings=settings)


def test_it_names_what_differs_between_two_recipes():
    other = recipe(size=128)
    other["methods"] = [dict(one) for one in other["methods"]]
    other["methods"][1] = {"method": "gatys", "parameters": {"style_weight": 6.0}}
    assert differences(recipe(), other) == ["gatys style_weight: 5.0 → 6.0", "size: 64 → 128"]
    assert differences(recipe(), recipe()) == []


def test_it_offers_the_precisions_of_the_engine():
    from transfer.batches import recipes
    from transfer.methods import precision

    assert recipes.PRECISIONS == precision.PRECISIONS


def test_a_fingerprint_ignores_the_order_of_keys():
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_a_method_without_content_has_one_stimulus_per_style_and_one_seed():
    methods = [{"method": "inversion", "parameters": {}}, {"method": "gatys", "parameters": {}}]
    planned = expand(recipe(methods=methods, seed=7), CONTENTS, STYLES)
    alone = [one for one in planned if one.method == "inversion"]
    assert [one.content for one in alone] == [None] * 3
    assert {one.styles for one in alone} == {(style,) for style in STYLES}
    assert {one.seed for one in alone} == {7}
    assert len({one.key for one in planned}) == 3 + 4 * 3


@pytest.mark.parametrize(
    ("shares", "mixtures"),
    [
        ([0.3, 0.7], {"s0+s1", "s1+s0", "s0+s2", "s2+s0", "s1+s2", "s2+s1"}),
        ([0.5, 0.5], {"s0+s1", "s0+s2", "s1+s2"}),
        ([0.25, 0.25, 0.5], {"s0+s1+s2", "s0+s2+s1", "s1+s2+s0"}),
    ],
)
def test_styles_are_assigned_to_shares_in_every_different_way(shares, mixtures):
    methods = [{"method": "gatys", "parameters": {"style_share": shares}}]
    planned = expand(recipe(methods=methods), CONTENTS, STYLES)
    found = ["+".join(style.sha256 for style in one.styles) for one in planned]
    assert set(found) == mixtures
    assert len(found) == len({one.key for one in planned}) == len(mixtures) * len(CONTENTS)


def test_more_shares_than_styles_are_refused():
    methods = [{"method": "gatys", "parameters": {"style_share": [0.25] * 4}}]
    with pytest.raises(InputError, match="is for 4 styles, the batch has 3"):
        expand(recipe(methods=methods), CONTENTS, STYLES)


def test_samples_draw_from_the_mixtures():
    methods = [{"method": "gatys", "parameters": {"style_share": [0.3, 0.7]}}]
    sampling = {"rule": "samples", "samples": 24}
    planned = expand(recipe(methods=methods, sampling=sampling), CONTENTS, STYLES)
    assert len({one.styles for one in planned}) == 6
