"""The form of a study: a new one, the settings of a draft, the codes of an open study."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from studies.forms.presets import PRESETS, preset
from studies.forms.study import CodesForm, NewStudyForm, StudyForm
from studies.models import Study
from studies.planning.duplication import duplicate_study
from studies.planning.outline import outline
from studies.views.access import visible_study
from transfer.batches.near_duplicates import near_duplicates


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """The form for a new study; `batch` and `preset` of the address fill it in."""
    owner = request.user if request.user.is_authenticated else None
    chosen = [int(key) for key in request.GET.getlist("batch") if key.isdecimal()]
    template = preset(request.GET.get("preset", ""))
    initial = {"batches": chosen, **(template.values if template else {})}
    form = NewStudyForm(request.POST or None, instance=Study(created_by=owner), initial=initial)
    if request.method == "POST" and form.is_valid() and "check" not in request.POST:
        return _created(request, form)
    if form.is_bound:
        form.plan = form.planned()
    context = {
        "form": form,
        "presets": PRESETS,
        "batches": chosen,
        "plan_url": reverse("studies:plan"),
    }
    return render(request, "studies/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a study: all settings in draft, later the codes only."""
    found = visible_study(request, pk)
    if found.state != Study.State.DRAFT:
        return _edit_codes(request, found)
    form = StudyForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid() and "check" not in request.POST:
        return _saved(request, form.save())
    form.plan = form.planned() if form.is_bound else outline(found)
    context = {
        "form": form,
        "study": found,
        "plan_url": reverse("studies:plan_of_draft", args=[pk]),
    }
    return render(request, "studies/form.html", context)


def _edit_codes(request: HttpRequest, study: Study) -> HttpResponse:
    form = CodesForm(request.POST or None, instance=study)
    if request.method == "POST" and form.is_valid():
        messages.success(request, "Saved.")
        return redirect(form.save())
    return render(request, "studies/form.html", {"form": form, "study": study})


def _created(request: HttpRequest, form: NewStudyForm) -> HttpResponse:
    made = form.save()
    for warning in near_duplicates(made.batches.all()):
        messages.warning(request, warning)
    if not form.cleaned_data["both_tests"]:
        return _saved(request, made)
    twin = duplicate_study(made, made.created_by, kind="C" if made.kind == "E" else "E")
    messages.success(request, f"Two drafts are created: {made.name} and {twin.name}.")
    return redirect("studies:studies")


def _saved(request: HttpRequest, draft: Study) -> HttpResponse:
    """The draft's page; its form, with all objections, if it cannot open as it is."""
    found = outline(draft)
    if found is None or not found.objections:
        messages.success(request, "Saved.")
        return redirect(draft)
    messages.warning(request, "Saved as a draft. It cannot open yet: see the objections below.")
    return redirect("studies:edit", draft.pk)


@require_POST
def plan(request: HttpRequest, pk: int | None = None) -> JsonResponse:
    """The plan for the values of a form, as JSON; nothing is stored.

    `line` is the plan in one line, empty if the values determine none; `objections` lists `field`
    and `text` of each.
    """
    owner = request.user if request.user.is_authenticated else None
    instance = Study(created_by=owner) if pk is None else visible_study(request, pk)
    form = StudyForm(request.POST, instance=instance)
    form.is_valid()
    found = form.planned()
    said = found.objections if found else ()
    return JsonResponse(
        {
            "line": str(found) if found else "",
            "objections": [{"field": one.field, "text": one.text} for one in said],
        }
    )


@require_POST
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Create a draft with the settings of a study, and show its form."""
    found = visible_study(request, pk)
    draft = duplicate_study(found, request.user if request.user.is_authenticated else None)
    messages.success(request, f"This draft has the settings of {found.name}.")
    return redirect("studies:edit", draft.pk)
