"""Batches: the list, and one batch with its gallery."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from common.progress import rate
from transfer.batches.measuring_provider import provider
from transfer.batches.states import CANCELLED
from transfer.models import Batch, Picture, Stimulus
from transfer.models.ledger import Progress
from transfer.models.stimuli import styles_in_order
from transfer.views.forms import GalleryForm
from transfer.views.gallery import Scores, as_made, by_score, in_batch

PER_PAGE = 48
REASONS = 8
"""Reasons of failures on a page, the most frequent first."""


@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    """The batches with their progress; with `archived` in the address the archived ones."""
    archived = "archived" in request.GET
    listed = Batch.objects.filter(archived_at__isnull=not archived).select_related("created_by")
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    shown = Stimulus.objects.filter(batch__in=[batch.pk for batch in page])
    progress = shown.progress_by_batch()
    rows = [(batch, progress.get(batch.pk, Progress())) for batch in page]
    context = {
        "rows": rows,
        "page": page,
        "archived": archived,
        "others": Batch.objects.filter(archived_at__isnull=archived).count(),
        "query": "archived=1&" if archived else "",
    }
    return render(request, "transfer/batches.html", context)


@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: its progress, recipe and stimuli."""
    shown = get_object_or_404(Batch.objects.select_related("created_by"), pk=pk)
    filters = GalleryForm(request.GET, batch=shown)
    chosen = in_batch(shown).filter(**filters.chosen()).select_related("content")
    progress = shown.stimuli.progress()
    stimuli = as_made(chosen, None if filters.chosen() else progress.total)
    measuring = provider()
    scores: Scores = {}
    if measuring and filters.order_chosen:
        scores = measuring.batch_scores(shown, request.user)
        stimuli = by_score(chosen, scores, filters.order_chosen)
    page = Paginator(stimuli, PER_PAGE).get_page(request.GET.get("page"))
    mixtures = styles_in_order(page)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "batch": shown,
        "unscored": bool(filters.order_chosen) and not scores,
        "measuring": measuring.summary(shown) if measuring else None,
        "progress": progress,
        "reasons": shown.stimuli.reasons()[:REASONS] if progress.failed else [],
        "cancelled": CANCELLED,
        "pace": _pace(shown, progress),
        "filters": filters,
        "page": page,
        "rows": [
            (one, _mixture(one, mixtures[one.pk]), scores.get(one.public_id.hex)) for one in page
        ],
        "query": f"{query.urlencode()}&" if query else "",
    }
    return render(request, "transfer/batch.html", context)


def _mixture(stimulus: Stimulus, styles: Sequence[Picture]) -> str:
    """The names of the styles; of several, each with its weight."""
    shares = stimulus.parameters.get("style_share") or []
    if len(shares) != len(styles):
        return ", ".join(style.name for style in styles)
    return ", ".join(f"{style.name} {share:g}" for style, share in zip(styles, shares, strict=True))


@require_safe
def batch_progress(request: HttpRequest, pk: int) -> JsonResponse:
    """The progress of a batch as JSON, for the script of its page."""
    shown = get_object_or_404(Batch, pk=pk)
    progress = shown.stimuli.progress()
    return JsonResponse(
        {
            "pending": progress.pending,
            "running": progress.running,
            "done": progress.done,
            "failed": progress.failed,
            "pace": _pace(shown, progress),
        }
    )


def _pace(batch: Batch, progress: Progress) -> str:
    """Images per hour and the time left; empty if no worker is active."""
    seconds = batch.stimuli.seconds_per_image()
    return rate(1, progress.open, seconds) if seconds else ""
