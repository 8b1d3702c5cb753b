"""Deletion of batches with their stimuli, measurements and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from common.errors import InputError
from common.media import remove_file
from studies.models import Study
from transfer.media.thumbnails import thumbnail_path
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


def obstacle(batch: Batch, user: AbstractBaseUser | AnonymousUser | None = None) -> str:
    """Say why a batch may not be deleted; empty where it may.

    Args:
        batch: that is to be deleted.
        user: who sees the reason: studies that they may not see are not named. None: all are.

    """
    used = Study.objects.filter(Q(batches=batch) | Q(stimuli__batch=batch))
    if used.exists():
        seen = used if user is None else used.filter(pk__in=Study.objects.visible_to(user))
        names = ", ".join(f"'{name}'" for name in sorted(set(seen.values_list("name", flat=True))))
        if names:
            return f"it is in use by study {names}: delete the study first"
        return "a study of another researcher uses it"
    if running := batch.stimuli.filter(state=Stimulus.State.RUNNING).count():
        return f"{running} of its stimuli are being made: cancel the batch first"
    return ""


@transaction.atomic
def delete_batch(batch: Batch, user: AbstractBaseUser | AnonymousUser | None = None) -> int:
    """Delete a batch with its stimuli, their measurements and the files of no other stimulus.

    Returns:
        The number of deleted stimuli.

    Raises:
        InputError: a study uses the batch, or its stimuli are being made.

    """
    if reason := obstacle(batch, user):
        raise InputError(f"batch '{batch}' cannot be deleted: {reason}")
    count = batch.stimuli.count()
    files = dict(batch.stimuli.exclude(file="").values_list("file", "sha256"))
    batch.delete()
    # A stimulus of another batch may have the same file.
    shared = Stimulus.objects.filter(file__in=files).values_list("file", flat=True)
    gone = set(files) - set(shared)
    transaction.on_commit(lambda: _remove({name: files[name] for name in gone}))
    return count


def _remove(files: dict[str, str]) -> None:
    for name, sha256 in files.items():
        remove_file(name)
        thumbnail_path(sha256).unlink(missing_ok=True)
