"""The researcher's pages: the list of studies, one study, its form and its monitor."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from studies.exchange.bundle import LICENCES
from studies.forms.settings import rows
from studies.forms.study import CodesForm, NewStudyForm, StudyForm
from studies.models import Cohort, Study
from studies.monitoring.pausing import ENOUGH, LATEST, thresholds
from studies.monitoring.summary import cohort_counts, summarise
from studies.planning import deletion
from studies.planning.allocation import items_of, methods_of
from studies.planning.duplication import duplicate_study
from studies.views.access import visible_study
from transfer.batches.near_duplicates import near_duplicates


@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """The studies that the researcher may see."""
    shown = Study.objects.visible_to(request.user).with_votes()
    return render(request, "studies/studies.html", {"studies": shown})


def create(request: HttpRequest) -> HttpResponse:
    """The form for a new study."""
    owner = request.user if request.user.is_authenticated else None
    chosen = [int(key) for key in request.GET.getlist("batch") if key.isdecimal()]
    form = NewStudyForm(
        request.POST or None, instance=Study(created_by=owner), initial={"batches": chosen}
    )
    if request.method == "POST" and form.is_valid():
        made = form.save()
        for warning in near_duplicates(made.batches.all()):
            messages.warning(request, warning)
        if form.cleaned_data["both_tests"]:
            other = "C" if made.kind == "E" else "E"
            twin = duplicate_study(made, owner, kind=other)
            messages.success(request, f"Two drafts are created: {made.name} and {twin.name}.")
            return redirect("studies:studies")
        return redirect(made)
    return render(request, "studies/create.html", {"form": form})


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a study: all settings in draft, later the codes only."""
    found = visible_study(request, pk)
    kind = StudyForm if found.state == Study.State.DRAFT else CodesForm
    form = kind(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        messages.success(request, "Saved.")
        return redirect(form.save())
    return render(request, "studies/create.html", {"form": form, "study": found})


@require_POST
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Create a draft with the settings of a study, and show its form."""
    found = visible_study(request, pk)
    draft = duplicate_study(found, request.user if request.user.is_authenticated else None)
    messages.success(request, f"This draft has the settings of {found.name}.")
    return redirect("studies:edit", draft.pk)


@require_safe
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """One study: link, state, votes and settings."""
    found = visible_study(request, pk)
    context = {
        "study": found,
        "link": request.build_absolute_uri(found.entry_url),
        "cohorts": cohort_counts(found),
        "pairs": found.pairs.count(),
        "stimuli": len(items_of(found)),
        "methods": methods_of(found),
        "pilot_link": request.build_absolute_uri(found.pilot_url),
        "rules": found.session_rules.declared(),
        "licences": list(LICENCES),
        "screen_requirements": found.screen_requirements.declared(),
        "settings": rows(found),
        "is_owner": found.belongs_to(request.user),
        "deletion_obstacle": deletion.obstacle(found),
    }
    return render(request, "studies/study.html", context)


@require_safe
def monitor(request: HttpRequest, pk: int) -> HttpResponse:
    """The monitor of a study: votes per pair, dropout, attention and agreement."""
    found = visible_study(request, pk)
    cohort = request.GET.get("of", Cohort.PEOPLE)
    if cohort not in Cohort.values:
        raise Http404
    context = {
        "study": found,
        "cohort": cohort,
        "cohorts": Cohort.values,
        "summary": summarise(found, cohort),
        "thresholds": thresholds(found),
        "latest": LATEST,
        "enough": ENOUGH,
    }
    return render(request, "studies/monitor.html", context)
