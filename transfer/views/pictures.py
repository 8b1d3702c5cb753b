"""The pictures page: contents and styles, and the form that uploads more."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common.body_limit import takes_files
from common.errors import InputError
from transfer.batches.import_pictures import import_uploads
from transfer.batches.import_summary import Imported, Summary
from transfer.batches.picture_removal import remove_picture
from transfer.batches.source_files import LARGEST_UPLOAD
from transfer.models import Picture
from transfer.views.forms import UploadForm

PER_PAGE = 60


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def pictures(request: HttpRequest) -> HttpResponse:
    """Show the pictures of one role, and store uploads."""
    role = request.GET.get("role", "")
    if role not in Picture.Role.values:
        role = Picture.Role.CONTENT
    form = UploadForm(initial={"role": role}, label_suffix="")
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, label_suffix="")
        if form.is_valid():
            return _upload(request, form)
    page = Paginator(Picture.objects.filter(role=role), PER_PAGE).get_page(request.GET.get("page"))
    roles = [
        {"value": value, "label": f"{label}s", "number": Picture.objects.filter(role=value).count()}
        for value, label in Picture.Role.choices
    ]
    context = {"form": form, "page": page, "role": role, "roles": roles, "query": f"role={role}&"}
    context |= {"largest": LARGEST_UPLOAD}
    return render(request, "transfer/pictures.html", context)


@require_POST
def delete_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a picture that no stimulus was made from."""
    picture = get_object_or_404(Picture, pk=pk)
    try:
        remove_picture(picture)
    except InputError as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, f"{picture.name} was removed.")
    return _back(picture.role)


def _upload(request: HttpRequest, form: UploadForm) -> HttpResponse:
    data = form.cleaned_data
    summary = Summary()
    imported = import_uploads(
        data["pictures"],
        data["role"],
        summary,
        licence=data["licence"],
        source=data["source"],
        annotations=data["annotations"],
        frame=data["annotations_frame"] or "upright",
    )
    _report(request, imported, summary)
    return _back(data["role"])


def _report(request: HttpRequest, imported: list[Imported], summary: Summary) -> None:
    if summary.new:
        messages.success(request, f"{summary.new} picture{'s' if summary.new > 1 else ''} stored.")
    if kept := summary.kept:
        messages.info(request, f"{kept} {'were' if kept > 1 else 'was'} stored already.")
    for line in summary.lines():
        messages.info(request, f"{line[0].upper()}{line[1:]}.")
    for one in imported:
        if one.problem:
            messages.error(request, f"Not stored: {one.problem}.")
        elif one.warning:
            messages.warning(request, f"{one.warning}.")


def _back(role: str) -> HttpResponse:
    return redirect(f"{reverse('transfer:pictures')}?role={role}")
