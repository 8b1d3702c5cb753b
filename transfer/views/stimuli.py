"""The page of a stimulus."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from transfer.batches.measuring_provider import provider
from transfer.models import Stimulus


@require_safe
def stimulus(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One stimulus: pictures, scores, votes, its neighbours on the same pair, how it was made."""
    shown = get_object_or_404(
        Stimulus.objects.select_related("batch", "content"), public_id=public_id
    )
    measuring = provider()
    done = shown.state == Stimulus.State.DONE
    context: dict[str, Any] = {
        "stimulus": shown,
        "styles": shown.style_pictures,
        "summary": measuring.stimulus_summary(shown, request.user) if measuring and done else None,
        "previous": shown.batch.stimuli.filter(pk__lt=shown.pk).order_by("-pk").first(),
        "next": shown.batch.stimuli.filter(pk__gt=shown.pk).order_by("pk").first(),
    }
    return render(request, "transfer/stimulus.html", context)
