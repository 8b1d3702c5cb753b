"""URLs of the EC space, calibrations and reports."""

from __future__ import annotations

from django.urls import path

from metrics.views import calibrations, demo, measuring, referee, reports, space

app_name = "metrics"
urlpatterns = [
    path("ecspace/", space.ecspace_page, name="ecspace"),
    path("ecspace/scores.csv", space.scores_csv, name="scores"),
    path("ecspace/<slug:key>.<slug:file_format>", space.figure_file, name="file"),
    path("batches/<int:pk>/measure/", measuring.measure, name="measure"),
    path("batches/<int:pk>/measuring/", measuring.measuring_progress, name="measuring_progress"),
    path("demo/remove/", demo.remove, name="remove_demo"),
    path("referee/", referee.referee_page, name="referee"),
    path("referee/referee.json", referee.referee_json, name="referee_json"),
    path("referee/<slug:key>.<slug:file_format>", referee.referee_figure, name="referee_figure"),
    path("reports/", reports.reports, name="reports"),
    path("report-jobs/progress/", reports.reports_progress, name="reports_progress"),
    path("ecspace/report/", reports.make_report, name="make_report"),
    path("report-jobs/<int:pk>/retry/", reports.retry_report, name="retry_report"),
    path("report-jobs/<int:pk>/cancel/", reports.cancel_report, name="cancel_report"),
    path("reports/<str:name>/", reports.report, name="report"),
    path("reports/<str:name>/report.zip", reports.report_zip, name="report_zip"),
    path("reports/<str:name>/delete/", reports.delete, name="delete_report"),
    path("reports/<str:name>/files/<str:file>", reports.report_file, name="report_file"),
    path("calibrations/", calibrations.calibrations, name="calibrations"),
    path("calibrations/<int:pk>/", calibrations.calibration, name="calibration"),
    path("calibrations/<int:pk>/model.json", calibrations.model_json, name="model"),
    path(
        "calibrations/<int:pk>/<slug:key>.<slug:file_format>",
        calibrations.figure_file,
        name="calibration_figure",
    ),
    path("calibrations/<int:pk>/delete/", calibrations.delete, name="delete_calibration"),
]
