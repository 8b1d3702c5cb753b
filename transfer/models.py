"""The records of transfer: pictures, batches, and stimuli with their job ledger."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models


class Picture(models.Model):
    """A content or style picture, stored once per role: the SHA-256 of its file tells it apart."""

    class Role(models.TextChoices):
        CONTENT = "content"
        STYLE = "style"

    role = models.CharField(max_length=7, choices=Role.choices)
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to="pictures/", max_length=300)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    licence = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=500, blank=True)
    # Human boundary annotations of a content picture (BSDS500 .mat).
    annotations = models.FileField(upload_to="annotations/", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["role", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["role", "sha256"], name="one_picture_per_role_and_file")
        ]

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """A set of stimuli launched together, with the recipe that decides every one of them."""

    name = models.CharField(max_length=200, unique=True)
    # Frozen at launch: methods with all parameters, encoder name and fingerprint, size, seed,
    # sampling rule, precision, chunk size. Imported batches say {"imported": true, …}.
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


class Stimulus(models.Model):
    """One stylised picture, and the ledger of the job that makes it."""

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    # What participants see in addresses: it tells nothing about the stimulus.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="stimuli")
    recipe_key = models.CharField(max_length=64)  # SHA-256 of all that decides the result
    content = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    styles = models.ManyToManyField(Picture, related_name="+")
    method = models.CharField(max_length=100)  # a registry key, or the label of an imported picture
    parameters: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)

    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    attempt = models.PositiveSmallIntegerField(default=0)
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

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "stimuli"
        constraints = [
            models.UniqueConstraint(fields=["batch", "recipe_key"], name="one_stimulus_per_recipe")
        ]
        # Workers look for the next job by batch and state.
        indexes = [models.Index(fields=["state", "batch", "method"], name="stimulus_queue")]

    def __str__(self) -> str:
        return f"{self.method} #{self.pk}"
