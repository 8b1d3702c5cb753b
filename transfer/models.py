"""The records of transfer: pictures, batches, and stimuli with their job ledger."""

from __future__ import annotations

import fnmatch
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse

from common.errors import InputError
from common.formats import NAMES, suffix_of
from common.media import keep, media_path
from transfer.batches import ledger
from transfer.media.thumbnails import thumbnail, thumbnail_path


class PictureQuerySet(models.QuerySet["Picture"]):
    """Pictures as people name them."""

    def matching(self, role: str, patterns: Sequence[str] = ()) -> list[Picture]:
        """The pictures of a role whose name matches any of `patterns` (all, where there is none).

        A pattern is a name, with * and ? for what is left open, or the first eight or more digits
        of a SHA-256.

        Raises:
            InputError: no picture has that role, or a pattern matches nothing.

        """
        pictures = list(self.filter(role=role))
        if not pictures:
            raise InputError(
                f"there is no {role} picture yet: manage.py import_pictures DIR --role {role}"
            )
        if not patterns:
            return pictures
        chosen = {pattern: [p for p in pictures if p.matches(pattern)] for pattern in patterns}
        for pattern, found in chosen.items():
            if not found:
                names = ", ".join(picture.name for picture in pictures[:10])
                more = ", …" if len(pictures) > 10 else ""
                raise InputError(f"no {role} picture is named '{pattern}': use of {names}{more}")
        wanted = {picture.pk for found in chosen.values() for picture in found}
        return [picture for picture in pictures if picture.pk in wanted]


class Picture(models.Model):
    """A content or style picture, stored once per role: the SHA-256 of its file tells it apart."""

    class Role(models.TextChoices):
        CONTENT = "content"
        STYLE = "style"

    role = models.CharField(max_length=7, choices=Role.choices)
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to="pictures/", max_length=300)
    sha256 = models.CharField(max_length=64)
    # As it is seen, that is after the turn that its EXIF data asks for.
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    licence = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=500, blank=True)
    # Human boundary annotations of a content picture (BSDS500 .mat).
    annotations = models.FileField(upload_to="annotations/", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PictureQuerySet.as_manager()

    is_new = False
    """Whether `from_file` stored it just now, or knew it already."""

    class Meta:
        ordering = ["role", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["role", "sha256"], name="one_picture_per_role_and_file")
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_file(
        cls,
        path: Path,
        role: str,
        *,
        name: str = "",
        licence: str = "",
        source: str = "",
        annotations: Path | None = None,
    ) -> Picture:
        """Store a picture file; one that is stored already is kept as it is.

        Annotations are added to a picture that had none.

        Raises:
            InputError: an unknown role.
            PictureError: the file is no usable picture, or the annotations are not those of it.

        """
        from common.pictures import read_picture
        from transfer.media.annotations import check_annotations

        if role not in cls.Role.values:
            raise InputError(f"unknown role '{role}': use content or style")
        image = read_picture(path)
        if annotations is not None:
            check_annotations(annotations, image.size)
        stored, sha256 = keep("pictures", _suffix_of(path), path.read_bytes())
        with transaction.atomic():
            picture, is_new = cls.objects.get_or_create(
                role=role,
                sha256=sha256,
                defaults={
                    "name": (name or path.stem)[:200],
                    "file": stored,
                    "width": image.width,
                    "height": image.height,
                    "licence": licence[:200],
                    "source": source[:500],
                },
            )
            if annotations is not None and not picture.annotations:
                picture.annotations.name, _ = keep("annotations", ".mat", annotations.read_bytes())
                picture.save(update_fields=["annotations"])
        picture.is_new = is_new
        return picture

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return media_path(self.file.name or "")

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the row, and its files unless the same picture has the other role too.

        Raises:
            ProtectedError: stimuli were made from it.

        """
        deleted = super().delete(*args, **options)
        if not Picture.objects.filter(sha256=self.sha256).exists():
            transaction.on_commit(self._delete_files)
        return deleted

    def _delete_files(self) -> None:
        self.path.unlink(missing_ok=True)
        thumbnail_path(self.sha256).unlink(missing_ok=True)

    def matches(self, pattern: str) -> bool:
        """Whether `pattern` names this picture (see PictureQuerySet.matching)."""
        by_hash = len(pattern) >= 8 and self.sha256.startswith(pattern.lower())
        return by_hash or fnmatch.fnmatchcase(self.name, pattern)

    def thumbnail(self) -> Path:
        """A small JPEG of the picture, made at the first call."""
        return thumbnail(self.path, self.sha256)

    @property
    def file_url(self) -> str:
        """Where a researcher sees it."""
        return reverse("transfer:picture_file", args=[self.pk])

    @property
    def thumbnail_url(self) -> str:
        """Where a researcher sees it small."""
        return reverse("transfer:picture_thumbnail", args=[self.pk])


class Batch(models.Model):
    """A set of stimuli launched together, with the recipe that decides every one of them."""

    name = models.CharField(max_length=200, unique=True)
    # Frozen at launch: methods with all parameters, encoder name and fingerprint, size, seed,
    # sampling rule, precision, threads, chunk size (transfer/batches/recipes.py). Imported batches
    # hold {"imported": true}.
    recipe = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page of the batch."""
        return reverse("transfer:batch", args=[self.pk])

    @property
    def is_imported(self) -> bool:
        """Whether its stimuli were made by other tools."""
        return bool(self.recipe.get("imported"))


class Stimulus(models.Model):
    """One stylised picture, and the ledger of the job that makes it."""

    State = ledger.State

    # What participants see in addresses: it tells nothing about the stimulus.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="stimuli")
    recipe_key = models.CharField(max_length=64)  # SHA-256 of all that decides the result
    # Rows of a batch with one chunk number are made together; they share method and parameters.
    chunk = models.PositiveIntegerField(default=0)
    content = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    styles = models.ManyToManyField(Picture, related_name="+")
    method = models.CharField(max_length=100)  # a registry key, or the label of an imported picture
    parameters: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)

    state = models.CharField(
        max_length=7, choices=ledger.State.choices, default=ledger.State.PENDING
    )
    attempt = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True)
    device = models.CharField(max_length=100, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)

    file = models.FileField(upload_to="stimuli/", max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    losses: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ledger.Ledger.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "stimuli"
        constraints = [
            models.UniqueConstraint(fields=["batch", "recipe_key"], name="one_stimulus_per_recipe")
        ]
        indexes = [
            # Workers look for the next chunk that waits.
            models.Index(fields=["state", "batch", "chunk"], name="stimulus_queue"),
            # A holder finds its own rows at every renewal.
            models.Index(fields=["lease"], name="stimulus_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.method} #{self.pk}"

    def get_absolute_url(self) -> str:
        """The page of the stimulus."""
        return reverse("transfer:stimulus", args=[self.public_id])

    @property
    def path(self) -> Path:
        """Where the finished picture lies."""
        return media_path(self.file.name or "")

    @property
    def style_pictures(self) -> list[Picture]:
        """The styles in the order in which they were given."""
        links = Stimulus.styles.through.objects.filter(stimulus_id=self.pk).order_by("pk")
        return [link.picture for link in links.select_related("picture")]

    def thumbnail(self) -> Path:
        """A small JPEG of the finished picture, made at the first call."""
        return thumbnail(self.path, self.sha256)

    @property
    def file_url(self) -> str:
        """Where a researcher sees it."""
        return reverse("transfer:stimulus_file", args=[self.public_id])

    @property
    def thumbnail_url(self) -> str:
        """Where a researcher sees it small."""
        return reverse("transfer:stimulus_thumbnail", args=[self.public_id])


def _suffix_of(path: Path) -> str:
    """The suffix that says the file's true type, whatever the file is called."""
    from PIL import Image

    with Image.open(path, formats=NAMES) as image:
        return suffix_of(image.format)
