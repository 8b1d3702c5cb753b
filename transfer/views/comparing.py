"""Compare stimuli: the methods on one pair at one size, and a grid of methods and styles."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from transfer.models import Batch, Picture, Stimulus
from transfer.models.stimuli import StimulusQuerySet, styles_in_order
from transfer.views.forms import CompareForm

FIRST = 3
"""Stimuli that are shown before any is chosen."""


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Content, style and any of their stimuli at one size."""
    form = CompareForm(request.GET)
    content, style = form.pair()
    stimuli: list[Stimulus] = []
    if content and style:
        found = _finished(form.chosen_batch).on_pair(content, [style])
        stimuli = list(found.select_related("batch", "content"))
    named = set(request.GET.getlist("stimulus"))
    chosen = [one for one in stimuli if str(one.public_id) in named] or stimuli[:FIRST]
    context: dict[str, Any] = {
        "form": form,
        "content": content,
        "style": style,
        "stimuli": [(one, one in chosen) for one in stimuli],
        "several_batches": len({one.batch_id for one in stimuli}) > 1,
        "chosen": chosen,
    }
    return render(request, "transfer/compare.html", context)


@require_safe
def compare_grid(request: HttpRequest) -> HttpResponse:
    """All stimuli of a content: a row for each method, a column for each style."""
    form = CompareForm(request.GET)
    content, _ = form.pair()
    stimuli = _finished(form.chosen_batch).filter(content=content)
    cells: dict[str, dict[int, list[Stimulus]]] = defaultdict(lambda: defaultdict(list))
    styles: dict[int, Picture] = {}
    made = list(stimuli.order_by("method", "pk")) if content else []
    painted = styles_in_order(made)
    for one in made:
        if len(painted[one.pk]) == 1:
            style = painted[one.pk][0]
            styles[style.pk] = style
            cells[one.weighted_method][style.pk].append(one)
    columns = sorted(styles.values(), key=lambda style: (style.name, style.pk))
    rows = [
        (method, [(style, by_style.get(style.pk, [])) for style in columns])
        for method, by_style in cells.items()
    ]
    context = {"form": form, "content": content, "columns": columns, "rows": rows}
    return render(request, "transfer/compare_grid.html", context)


def _finished(batch: Batch | None) -> StimulusQuerySet:
    finished = Stimulus.objects.filter(state=Stimulus.State.DONE)
    return finished.filter(batch=batch) if batch else finished
