"""Launching: the recipe is frozen, and the same order again changes nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from common.colours import CONVERSION
from common.errors import InputError, MachineError
from tests.common.test_colours import wide_gamut
from transfer.batches.import_pictures import store_picture
from transfer.batches.launch import launch, recipe_of
from transfer.batches.worker import make
from transfer.models import Batch, Stimulus

pytestmark = pytest.mark.django_db


def test_it_launches_every_combination(engine, order):
    batch = launch(order(style_weights=[1, 5]))
    assert batch.stimuli.count() == 8
    row = batch.stimuli.first()
    assert row.state == "pending"
    assert row.styles.count() == 1
    assert batch.recipe["encoder_fingerprint"] == "fake:1"


def test_the_same_order_again_adds_only_what_is_missing(engine, order):
    first = launch(order())
    keys = set(first.stimuli.values_list("recipe_key", flat=True))
    first.stimuli.first().delete()
    again = launch(order())
    assert again.pk == first.pk
    assert set(again.stimuli.values_list("recipe_key", flat=True)) == keys


def test_a_changed_recipe_under_the_same_name_is_refused(engine, order):
    launch(order())
    with pytest.raises(InputError, match=r"another recipe \(size: 40 → 50\)"):
        launch(order(size=50))
    engine.fingerprint = "fake:2"
    with pytest.raises(InputError, match="encoder_fingerprint"):
        launch(order())
    assert Stimulus.objects.count() == 4


def test_a_layer_that_the_encoder_lacks_is_refused_before_there_are_rows(engine, order):
    engine.missing_layers = {"relu4_1"}
    with pytest.raises(InputError, match="reaches only relu3_4"):
        launch(order())
    assert not Batch.objects.exists()


def test_unnamed_threads_are_those_of_the_batch(engine, order):
    launch(order(threads=3))
    assert launch(order(threads=None)).recipe["threads"] == 3
    assert recipe_of(order(threads=None))["threads"] == 1


def test_it_never_adds_to_imported_stimuli(engine, order):
    Batch.objects.create(name="trial", recipe={"imported": True})
    with pytest.raises(InputError, match="imported"):
        launch(order())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, "no name"),
        ({"contents": []}, "at least one content"),
        ({"size": 8}, "size 8"),
        ({"precision": "float8"}, "unknown precision 'float8'"),
        ({"chunk": 0}, "chunk 0"),
        ({"samples": 0}, "samples 0"),
        ({"methods": ["monet"]}, "unknown method"),
    ],
)
def test_it_refuses_an_order_that_cannot_be_carried_out(engine, order, changes, message):
    with pytest.raises(InputError, match=message):
        launch(order(**changes))
    assert not Batch.objects.exists()


def test_the_recipe_covers_the_decoders_of_methods_that_need_them(order, monkeypatch) -> None:
    from tests.transfer.decoders.networks import random_autoencoders
    from transfer.batches import launch as module
    from transfer.batches import worker as making

    asked = []

    def load(name: str, layers):
        asked.append((name, tuple(layers)))
        return random_autoencoders(layers)

    monkeypatch.setattr(module, "loaded_autoencoders", load)
    monkeypatch.setattr(making, "loaded_autoencoders", load)
    wishes = {"methods": ["universal", "gatys"], "settings": {"universal.style_layers": "relu1_1"}}
    batch = launch(order(**wishes, iterations=1, chunk=8))
    universal, gatys = batch.recipe["methods"]
    assert len(universal["decoders"]) == 16
    assert "decoders" not in gatys
    assert set(asked) == {("compact", ("relu1_1",))}

    row = batch.stimuli.filter(method="universal").first()
    assert make(batch.stimuli.filter(chunk=row.chunk)) == 4
    row.refresh_from_db()
    assert (row.state, row.error, row.losses) == ("done", "", {})

    batch.recipe["methods"][0]["decoders"] = "others"
    batch.save()
    with pytest.raises(InputError, match="universal decoders: .*others"):
        launch(order(**wishes, iterations=1, chunk=8))
    batch.stimuli.filter(method="universal").update(state="pending")
    with pytest.raises(MachineError, match="other weights here"):
        make(batch.stimuli.filter(chunk=row.chunk))
    row.refresh_from_db()
    assert row.state == "pending"
    assert "other weights here than when the batch was launched" in row.error


def test_a_picture_too_thin_at_the_width_is_refused_with_a_width_that_works(engine, order, picture):
    frieze = picture("style", "frieze", seed=7, size=(1000, 100))
    with pytest.raises(InputError, match=r"style 'frieze' \(1000×100\) is 128×13 at width 128"):
        launch(order(styles=[frieze], size=128))
    assert not Batch.objects.exists()
    with pytest.raises(InputError, match="use --size 155 or more") as caught:
        launch(order(styles=[frieze], size=32))
    assert "\n" not in str(caught.value)
    assert launch(order(styles=[frieze], size=155)).stimuli.exists()


def test_generate_loads_the_encoder_and_resolves_parameters_once(order, monkeypatch):
    """Also for a method with decoders, which run the same encoder."""
    from transfer import decoders, encoders, methods
    from transfer.encoders import weights

    counts = Counter()

    def counted(module, name):
        real = getattr(module, name)

        def call(*arguments, **options):
            counts[name] += 1
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, call)

    encoders._load_version.cache_clear()
    decoders._load_version.cache_clear()
    counted(weights, "read_weights")
    counted(methods, "resolve_parameters")
    counted(methods, "resolve")
    batch = launch(order(methods=["universal", "gatys"], iterations=1, chunk=4))
    while batch.stimuli.progress().open:
        make(batch.stimuli.next_chunk())
    assert batch.stimuli.progress().done == 8
    assert counts == {"read_weights": 1, "resolve_parameters": 2, "resolve": 2}


def test_a_batch_without_content_is_made_shown_and_has_no_coherence(order, picture, client) -> None:
    from metrics.measurements.measuring import pairs_of
    from metrics.statistics import statistic
    from studies.planning.allocation import items_among

    wishes = {"methods": ["inversion"], "contents": []}
    settings = {"budget": 2e-5, "layer": "relu1_1"}
    batch = launch(order(**wishes, settings=settings))
    assert batch.recipe["contents"] == []
    assert batch.stimuli.count() == 2
    for chunk in set(batch.stimuli.values_list("chunk", flat=True)):
        make(batch.stimuli.filter(chunk=chunk))
    rows = list(batch.stimuli.all())
    assert [(row.state, row.error, row.content) for row in rows] == [("done", "", None)] * 2
    assert rows[0].label == "inversion"
    assert pairs_of(batch, statistic("C")) == []
    assert len(pairs_of(batch, statistic("E"))) == 2
    assert [item.reference for item in items_among(batch.stimuli.all(), "E")] == [
        row.styles.get().pk for row in rows
    ]
    assert items_among(batch.stimuli.all(), "C") == []


def test_contents_are_refused_where_no_method_takes_one(order) -> None:
    with pytest.raises(InputError, match="makes pictures from styles alone: choose no contents"):
        recipe_of(order(methods=["inversion"]))
    with pytest.raises(InputError, match="at least one content and one style"):
        recipe_of(order(contents=[]))


def test_several_styles_are_stored_in_the_order_of_their_shares(order) -> None:
    settings = {"style_share": "0.3,0.7"}
    batch = launch(order(methods=["adain"], settings=settings))
    assert batch.stimuli.count() == 4
    mixtures = [[style.name for style in row.style_pictures] for row in batch.stimuli.all()]
    assert sorted(map(tuple, mixtures)) == [("x", "y")] * 2 + [("y", "x")] * 2
    assert make(batch.stimuli.filter(chunk=0)) > 0
    row = batch.stimuli.filter(chunk=0).first()
    assert (row.state, row.parameters["style_share"]) == ("done", [0.3, 0.7])


def test_universal_starts_at_relu3_1_with_compact(order) -> None:
    (entry,) = recipe_of(order(methods=["universal"]))["methods"]
    assert entry["parameters"]["style_layers"] == ["relu1_1", "relu2_1", "relu3_1"]
    settings = {"style_layers": "relu1_1,relu2_1,relu3_1,relu4_1,relu5_1"}
    (entry,) = recipe_of(order(methods=["universal"], settings=settings))["methods"]
    assert entry["parameters"]["style_layers"][-1] == "relu5_1"


def test_a_picture_with_a_colour_profile_makes_another_recipe(engine, order, tmp_path, media):
    """Before version 1 of the conversion the same file gave other colours."""
    plain = launch(order(name="plain"))
    assert "colours" not in plain.recipe
    image, profile = wide_gamut()
    image.resize((40, 32)).save(tmp_path / "wide.png", icc_profile=profile)
    wide = store_picture(tmp_path / "wide.png", "content", name="wide").picture
    contents = [wide, *order().contents]
    mixed = launch(order(name="mixed", contents=contents))
    assert mixed.recipe["colours"] == CONVERSION
    keys = set(mixed.stimuli.exclude(content=wide).values_list("recipe_key", flat=True))
    assert keys == set(plain.stimuli.values_list("recipe_key", flat=True))
    older = {name: value for name, value in mixed.recipe.items() if name != "colours"}
    Batch.objects.filter(pk=mixed.pk).update(recipe=older)
    with pytest.raises(InputError, match="another recipe .colours: nothing → .srgb-1"):
        launch(order(name="mixed", contents=contents))


def test_auto_becomes_a_precision_in_the_recipe_and_stays_it(engine, order, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    recipe = launch(order(precision="auto")).recipe
    assert (recipe["precision"], recipe["threads"]) == ("bf16", 1)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert launch(order(precision="auto")).recipe["precision"] == "bf16"  # continued elsewhere
    assert launch(order(precision="auto", name="new")).recipe["precision"] == "float32"
