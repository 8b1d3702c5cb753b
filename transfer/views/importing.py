"""The page that imports stimuli of other tools by upload."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.body_limit import takes_files
from common.errors import InputError
from transfer.batches.import_stimuli import ManifestError
from transfer.batches.import_uploaded_stimuli import ImportedStimuli, import_uploaded_stimuli
from transfer.batches.source_files import LARGEST_UPLOAD
from transfer.views.forms import ImportStimuliForm

MOST_PROBLEMS = 50
"""Bad rows that the page names."""


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Store the stimuli of a manifest and its pictures, or name every bad row."""
    form = ImportStimuliForm(request.POST or None, request.FILES or None, label_suffix="")
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        user = request.user if isinstance(request.user, User) else None
        try:
            found = import_uploaded_stimuli(data["manifest"], data["pictures"], data["batch"], user)
        except ManifestError as error:
            form.add_error(None, f"{error}.")
            problems = error.problems
        except InputError as error:
            form.add_error(None, f"{error}.")
        else:
            _report(request, found)
            return redirect(found.batch)
    context = {
        "form": form,
        "problems": problems[:MOST_PROBLEMS],
        "more": len(problems) - MOST_PROBLEMS,
        "largest": LARGEST_UPLOAD,
    }
    return render(request, "transfer/import.html", context)


def _report(request: HttpRequest, found: ImportedStimuli) -> None:
    kept = found.batch.stimuli.count() - found.new
    messages.success(request, f"{found.new} new stimuli, {kept} were there already.")
    if found.unnamed:
        names = ", ".join(found.unnamed[:5]) + (", …" if len(found.unnamed) > 5 else "")
        messages.warning(request, f"Not stored, because no row names them: {names}.")
