"""URLs of the EC space, calibrations and reports."""

from __future__ import annotations

from django.urls import path

from metrics.views import calibrations, reports, space

app_name = "metrics"
urlpatterns = [
    path("ecspace/", space.ecspace_page, name="ecspace"),
    path("ecspace/scores.csv", space.scores_csv, name="scores"),
    path("ecspace/<slug:key>.<slug:file_format>", space.figure_file, name="file"),
    path("reports/<str:name>/", reports.report, name="report"),
    path("calibrations/", calibrations.calibrations, name="calibrations"),
    path("calibrations/<int:pk>/", calibrations.calibration, name="calibration"),
    path("calibrations/<int:pk>/model.json", calibrations.model_json, name="model"),
]
