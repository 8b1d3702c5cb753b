"""The page that launches a batch."""

from __future__ import annotations

import pytest
from django.urls import reverse

from transfer.models import Batch, Stimulus
from transfer.views.forms import LaunchForm

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(engine, picture) -> dict:
    contents = [picture("content", name, seed=number).pk for number, name in enumerate("ab")]
    return {
        "name": "trial",
        "methods": ["gatys", "weightless"],
        "contents": contents,
        "styles": [picture("style", "x").pk],
        "size": 40,
        "seed": 0,
        "encoder": "compact",
        "precision": "float32",
        "chunk": 2,
        "style_weights": "1, 5",
        "settings": "gatys.iterations=3",
    }


def test_the_form_launches_a_batch(researcher, fields, django_capture_on_commit_callbacks):
    from django_tasks_db.models import DBTaskResult

    with django_capture_on_commit_callbacks(execute=True):
        response = researcher.post(reverse("transfer:launch"), fields, follow=True)
    batch = Batch.objects.get()
    assert response.redirect_chain[-1][0] == batch.get_absolute_url()
    assert b"Launched: 6 stimuli" in response.content
    assert b"Is a worker running?" in response.content
    assert batch.created_by.get_username() == "ada"
    assert batch.recipe["methods"][0]["parameters"]["iterations"] == 3.0
    assert DBTaskResult.objects.count() == 3


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, {}),
        ({"colour": "luminance"}, {"colour": "luminance"}),
        ({"colour": "histogram", "settings": "colour=free"}, {"colour": "free"}),
    ],
)
def test_the_form_orders_colours(researcher, fields, chosen, expected):
    form = LaunchForm(fields | {"settings": ""} | chosen)
    assert form.is_valid(), form.errors
    assert form.order().settings == expected


def test_the_form_previews_without_launching(researcher, fields):
    page = researcher.post(reverse("transfer:launch"), fields | {"preview": "1"}).content.decode()
    assert "<strong>6 stimuli</strong>" in page
    assert "nothing comparable to gatys and weightless was made here" in page
    assert "GB of memory in each process" in page
    assert not Batch.objects.exists()


def test_the_preview_is_a_fragment_for_the_script(researcher, fields):
    address = reverse("transfer:launch_preview")
    page = researcher.post(address, fields | {"name": ""}).content.decode()
    assert "<html" not in page and "<strong>6 stimuli</strong>" in page
    assert "generate --name=batch --methods gatys weightless" in page
    assert "appear here when" in researcher.post(address, {"methods": []}).content.decode()
    wrong = researcher.post(address, fields | {"style_weights": "one"}).content.decode()
    assert "Style weight: Use numbers" in wrong
    assert not Batch.objects.exists()
    assert researcher.get(address).status_code == 405


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["monet"]}, "not one of the available choices"),
        ({"methods": []}, "This field is required"),
        ({"style_weights": "one"}, "Use numbers"),
        ({"settings": "iterations"}, "use NAME=VALUE"),
        ({"settings": "brush=3"}, "no parameter"),
        ({"size": "8"}, "greater than or equal to 32"),
        ({"samples": "99"}, "only 4 combinations"),
        ({"samples": "1000000000"}, "less than or equal to 100000"),
        ({"iterations": "1000000000"}, "less than or equal to 100000"),
        ({"style_weights": " ".join(map(str, range(1, 1002)))}, "at most 1000 numbers"),
    ],
)
def test_the_form_refuses_invalid_values(researcher, fields, change, message):
    response = researcher.post(reverse("transfer:launch"), fields | change)
    assert message in response.content.decode().replace("&#x27;", "'")
    assert not Batch.objects.exists()


@pytest.mark.parametrize("preview", [{}, {"preview": "1"}])
def test_the_form_limits_the_number_of_stimuli(researcher, fields, monkeypatch, preview):
    monkeypatch.setattr("transfer.views.launching.MOST", 5)
    response = researcher.post(reverse("transfer:launch"), fields | preview)
    assert b"these are 6 stimuli, and a page launches at most 5" in response.content
    assert b"<strong>6 stimuli" not in response.content
    assert not Batch.objects.exists()


def test_a_name_with_another_recipe_is_refused_on_the_form(researcher, fields):
    researcher.post(reverse("transfer:launch"), fields)
    response = researcher.post(reverse("transfer:launch"), fields | {"size": 50})
    assert b"another recipe" in response.content
    assert Stimulus.objects.count() == 6
