"""The page that shows people's boundaries over a picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image, ImageDraw

from common.annotations import Annotations, to_mat
from tests.sight import SIGHTS, look_at
from tests.transfer.conftest import draw
from transfer.batches.import_pictures import store_picture
from transfer.media.boundary_overlay import COLOUR
from transfer.models import Picture

SIZE = (320, 240)


def circle(radius: int) -> np.ndarray:
    image = Image.new("1", SIZE)
    x, y = SIZE[0] // 2, SIZE[1] // 2
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), outline=1)
    return np.array(image, dtype=bool)


@pytest.fixture
def sea(media, tmp_path, db) -> Picture:
    """A picture on which two people marked circles of other sizes."""
    mat = tmp_path / "sea.mat"
    mat.write_bytes(to_mat(Annotations(np.stack([circle(60), circle(90)]), None)))
    path = draw(tmp_path / "sea.png", size=SIZE)
    return store_picture(path, "content", annotations=mat).picture


def page_of(picture: Picture, name: str = "annotations") -> str:
    return reverse(f"transfer:{name}", args=[picture.pk])


def pixels(client, picture: Picture, query: str = "") -> np.ndarray:
    answer = client.get(page_of(picture, "annotations_png") + query)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert "private" in answer["Cache-Control"]
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_each_person_has_a_picture_with_their_own_lines(researcher, sea):
    for number, radius in ((1, 60), (2, 90)):
        drawn = pixels(researcher, sea, f"?person={number}")
        assert ((drawn == COLOUR).all(axis=2) == circle(radius)).all()
    mean = pixels(researcher, sea)
    assert not (mean == COLOUR).all(axis=2).any()  # nobody marked what the other did
    page = researcher.get(page_of(sea) + "?person=2").content.decode()
    assert "Boundaries that person 2 of 2 marked" in page
    listed = researcher.get(reverse("transfer:pictures")).content.decode()
    assert f'href="{page_of(sea)}"' in listed


@pytest.mark.parametrize("person", ["3", "-1", "x", "99999999", "²"])
def test_there_is_nothing_for_a_person_who_marked_nothing(researcher, sea, person):
    for name in ("annotations", "annotations_png"):
        assert researcher.get(f"{page_of(sea, name)}?person={person}").status_code == 404


def test_it_needs_a_login_and_an_annotation(client, researcher, sea, picture):
    plain = picture("content", "lake", seed=3)
    for name in ("annotations", "annotations_png"):
        assert researcher.get(page_of(plain, name)).status_code == 404
    researcher.logout()
    for name in ("annotations", "annotations_png"):
        assert client.get(page_of(sea, name)).url.startswith(reverse("login"))


def test_a_missing_file_is_one_clear_line(researcher, sea, media):
    (media / sea.annotations.name).unlink()
    answer = researcher.get(page_of(sea))
    assert answer.status_code == 200
    assert "nnotation not found: the annotation of sea" in answer.content.decode()
    assert researcher.get(page_of(sea, "annotations_png")).status_code == 404


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_the_annotation_is_seen_in_the_browser(researcher_page, live_server, sea, shot):
    page = researcher_page
    page.goto(f"{live_server}{reverse('transfer:pictures')}")
    page.get_by_role("link", name="Annotations of sea").click()
    page.get_by_role("link", name="Person 1").click()
    image = page.get_by_alt_text("sea with the boundaries that person 1 marked")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == SIZE[0]
    for size, scheme in SIGHTS[:2]:
        look_at(page, f"{live_server}{page_of(sea)}", size, scheme)
        shot(page, f"annotations-{size[0]}")
