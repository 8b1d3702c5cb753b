"""The pages of a batch and its stimuli: gallery, progress, retry."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.transfer.conftest import draw
from transfer.batches.launch import launch
from transfer.batches.states import CANCELLED
from transfer.models import Batch, Stimulus
from transfer.views.forms import GalleryForm

pytestmark = pytest.mark.django_db


def test_the_batch_page_filters_and_shows_errors(researcher, made):
    address = made.get_absolute_url()
    assert b"it diverged" in researcher.get(address).content
    assert b"4 stimuli" in researcher.get(address).content
    assert b"1 stimulus" in researcher.get(address, {"state": "failed"}).content
    content = made.stimuli.first().content.pk
    assert b"2 stimuli" in researcher.get(address, {"content": content}).content
    assert b"0 stimuli" in researcher.get(address, {"state": "running"}).content
    assert b"4 stimuli" in researcher.get(address, {"method": "monet", "page": "99"}).content


def test_the_gallery_is_paged_and_keeps_its_filters(researcher, batch, monkeypatch):
    monkeypatch.setattr("transfer.views.batches.PER_PAGE", 3)
    many = batch(stimuli=7)
    page = researcher.get(many.get_absolute_url(), {"state": "pending", "page": 2})
    assert b"Page 2 of 3" in page.content
    assert b"?state=pending&amp;page=3" in page.content


def test_the_gallery_offers_what_the_recipe_names_or_else_what_rows_have(engine, order, batch):
    launched, imported = launch(order(name="launched")), batch(name="imported")
    for made, styles in ((launched, 2), (imported, 1)):
        fields = GalleryForm({}, batch=made).fields
        assert [key for key, _ in fields["method"].choices] == ["", "gatys"]
        assert fields["content"].queryset.count() == styles
        assert {picture.role for picture in fields["content"].queryset} == {"content"}
        assert fields["style"].queryset.count() == styles
    launched.stimuli.all().delete()
    assert GalleryForm({}, batch=launched).fields["style"].queryset.count() == 2


def test_the_number_of_queries_does_not_grow_with_stimuli(
    researcher, batch, django_assert_max_num_queries
):
    many = batch(stimuli=30)
    with django_assert_max_num_queries(24):
        researcher.get(many.get_absolute_url())
    with django_assert_max_num_queries(8):
        researcher.get(reverse("transfer:batches"))


def test_the_gallery_shows_several_styles_with_their_weights(researcher, order):
    batch = launch(order(methods=["adain"], settings={"style_share": "0.3,0.7"}))
    page = researcher.get(batch.get_absolute_url()).content.decode()
    assert "x 0.3, y 0.7" in page and "y 0.3, x 0.7" in page


def test_progress_is_counted_from_rows(researcher, made):
    response = researcher.get(reverse("transfer:batch_progress", args=[made.pk]))
    counts = {"pending": 1, "running": 0, "done": 2, "failed": 1}
    assert response.json() == counts | {"pace": ""}


def test_the_pace_is_shown_while_a_worker_is_active(researcher, made):
    made.stimuli.filter(state="done").update(seconds=90)
    made.stimuli.filter(state="pending").claim("workshop:1")
    pace = "40 images/hour, 2 min left"
    assert researcher.get(reverse("transfer:batch_progress", args=[made.pk])).json()["pace"] == pace
    assert pace in researcher.get(made.get_absolute_url()).content.decode()


def test_retry_lets_failed_stimuli_wait_again(researcher, made):
    response = researcher.post(reverse("transfer:retry", args=[made.pk]), follow=True)
    assert b"wait again: 1" in response.content
    assert made.stimuli.progress().pending == 2
    assert researcher.get(reverse("transfer:retry", args=[made.pk])).status_code == 405


def test_failures_are_shown_and_tried_again_by_reason(researcher, batch):
    trial = batch(stimuli=5, chunk=5)
    keys = list(trial.stimuli.values_list("pk", flat=True))
    lease = trial.stimuli.claim("workshop:1")
    lease.fail("it diverged", keys[:1])
    lease.fail("a file is missing", keys[1:3])
    lease.release(ids=keys[3:])
    researcher.post(reverse("transfer:cancel", args=[trial.pk]))
    page = researcher.get(trial.get_absolute_url()).content.decode()
    assert "<strong>2</strong> a file is missing" in page
    assert "<strong>1</strong> it diverged" in page
    assert page.count(">Try these again<") == 2 and page.count(">Resume<") == 1
    retry = reverse("transfer:retry", args=[trial.pk])
    answer = researcher.post(retry, {"reason": "a file is missing"}, follow=True).content
    assert b"wait again: 2" in answer
    assert set(trial.stimuli.filter(state="pending").values_list("pk", flat=True)) == {*keys[1:3]}
    researcher.post(retry, {"reason": CANCELLED})
    assert trial.stimuli.progress().pending == 4


def test_the_page_of_an_imported_stimulus_shows_no_recipe(researcher, picture, media, tmp_path):
    content, style = picture("content", "sea"), picture("style", "waves")
    batch = Batch.objects.create(name="theirs", recipe={"imported": True})
    path = draw(media / "made.png")
    row = Stimulus.objects.create(
        batch=batch, recipe_key="k", content=content, method="m", state="done",
        file=path.name, sha256="0" * 64, width=40, height=32,
    )  # fmt: skip
    row.styles.add(style)
    assert b"made by another tool" in researcher.get(row.get_absolute_url()).content
    assert b"Recipe" not in researcher.get(batch.get_absolute_url()).content
