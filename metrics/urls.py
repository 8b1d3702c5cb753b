"""URLs of the EC space, calibrations and reports."""

from __future__ import annotations

from django.urls import path

from metrics.views import calibrations, measuring, referee, reports, space

app_name = "metrics"
urlpatterns = [
    path("ecspace/", space.ecspace_page, name="ecspace"),
    path("ecspace/scores.csv", space.scores_csv, name="scores"),
    path("ecspace/<slug:key>.<slug:file_format>", space.figure_file, name="file"),
    path("batches/<int:pk>/measure/", measuring.measure, name="measure"),
    path("batches/<int:pk>/measuring/", measuring.measuring_progress, name="measuring_progress"),
    path("referee/", referee.referee_page, name="referee"),
    path("referee/referee.json", referee.referee_json, name="referee_json"),
    path("referee/<slug:key>.<slug:file_format>", referee.referee_figure, name="referee_figure"),
    path("reports/<str:name>/", reports.report, name="report"),
    path("calibrations/", calibrations.calibrations, name="calibrations"),
    path("calibrations/<int:pk>/", calibrations.calibration, name="calibration"),
    path("calibrations/<int:pk>/delete/", calibrations.delete, name="delete_calibration"),
    path("calibrations/<int:pk>/model.json", calibrations.model_json, name="model"),
]
