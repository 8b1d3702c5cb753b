"""Launch a batch: fix the recipe of an order, and add a waiting row for each stimulus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from common.colours import CONVERSION, is_converted
from common.device import choose_device
from common.errors import InputError
from common.lookup import check_name
from common.pictures import check_width
from transfer.batches import recipes
from transfer.batches.combinations import Recipe, Source
from transfer.batches.recipe_differences import differences
from transfer.batches.variants import variants
from transfer.decoders import fingerprint_of, loaded_autoencoders
from transfer.encoders import DEFAULT_ENCODER, loaded_encoder
from transfer.methods import METHODS
from transfer.methods.style_weights import Range
from transfer.models import Batch, Picture, Stimulus

SMALLEST, LARGEST = 32, 4096
"""Widths of stimuli, in pixels."""
_ROWS = 500  # written by one statement


@dataclass(frozen=True)
class Order:
    """A request for a batch.

    Attributes:
        style_weights: every method that has a style weight is run at each; empty for the default.
        settings: `name` or `method.name` → value, for any parameter of the methods.
        weights: `ordinary` or `aggressive`: run methods at the strengths of the paper's experiment
            instead (`methods.style_weights`).
        samples: number of stimuli to draw per method, instead of the full grid.
        precision: one of `recipes.PRECISIONS`, or `auto` for the fastest one on this machine.
        threads: CPU threads for each chunk; a machine is kept busy by one process for each core.
        chunk: number of stimuli that are made together.

    """

    name: str
    methods: Sequence[str]
    contents: Sequence[Picture]
    styles: Sequence[Picture]
    size: int = 256
    iterations: int | None = None
    style_weights: Sequence[float] = ()
    weights: Range | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    encoder: str = DEFAULT_ENCODER
    samples: int | None = None
    precision: str = recipes.AUTO
    threads: int | None = None
    chunk: int = 4


def launch(order: Order, user: User | None = None) -> Batch:
    """Launch the batch of that name: add a waiting row for each of its stimuli that has none.

    Repeating an order changes nothing, so it is safe after any interruption.

    Raises:
        InputError: the order cannot be carried out, or the name belongs to another recipe.

    """
    existing = Batch.objects.filter(name=order.name).first()
    recipe = recipe_of(order, existing.recipe if existing else {})
    if existing is not None:
        refuse_other_recipe(existing, recipe)
    stimuli = stimuli_of(order, recipe)
    with transaction.atomic():
        batch, _ = Batch.objects.get_or_create(
            name=order.name, defaults={"recipe": recipe, "created_by": user}
        )
        refuse_other_recipe(batch, recipe)  # another process may have launched the batch meanwhile
        _add_rows(batch, stimuli, order)
    return batch


def recipe_of(order: Order, existing: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe of an order. Threads and precision, if not ordered, are those of `existing`.

    Raises:
        InputError: a value that cannot be used.

    """
    _validate(order)
    methods = variants(
        order.methods,
        style_weights=order.style_weights,
        weights=order.weights,
        iterations=order.iterations,
        settings=order.settings,
        encoder=order.encoder,
    )
    encoder = loaded_encoder(order.encoder)
    for entry in methods:
        # With a missing layer every stimulus would fail.
        encoder.require(_layers(entry["parameters"]) or [encoder.deepest])
        if METHODS[entry["method"]].needs_decoder:
            found = loaded_autoencoders(order.encoder, entry["parameters"]["style_layers"])
            entry["decoders"] = fingerprint_of(found)
    sampling: dict[str, Any] = {"rule": "grid"}
    if order.samples is not None:
        sampling = {"rule": "samples", "samples": order.samples}
    converted = any(is_converted(picture.path) for picture in (*order.contents, *order.styles))
    colours = {"colours": CONVERSION} if converted else {}
    before = existing or {}
    threads = order.threads or before.get("threads") or 1
    precision = order.precision
    if precision == recipes.AUTO:
        precision = before.get("precision") or _fastest(order.methods, threads)
    return colours | {
        "methods": methods,
        "contents": sorted(picture.sha256 for picture in order.contents),
        "styles": sorted(picture.sha256 for picture in order.styles),
        "sampling": sampling,
        "encoder": order.encoder,
        "encoder_fingerprint": encoder.fingerprint,
        "size": order.size,
        "seed": order.seed,
        "precision": precision,
        "threads": threads,
        "chunk": order.chunk,
    }


def stimuli_of(order: Order, recipe: Recipe) -> list[recipes.StimulusRecipe]:
    """The stimuli of an order.

    Raises:
        InputError: too many of them, or more samples than combinations.

    """

    def sources(pictures: Sequence[Picture]) -> list[Source]:
        by_hash = sorted(pictures, key=lambda picture: picture.sha256)
        return [
            Source(p.sha256, p.width, p.height, "colours" in recipe and is_converted(p.path))
            for p in by_hash
        ]

    return recipes.expand(recipe, sources(order.contents), sources(order.styles))


def _fastest(methods: Sequence[str], threads: int) -> str:
    """The fastest precision of this machine.

    Methods without content are run in float32: their losses are compared to the last digits.
    """
    from transfer.methods.precision import resolve_precision

    if not all(METHODS[method].needs_content for method in methods):
        return "float32"
    return resolve_precision(recipes.AUTO, choose_device("auto"), threads)


def _layers(parameters: Mapping[str, Any]) -> list[str]:
    """The layers that parameters name."""
    single = [parameters[name] for name in ("content_layer", "layer") if name in parameters]
    return [*single, *parameters.get("style_layers", ())]


def _validate(order: Order) -> None:
    if not order.name.strip():
        raise InputError("the batch has no name: give it one (--name)")
    needing = [METHODS[method].needs_content for method in order.methods if method in METHODS]
    if not order.styles or (not order.contents and any(needing)):
        raise InputError("a batch needs at least one content and one style picture: choose them")
    if order.contents and needing and not any(needing):
        raise InputError(
            f"{', '.join(order.methods)} makes pictures from styles alone: choose no contents"
        )
    if not SMALLEST <= order.size <= LARGEST:
        raise InputError(f"size {order.size} cannot be used: use {SMALLEST} to {LARGEST} pixels")
    for picture in (*order.contents, *order.styles):
        name = f"{picture.role} '{picture.name}'"
        check_width((picture.width, picture.height), order.size, name)
    check_name("precision", order.precision, (recipes.AUTO, *recipes.PRECISIONS))
    for what, value in (
        ("chunk", order.chunk), ("threads", order.threads), ("samples", order.samples)
    ):  # fmt: skip
        if value is not None and value < 1:
            raise InputError(f"{what} {value} cannot be used: use a whole number from 1")


def refuse_other_recipe(batch: Batch, recipe: Recipe) -> None:
    """Raise InputError if a batch has another recipe than this one."""
    if batch.is_imported:
        raise InputError(f"batch '{batch.name}' holds imported stimuli: give another --name")
    if changed := differences(batch.recipe, recipe):
        raise InputError(
            f"batch '{batch.name}' was launched with another recipe ({'; '.join(changed)}): give "
            "another --name, or the same options"
        )


def _add_rows(batch: Batch, stimuli: Sequence[recipes.StimulusRecipe], order: Order) -> None:
    known = set(batch.stimuli.values_list("recipe_key", flat=True))
    missing = [one for one in stimuli if one.key not in known]
    contents = {picture.sha256: picture for picture in order.contents}
    styles = {picture.sha256: picture for picture in order.styles}
    rows = Stimulus.objects.bulk_create(
        [
            Stimulus(
                batch=batch,
                recipe_key=one.key,
                chunk=one.chunk,
                content=contents[one.content.sha256] if one.content else None,
                method=one.method,
                parameters=dict(one.parameters),
                seed=one.seed,
            )
            for one in missing
        ],
        batch_size=_ROWS,
    )
    link = Stimulus.styles.through
    link.objects.bulk_create(
        [
            link(stimulus=row, picture=styles[style.sha256])
            for row, one in zip(rows, missing, strict=True)
            for style in one.styles
        ],
        batch_size=_ROWS,
    )
