"""The page of a report: one file, with styles, scripts and pictures as data URLs."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from PIL import Image

from metrics.presentation.cells import caption, cell_rows
from metrics.presentation.figures import PageFigure, data_url
from metrics.presentation.instruments import instrument_words
from metrics.presentation.model_summary import ModelSummary
from metrics.presentation.scored_space import ScoredSpace
from metrics.report.referee import ReportReferee
from studies.models import Cohort
from studies.monitoring.summary import cohort_counts, summarise
from transfer.models import Stimulus

THUMBNAIL = 200
"""Longer side of the example pictures in the page, in pixels."""
SCRIPTS = ("points", "figures", "leaderboard")
STYLES = ("site.css", "components.css", "metrics/metrics.css", "metrics/space.css", "print.css")


def page(
    scored: ScoredSpace,
    models: Sequence[ModelSummary],
    means: Sequence[PageFigure],
    scatter: PageFigure,
    families: Sequence[PageFigure],
    referees: Sequence[ReportReferee],
) -> str:
    """The page as HTML."""
    return render_to_string(
        "metrics/report.html",
        {
            "scored": scored,
            "space": scored.space,
            "stability": scored.stability,
            "note": scored.note,
            "means": means,
            "scatter": scatter,
            "families": families,
            "referees": referees,
            "cells": cell_rows(scored.space, _example, scored.stability),
            "methods": scored.methods,
            "variance": scored.variance,
            "models": models,
            "studies": [study for model in models for study in _studies(model)],
            "instruments": instrument_words(scored.instruments),
            "contents": sorted(scored.frame["content"].unique()),
            "styles": sorted(scored.frame["style"].unique()),
            "now": timezone.now(),
            "stylesheets": [data_url("text/css", _static(name)) for name in STYLES],
            "scripts": [
                data_url("text/javascript", content)
                for content in (_plotly(), *(_static(f"metrics/{name}.js") for name in SCRIPTS))
            ],
        },
    )


def _studies(model: ModelSummary) -> list[dict[str, Any]]:
    """The studies that a model was fitted to: declared rules, progress and monitoring."""
    calibration = model.scoring.calibration
    if calibration is None:
        return []
    cohorts = [Cohort.PEOPLE, *([Cohort.SIMULATED] if model.model.simulated else [])]
    return [
        {
            "target": model.model.target,
            "study": study,
            "rules": study.session_rules.declared(),
            "counts": [row for row in cohort_counts(study) if row["cohort"] in cohorts],
            "summaries": [
                (cohort, summarise(study, cohort))
                for cohort in cohorts
                if study.participants.filter(cohort=cohort).exists()
            ],
        }
        for study in calibration.studies.all()
    ]


def _example(stimulus: Stimulus) -> dict[str, str]:
    buffer = io.BytesIO()
    with Image.open(stimulus.path) as picture:
        small = picture.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        small.save(buffer, "JPEG", quality=80)
    return {"caption": caption(stimulus), "src": data_url("image/jpeg", buffer.getvalue())}


def _static(name: str) -> bytes:
    return (Path(settings.SITE_DIR) / "static" / name).read_bytes()


def _plotly() -> bytes:
    found = importlib.util.find_spec("plotly")
    assert found is not None
    assert found.submodule_search_locations is not None
    return (Path(found.submodule_search_locations[0]) / "package_data/plotly.min.js").read_bytes()
