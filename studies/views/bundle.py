"""The page that publishes a study, and the archive that it offers."""

from __future__ import annotations

import tempfile
from typing import IO

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.errors import InputError
from studies.exchange.bundle import LEAVE_OUT, write_bundle
from studies.exchange.licences import LICENCES, NOT_KNOWN
from studies.exchange.publication import Publication
from studies.models import Study
from studies.views.access import visible_study

_SPOOL = 16 * 1024 * 1024


@require_safe
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """What may be published of a study, and the choices for the archive."""
    return _page(request, visible_study(request, pk))


@never_cache
@require_safe
def bundle(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The archive for publication, with the choices in the address."""
    study = visible_study(request, pk)
    archive: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - the response closes it
    try:
        write_bundle(
            study,
            archive,  # type: ignore[arg-type]
            request.GET.get("licence", ""),
            otherwise=request.GET.get("otherwise", LEAVE_OUT),
            permitted=request.GET.getlist("permitted"),
        )
    except InputError as error:
        archive.close()
        text = str(error)
        messages.error(request, f"{text[0].upper()}{text[1:]}.")
        response = _page(request, study)
        response.status_code = 400
        return response
    archive.seek(0)
    return FileResponse(archive, as_attachment=True, filename=f"study-{study.pk}.zip")


def _page(request: HttpRequest, study: Study) -> HttpResponse:
    publication = Publication.of(study)
    context = {
        "study": study,
        "licences": list(LICENCES),
        "publication": publication,
        "rows": publication.by_licence(),
        "unknown": NOT_KNOWN,
        "chosen": request.GET,
        "permitted": request.GET.getlist("permitted"),
    }
    return render(request, "studies/publish.html", context)
