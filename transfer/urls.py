from __future__ import annotations

from django.urls import path

from transfer.views import (
    annotated,
    archive,
    batches,
    comparing,
    files,
    importing,
    launching,
    methods,
    pictures,
    states,
    stimuli,
    workers,
)

app_name = "transfer"
urlpatterns = [
    path("pictures/", pictures.pictures, name="pictures"),
    path("pictures/<int:pk>/delete/", pictures.delete_picture, name="delete_picture"),
    path("pictures/<int:pk>/file/", files.picture_file, name="picture_file"),
    path("pictures/<int:pk>/thumbnail/", files.picture_thumbnail, name="picture_thumbnail"),
    path("pictures/<int:pk>/annotations/", annotated.annotation_page, name="annotations"),
    path(
        "pictures/<int:pk>/annotations/picture/",
        annotated.annotation_png,
        name="annotations_png",
    ),
    path("methods/", methods.methods, name="methods"),
    path("methods/<slug:key>/", methods.method, name="method"),
    path("workers/", workers.workers, name="workers"),
    path("batches/", batches.batches, name="batches"),
    path("batches/new/", launching.launch_batch, name="launch"),
    path("batches/new/preview/", launching.launch_preview, name="launch_preview"),
    path("batches/import/", importing.import_page, name="import"),
    path("batches/<int:pk>/", batches.batch, name="batch"),
    path("batches/<int:pk>/progress/", batches.batch_progress, name="batch_progress"),
    path("batches/<int:pk>/pictures.zip", archive.batch_zip, name="batch_zip"),
    path("batches/<int:pk>/retry/", states.retry, name="retry"),
    path("batches/<int:pk>/cancel/", states.cancel, name="cancel"),
    path("batches/<int:pk>/archive/", states.archive, name="archive"),
    path("compare/", comparing.compare, name="compare"),
    path("compare/grid/", comparing.compare_grid, name="compare_grid"),
    path("stimuli/<uuid:public_id>/", stimuli.stimulus, name="stimulus"),
    path("stimuli/<uuid:public_id>/file/", files.stimulus_file, name="stimulus_file"),
    path(
        "stimuli/<uuid:public_id>/thumbnail/", files.stimulus_thumbnail, name="stimulus_thumbnail"
    ),
]
