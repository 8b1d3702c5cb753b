"""The button that removes the demo."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from common.confirmation import check_name_typed
from common.errors import InputError
from metrics.report.demo_removal import BATCH, remove_demo


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Remove the demo, if its name is typed."""
    try:
        check_name_typed(request.POST.get("name", ""), BATCH, "remove the demo")
        removed = remove_demo()
    except InputError as error:
        messages.error(request, f"{error}.")
    else:
        messages.success(request, f"The demo is removed: {removed}.")
    return redirect("home")
