"""Consent texts of a study, by version."""

from __future__ import annotations

from django.db import models


class ConsentText(models.Model):
    """A version of a study's consent text. Rows are never changed."""

    study = models.ForeignKey(
        "studies.Study", on_delete=models.CASCADE, related_name="consent_texts"
    )
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["study", "version"], name="one_text_per_version")
        ]

    def __str__(self) -> str:
        return f"consent {self.version} of {self.study}"
