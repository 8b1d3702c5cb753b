"""The table of content and style pictures."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.urls import reverse

from common.errors import InputError
from common.formats import without_suffix
from common.media import local_file, remove_file
from transfer.media.thumbnails import thumbnail, thumbnail_path

SHORTEST_HASH = 8
"""Digits of a SHA-256 that name a picture."""


class PictureQuerySet(models.QuerySet["Picture"]):
    """Pictures, found by their names."""

    def matching(self, role: str, patterns: Sequence[str] = ()) -> list[Picture]:
        """The pictures of a role that any of `patterns` names (all if there is no pattern).

        Raises:
            InputError: no picture has that role, or a pattern matches nothing (see `named`).

        """
        pictures = list(self.filter(role=role))
        if not pictures:
            raise InputError(
                f"there is no {role} picture yet: manage.py import_pictures DIR --role {role}"
            )
        if not patterns:
            return pictures
        wanted = set()
        for pattern in patterns:
            found = named(pictures, pattern)
            if not found:
                names = ", ".join(picture.name for picture in pictures[:10])
                more = ", …" if len(pictures) > 10 else ""
                raise InputError(f"no {role} picture is named '{pattern}': use of {names}{more}")
            wanted |= {picture.pk for picture in found}
        return [picture for picture in pictures if picture.pk in wanted]


def named(pictures: Sequence[Picture], pattern: str) -> list[Picture]:
    """The pictures that `pattern` names, by the first of these rules that finds any.

    An exact name; the name of the file that the picture was imported from; the first eight or more
    digits of a SHA-256; a name with the wildcards * and ?, with or without a file's suffix.
    """
    bare = without_suffix(pattern)
    digits = pattern.lower() if len(pattern) >= SHORTEST_HASH else None
    tests: tuple[Callable[[Picture], bool], ...] = (
        lambda picture: picture.name == pattern,
        lambda picture: picture.name == bare,
        lambda picture: digits is not None and picture.sha256.startswith(digits),
        lambda picture: fnmatch.fnmatchcase(picture.name, pattern),
        lambda picture: fnmatch.fnmatchcase(picture.name, bare),
    )
    for test in tests:
        if found := [picture for picture in pictures if test(picture)]:
            return found
    return []


class Picture(models.Model):
    """A content or style picture; each file (by its SHA-256) is stored once per role."""

    class Role(models.TextChoices):
        CONTENT = "content"
        STYLE = "style"

    role = models.CharField(max_length=7, choices=Role.choices)
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to="pictures/", max_length=300)
    sha256 = models.CharField(max_length=64)
    # Of the upright picture, after the rotation by its EXIF data.
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    licence = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=500, blank=True)
    # Human boundary annotations of the upright content picture (BSDS500 .mat).
    annotations = models.FileField(upload_to="annotations/", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["role", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["role", "sha256"], name="one_picture_per_role_and_file")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """The path of the file, which is fetched from the object store if it is not here."""
        return local_file(self.file.name or "")

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the row, and its files unless the same picture also has the other role.

        Raises:
            ProtectedError: stimuli were made from it.

        """
        deleted = super().delete(*args, **options)
        if not Picture.objects.filter(sha256=self.sha256).exists():
            transaction.on_commit(self._delete_files)
        return deleted

    def _delete_files(self) -> None:
        remove_file(self.file.name or "")
        thumbnail_path(self.sha256).unlink(missing_ok=True)

    def thumbnail(self) -> Path:
        """Path of a small JPEG of the picture, which the first call makes."""
        return thumbnail(self.path, self.sha256)

    @property
    def file_url(self) -> str:
        """Address of the file, for researchers."""
        return reverse("transfer:picture_file", args=[self.pk])

    @property
    def thumbnail_url(self) -> str:
        """Address of the thumbnail, for researchers."""
        return reverse("transfer:picture_thumbnail", args=[self.pk])
