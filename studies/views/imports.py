"""The page that imports votes from an uploaded file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.body_limit import takes_files
from common.errors import InputError
from studies.exchange.import_votes import import_votes
from studies.forms.imports import ImportVotesForm
from studies.models import Study

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Store the votes of a file as a closed study of the researcher's own."""
    form = ImportVotesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            study = _imported(form, cast("User", request.user))
        except InputError as error:
            form.add_error("votes", str(error))
        else:
            people = study.participants.count()
            messages.success(request, f"The votes of {people} participants are imported.")
            return redirect(study)
    return render(request, "studies/import.html", {"form": form})


def _imported(form: ImportVotesForm, owner: User) -> Study:
    upload: UploadedFile[Any] = form.cleaned_data["votes"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes"  # the content decides what it is, never the name
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        options = {name: form.cleaned_data[name] for name in ("name", "kind")}
        try:
            return import_votes(path, created_by=owner, **options)
        except InputError as error:
            text = str(error).replace(str(path), upload.name or "the file")
            text = text.replace("give another --name", "choose another name")
            text = text.replace("give --kind E or C", "choose what was asked")
            raise InputError(text.replace("give --name", "give a name")) from error
