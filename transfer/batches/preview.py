"""What a batch would be, before it is launched; nothing is stored and nothing is fetched."""

from __future__ import annotations

import json
from dataclasses import dataclass

from common.errors import InputError
from transfer.batches.combinations import Recipe
from transfer.batches.estimate import Estimate, estimate
from transfer.batches.launch import Order, recipe_of, refuse_other_recipe, stimuli_of
from transfer.batches.recipes import fingerprint
from transfer.batches.shell_command import shell_command
from transfer.encoders import encoder_spec, file_version
from transfer.models import Batch


@dataclass(frozen=True)
class Preview:
    """A batch that was not launched.

    Attributes:
        number: of its stimuli.
        existing: of these, how many a batch of this name has already.
        command: the shell command that gives the same recipe.

    """

    number: int
    existing: int
    estimate: Estimate
    recipe: Recipe
    command: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the recipe."""
        return fingerprint(self.recipe)

    @property
    def recipe_as_json(self) -> str:
        """The recipe as indented JSON."""
        return json.dumps(self.recipe, indent=2, ensure_ascii=False)


def preview(order: Order, *, measure: bool = True, most: int | None = None) -> Preview:
    """Work out an order.

    Args:
        order: what is asked for.
        measure: whether the command measures the stimuli when they are made.
        most: the largest number of stimuli that the caller launches.

    Raises:
        InputError: the order cannot be carried out, or weights would have to be fetched first.

    """
    _refuse_to_fetch(order)
    existing = Batch.objects.filter(name=order.name).first()
    recipe = recipe_of(order, existing.recipe if existing else {})
    if existing is not None:
        refuse_other_recipe(existing, recipe)
    stimuli = stimuli_of(order, recipe)
    if most is not None and len(stimuli) > most:
        raise too_many(len(stimuli), most)
    return Preview(
        number=len(stimuli),
        existing=existing.stimuli.count() if existing else 0,
        estimate=estimate(recipe, stimuli),
        recipe=recipe,
        command=shell_command(order, recipe, measure=measure),
    )


def too_many(number: int, most: int) -> InputError:
    """The objection to more stimuli than a page launches."""
    return InputError(
        f"these are {number} stimuli, and a page launches at most {most}: choose fewer, or use "
        "manage.py generate --queue"
    )


def _refuse_to_fetch(order: Order) -> None:
    """A preview is made while people type: it must not start a download."""
    if file_version(encoder_spec(order.encoder)) is None:
        raise InputError(
            f"the weights of {order.encoder} are not on this machine yet: launching fetches them, "
            "or says how to get them"
        )
