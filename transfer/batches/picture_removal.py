"""Removal of pictures that no stimulus was made from."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from common.errors import InputError
from transfer.models import Picture, Stimulus

_NAMED = 3


@transaction.atomic
def remove_picture(picture: Picture) -> None:
    """Remove a picture.

    Raises:
        InputError: stimuli were made from it; they would lose their content or style, and votes on
            them their meaning.

    """
    made = Stimulus.objects.filter(Q(content=picture) | Q(styles=picture))
    names = sorted(set(made.values_list("batch__name", flat=True)))
    if names:
        batches = ", ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
        raise InputError(
            f"{picture.name} was not removed: the stimuli of {batches} were made from it; delete "
            "these batches first"
        )
    picture.delete()
