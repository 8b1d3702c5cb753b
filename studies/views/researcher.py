"""The researcher's pages: the list of studies, and one study."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studies.forms.settings import rows
from studies.models import Study
from studies.monitoring.summary import cohort_counts
from studies.planning import deletion
from studies.planning.allocation import items_of, methods_of
from studies.planning.outline import outline
from studies.views.access import visible_study


@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """The studies that the researcher may see; with `archived` in the address the archived ones."""
    visible = Study.objects.visible_to(request.user)
    archived = "archived" in request.GET
    context = {
        "studies": visible.filter(archived_at__isnull=not archived).with_votes(),
        "archived": archived,
        "others": visible.filter(archived_at__isnull=archived).count(),
    }
    return render(request, "studies/studies.html", context)


@require_safe
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """One study: link, state, votes and settings."""
    found = visible_study(request, pk)
    context = {
        "study": found,
        "link": request.build_absolute_uri(found.entry_url),
        "cohorts": cohort_counts(found),
        "plan": outline(found) if found.state == Study.State.DRAFT else None,
        "pairs": found.pairs.count(),
        "stimuli": len(items_of(found)),
        "methods": methods_of(found),
        "pilot_link": request.build_absolute_uri(found.pilot_url),
        "rules": found.session_rules.declared(),
        "screen_requirements": found.screen_requirements.declared(),
        "settings": rows(found),
        "is_owner": found.belongs_to(request.user),
        "deletion_obstacle": deletion.obstacle(found),
    }
    return render(request, "studies/study.html", context)
