"""The report's page: a single file, with styles, scripts and pictures in it as data addresses."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from metrics.presentation.cells import cell_rows, words
from metrics.presentation.figures import data_address
from studies.models import Cohort
from studies.monitoring.monitor import progress, watch

if TYPE_CHECKING:
    from metrics.presentation.explained import Explained
    from metrics.presentation.shown import ShownSpace
    from transfer.models import Stimulus

THUMBNAIL = 200
"""Width of the example pictures in the page, pixels."""
STYLES = ("site.css", "components.css", "metrics/metrics.css")


def page(shown: ShownSpace, models: Sequence[Explained]) -> str:
    """Give the page as HTML."""
    return render_to_string(
        "metrics/report.html",
        {
            "shown": shown,
            "space": shown.space,
            "sure": shown.sure,
            "note": shown.note,
            "scatter": shown.scatter,
            "families": shown.families,
            "cells": cell_rows(shown.space, _example, shown.sure),
            "methods": shown.methods,
            "variance": shown.variance,
            "models": models,
            "studies": [study for model in models for study in _studies(model)],
            "instruments": shown.instruments,
            "contents": sorted(shown.frame["content"].unique()),
            "styles": sorted(shown.frame["style"].unique()),
            "now": timezone.now(),
            "stylesheets": [data_address("text/css", _static(name)) for name in STYLES],
            "scripts": [
                data_address("text/javascript", content)
                for content in (_plotly(), _static("metrics/figures.js"))
            ],
        },
    )


def _studies(model: Explained) -> list[dict[str, Any]]:
    """The studies behind a model: what was asked, who took part, whose votes do not count."""
    calibration = model.scoring.calibration
    if calibration is None:
        return []
    cohorts = [Cohort.PEOPLE, *([Cohort.SIMULATED] if model.model.simulated else [])]
    return [
        {
            "target": model.model.target,
            "study": study,
            "rules": study.declared.declared(),
            "progress": [row for row in progress(study) if row["cohort"] in cohorts],
            "watched": [
                (cohort, watch(study, cohort))
                for cohort in cohorts
                if study.participants.filter(cohort=cohort).exists()
            ],
        }
        for study in calibration.studies.all()
    ]


def _example(stimulus: Stimulus) -> dict[str, str]:
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(stimulus.path) as picture:
        small = picture.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        small.save(buffer, "JPEG", quality=80)
    return {"words": words(stimulus), "src": data_address("image/jpeg", buffer.getvalue())}


def _static(name: str) -> bytes:
    return (Path(settings.BASE_DIR) / "static" / name).read_bytes()


def _plotly() -> bytes:
    found = importlib.util.find_spec("plotly")
    assert found is not None
    assert found.submodule_search_locations is not None
    return (Path(found.submodule_search_locations[0]) / "package_data/plotly.min.js").read_bytes()
