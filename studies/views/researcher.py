"""The researcher's pages: studies, one study, its votes."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from common.errors import InputError
from studies.exchange.bundle import LICENCES
from studies.forms.study import CodesForm, StudyForm
from studies.models import Cohort, Study
from studies.monitoring.monitor import ENOUGH, LATEST, progress, thresholds, watch
from studies.views.access import visible_study
from transfer.batches.near_duplicates import near_duplicates


@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """All studies with their votes."""
    shown = Study.objects.visible_to(request.user).with_votes()
    return render(request, "studies/studies.html", {"studies": shown})


def create(request: HttpRequest) -> HttpResponse:
    """A form for a new study."""
    form = StudyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if request.user.is_authenticated:
            form.instance.created_by = request.user
        made = form.save()
        for warning in near_duplicates(made.batches.all()):
            messages.warning(request, warning)
        return redirect(made)
    return render(request, "studies/create.html", {"form": form})


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a study: all of it in draft, later only the codes."""
    found = visible_study(request, pk)
    kind = StudyForm if found.state == Study.State.DRAFT else CodesForm
    form = kind(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        messages.success(request, "Saved.")
        return redirect(form.save())
    return render(request, "studies/create.html", {"form": form, "study": found})


@require_safe
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """One study: its link, its state, its votes."""
    found = visible_study(request, pk)
    context = {
        "study": found,
        "link": request.build_absolute_uri(found.entry_url),
        "cohorts": progress(found),
        "pairs": found.pairs.count(),
        "stimuli": len(found.items()),
        "methods": found.methods(),
        "pilot_link": request.build_absolute_uri(found.pilot_url),
        "rules": found.declared.declared(),
        "licences": list(LICENCES),
        "gates": found.gate.declared(),
        "is_owner": found.belongs_to(request.user),
    }
    return render(request, "studies/study.html", context)


@require_safe
def monitor(request: HttpRequest, pk: int) -> HttpResponse:
    """A running study: votes per pair, dropout, attention, agreement."""
    found = visible_study(request, pk)
    cohort = request.GET.get("of", Cohort.PEOPLE)
    if cohort not in Cohort.values:
        raise Http404
    context = {
        "study": found,
        "cohort": cohort,
        "cohorts": Cohort.values,
        "watched": watch(found, cohort),
        "thresholds": thresholds(found),
        "latest": LATEST,
        "enough": ENOUGH,
    }
    return render(request, "studies/monitor.html", context)


@require_POST
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """End a pause."""
    found = visible_study(request, pk)
    found.go_on()
    messages.success(request, "The study goes on.")
    return redirect(found)


@require_POST
def open_study(request: HttpRequest, pk: int) -> HttpResponse:
    """Let participants in."""
    found = visible_study(request, pk)
    try:
        found.open()
        messages.success(request, "The study is open. Send its link to participants.")
    except InputError as error:
        messages.error(request, str(error))
    return redirect(found)


@require_POST
def close_study(request: HttpRequest, pk: int) -> HttpResponse:
    """Let nobody in any more."""
    found = visible_study(request, pk)
    try:
        found.close()
        messages.success(request, "The study is closed. Its votes stay.")
    except InputError as error:
        messages.error(request, str(error))
    return redirect(found)
