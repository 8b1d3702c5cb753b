"""The additions to the content security policy that plotly.js needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpResponse

EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""plotly.js adds rules to an empty <style> element that it creates. The hash of the empty text
allows this element, but no styles written into a page."""

View = TypeVar("View", bound=Callable[..., HttpResponse])


def with_figures(view: View) -> View:
    """Decorate a view whose page contains figures."""
    decorate: Any = csp_update({"style-src": [SELF, EMPTY_STYLE]})  # typed for the request alone
    return cast(View, decorate(view))
