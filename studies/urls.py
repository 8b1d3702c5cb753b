from __future__ import annotations

from django.urls import path

from studies.views import (
    access,
    answers,
    batches,
    editing,
    entrance,
    files,
    monitor,
    participant,
    planner,
    preview,
    researcher,
    states,
)
from studies.views.bundle import bundle, publish
from studies.views.imports import import_page

app_name = "studies"
urlpatterns = [
    path("", researcher.studies, name="studies"),
    path("new/", editing.create, name="create"),
    path("plan/", editing.plan, name="plan"),
    path("import/", import_page, name="import"),
    path("planner/", planner.planner, name="planner"),
    path("<int:pk>/", researcher.study, name="study"),
    path("<int:pk>/edit/", editing.edit, name="edit"),
    path("<int:pk>/plan/", editing.plan, name="plan_of_draft"),
    path("<int:pk>/preview/", preview.preview, name="preview"),
    path("<int:pk>/preview/session/", preview.begin, name="preview_begin"),
    path("<int:pk>/preview/session/<int:answered>/", preview.take, name="preview_take"),
    path("<int:pk>/preview/session/<int:answered>/vote/", preview.vote, name="preview_vote"),
    path(
        "<int:pk>/preview/session/<int:answered>/unloadable/",
        preview.unloadable,
        name="preview_unloadable",
    ),
    path("<int:pk>/preview/session/<int:answered>/on/", preview.go_on, name="preview_go_on"),
    path("<int:pk>/preview/session/<int:answered>/stop/", preview.stop, name="preview_stop"),
    path(
        "<int:pk>/preview/picture/<int:answered>/<str:place>/",
        preview.picture,
        name="preview_picture",
    ),
    path("<int:pk>/duplicate/", editing.duplicate, name="duplicate"),
    path("<int:pk>/open/", states.open_study, name="open"),
    path("<int:pk>/pause/", states.pause, name="pause"),
    path("<int:pk>/on/", states.resume, name="go_on_study"),
    path("<int:pk>/close/", states.close_study, name="close"),
    path("<int:pk>/reopen/", states.reopen, name="reopen"),
    path("<int:pk>/delete/", states.delete, name="delete"),
    path("<int:pk>/archive/", states.archive, name="archive"),
    path("batches/<int:pk>/delete/", batches.delete, name="delete_batch"),
    path("<int:pk>/monitor/", monitor.monitor, name="monitor"),
    path("<int:pk>/SESSIONS.csv", monitor.sessions_file, name="sessions_file"),
    path("<int:pk>/payment/", monitor.payment, name="payment"),
    path("<int:pk>/share/", access.share, name="share"),
    path("<int:pk>/unshare/", access.unshare, name="unshare"),
    path("<int:pk>/VOTES.csv", files.votes, name="votes"),
    path("<int:pk>/VOTES.parquet", files.votes_parquet, name="votes_parquet"),
    path("<int:pk>/CODEBOOK.md", files.codebook, name="codebook"),
    path("<int:pk>/QUESTIONNAIRE.csv", files.questionnaire, name="questionnaire"),
    path("<int:pk>/publish/", publish, name="publish"),
    path("<int:pk>/bundle.zip", bundle, name="bundle"),
    # Participants' addresses: tokens and signatures, never numbers that could be counted through.
    path("join/<str:token>/", entrance.enter, name="enter"),
    path("take/<str:token>/", participant.take, name="take"),
    path("take/<str:token>/vote/", participant.vote, name="vote"),
    path("take/<str:token>/unloadable/", participant.unloadable, name="unloadable"),
    path("take/<str:token>/on/", participant.go_on, name="go_on"),
    path("take/<str:token>/stop/", participant.stop, name="stop"),
    path("take/<str:token>/questions/", answers.questions, name="questions"),
    path("take/<str:token>/ahead/", answers.look_ahead, name="ahead"),
    path("take/<str:token>/last/", answers.change, name="change"),
    path("picture/<str:key>/", participant.picture, name="picture"),
]
