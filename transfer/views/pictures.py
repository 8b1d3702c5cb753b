"""The pictures page: contents and styles, and the form that uploads more."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common.body_limit import takes_files
from transfer.batches.import_pictures import Imported, import_uploads
from transfer.models import Picture
from transfer.views.forms import UploadForm

PER_PAGE = 60


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def pictures(request: HttpRequest) -> HttpResponse:
    """Show the pictures of one role; store uploaded ones."""
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
    return render(request, "transfer/pictures.html", context)


@require_POST
def delete_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a picture that no stimulus was made from."""
    picture = get_object_or_404(Picture, pk=pk)
    try:
        picture.delete()
    except ProtectedError:
        messages.error(request, f"{picture.name} stays: stimuli were made from it.")
    else:
        messages.success(request, f"{picture.name} was removed.")
    return _back(picture.role)


def _upload(request: HttpRequest, form: UploadForm) -> HttpResponse:
    data = form.cleaned_data
    imported = import_uploads(
        data["pictures"],
        data["role"],
        licence=data["licence"],
        source=data["source"],
        annotations=data["annotations"],
    )
    _tell(request, imported)
    return _back(data["role"])


def _tell(request: HttpRequest, imported: list[Imported]) -> None:
    stored = [one.picture for one in imported if one.picture]
    new = sum(picture.is_new for picture in stored)
    if new:
        messages.success(request, f"{new} picture{'s' if new > 1 else ''} stored.")
    if kept := len(stored) - new:
        messages.info(request, f"{kept} {'were' if kept > 1 else 'was'} stored already.")
    for one in imported:
        if one.problem:
            messages.error(request, f"Not stored: {one.problem}.")


def _back(role: str) -> HttpResponse:
    return redirect(f"{reverse('transfer:pictures')}?role={role}")
