"""The shell command that launches the same batch as a form."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from common.formats import without_suffix
from transfer.batches.combinations import Recipe
from transfer.batches.launch import Order
from transfer.models import Picture
from transfer.models.pictures import named

_DIGITS = 12  # of a SHA-256, where a name alone would not do


def shell_command(order: Order, recipe: Recipe, *, measure: bool = True) -> str:
    """`manage.py generate` with the options that give `recipe`, the recipe of `order`.

    Precision and threads are named as they were resolved here, so that another machine makes the
    same recipe. Pictures are named, or given by their hash where a name does not find one alone.
    """
    words = ["python", "manage.py", "generate", f"--name={order.name}"]
    words += ["--methods", *order.methods]
    for role, chosen in (("content", order.contents), ("style", order.styles)):
        if chosen:
            words += [f"--{role}s", *_references(role, chosen)]
    words += ["--size", str(order.size)]
    if order.iterations is not None:
        words += ["--iterations", str(order.iterations)]
    if order.style_weights:
        words += ["--style-weight", *(_number(weight) for weight in order.style_weights)]
    if order.weights:
        words += ["--weights", order.weights]
    if order.samples is not None:
        words += ["--samples", str(order.samples)]
    if order.settings:
        words += ["--set", *(f"{name}={value}" for name, value in order.settings.items())]
    words += ["--seed", str(order.seed), "--encoder", order.encoder]
    words += ["--precision", recipe["precision"], "--threads", str(recipe["threads"])]
    words += ["--chunk", str(order.chunk)]
    if not measure:
        words.append("--no-measure")
    return shlex.join(words)


def _references(role: str, chosen: Sequence[Picture]) -> list[str]:
    stored = list(Picture.objects.filter(role=role))
    return [_reference(picture, stored) for picture in chosen]


def _reference(picture: Picture, stored: Sequence[Picture]) -> str:
    """The shortest word by which the command finds this picture and no other."""
    for word in (picture.name, picture.sha256[:_DIGITS]):
        if word and word[0] != "-" and named(stored, without_suffix(word)) == [picture]:
            return word
    return picture.sha256


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
