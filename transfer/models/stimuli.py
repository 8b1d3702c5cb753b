"""The tables of batches and their stimuli. A stimulus row is also the job that makes it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from common.media import local_file
from transfer.media.thumbnails import thumbnail
from transfer.models.ledger import Job, Ledger
from transfer.models.pictures import Picture


class Batch(models.Model):
    """A set of stimuli launched together, with the recipe that determines them."""

    name = models.CharField(max_length=200, unique=True)
    # Frozen at launch: methods with all parameters, encoder name and fingerprint, size, seed,
    # sampling rule, precision, threads, chunk size (transfer/batches/recipes.py). Imported batches
    # hold {"imported": true}.
    recipe = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Lists leave archived batches out unless they are asked for.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Address of the page of the batch."""
        return reverse("transfer:batch", args=[self.pk])

    @property
    def is_imported(self) -> bool:
        """Whether other tools made its stimuli."""
        return bool(self.recipe.get("imported"))


class StimulusQuerySet(Ledger["Stimulus"]):
    """Stimuli as jobs; those of one chunk of a batch share method and parameters."""

    def on_pair(self, content: Picture | None, styles: Sequence[Picture]) -> StimulusQuerySet:
        """The finished ones made from `content` and exactly these styles, by method and number."""
        found = self.filter(state=Stimulus.State.DONE, content=content)
        for style in styles:
            found = found.filter(styles=style)
        links = Stimulus.styles.through.objects.filter(stimulus=models.OuterRef("pk"))
        others = links.exclude(picture__in=[style.pk for style in styles])
        return found.exclude(models.Exists(others)).distinct().order_by("method", "pk")


class Stimulus(Job):
    """One stylised picture, with the state of the job that makes it."""

    # Used in URLs that participants see; it reveals nothing about the stimulus.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Its index is that of the gallery.
    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="stimuli", db_index=False
    )
    recipe_key = models.CharField(max_length=64)  # SHA-256 of everything that determines the result
    # None where a method makes a picture from the style alone.
    content = models.ForeignKey(Picture, null=True, on_delete=models.PROTECT, related_name="+")
    styles = models.ManyToManyField(Picture, related_name="+")
    method = models.CharField(max_length=100)  # a registry key, or the label of an imported picture
    parameters: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)

    file = models.FileField(upload_to="stimuli/", max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    losses: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    objects = StimulusQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "stimuli"
        constraints = [
            models.UniqueConstraint(fields=["batch", "recipe_key"], name="one_stimulus_per_recipe")
        ]
        indexes = [
            # For workers, which search for the next chunk that waits.
            models.Index(fields=["state", "batch", "chunk"], name="stimulus_queue"),
            # For the gallery, which shows some rows of a batch in their order.
            models.Index(fields=["batch", "id"], name="stimulus_gallery"),
            # For renewals, which search for the rows of a lease.
            models.Index(fields=["lease"], name="stimulus_lease"),
            # For the images of the last hour.
            models.Index(fields=["finished_at"], name="stimulus_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.method} #{self.pk}"

    def get_absolute_url(self) -> str:
        """Address of the page of the stimulus."""
        return reverse("transfer:stimulus", args=[self.public_id])

    @property
    def path(self) -> Path:
        """The path of the finished picture, which is fetched from the store if it is not here."""
        return local_file(self.file.name or "")

    @property
    def label(self) -> str:
        """The method and, where there is one, the content, for lists and messages."""
        return f"{self.method} on {self.content.name}" if self.content else self.method

    @property
    def weighted_method(self) -> str:
        """The method with its style weight, if it has one."""
        weight = self.parameters.get("style_weight")
        return f"{self.method} at {weight:g}" if isinstance(weight, int | float) else self.method

    @property
    def style_pictures(self) -> list[Picture]:
        """The styles in the order in which they were given."""
        return styles_in_order([self])[self.pk]

    def thumbnail(self) -> Path:
        """Path of a small JPEG of the finished picture, which the first call makes."""
        return thumbnail(self.path, self.sha256)

    @property
    def file_url(self) -> str:
        """Address of the file, for researchers."""
        return reverse("transfer:stimulus_file", args=[self.public_id])

    @property
    def thumbnail_url(self) -> str:
        """Address of the thumbnail, for researchers."""
        return reverse("transfer:stimulus_thumbnail", args=[self.public_id])


def styles_in_order(stimuli: Iterable[Stimulus]) -> dict[int, list[Picture]]:
    """The styles of each stimulus, by its primary key, in the order in which they were given."""
    found: dict[int, list[Picture]] = {stimulus.pk: [] for stimulus in stimuli}
    links = Stimulus.styles.through.objects.filter(stimulus_id__in=found).order_by("pk")
    for link in links.select_related("picture"):
        found[link.stimulus_id].append(link.picture)
    return found
