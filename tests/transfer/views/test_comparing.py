"""The compare view and the grid of methods and styles."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.sight import SIGHTS, look_at
from tests.studies.world import METHODS, batch_of
from transfer.models import Batch, Picture, Stimulus

COMPARE, GRID = "transfer:compare", "transfer:compare_grid"


@pytest.fixture
def batch(db, settings, tmp_path) -> Batch:
    settings.MEDIA_ROOT = tmp_path / "media"
    return batch_of(2, 2)


def pair(batch: Batch) -> tuple[Picture, Picture]:
    one = batch.stimuli.first()
    assert one is not None and one.content is not None
    return one.content, one.styles.get()


def test_it_offers_every_method_on_the_pair_and_no_other(researcher: Client, batch: Batch) -> None:
    content, style = pair(batch)
    mixed = batch.stimuli.exclude(styles=style).filter(content=content).first()
    mixed.styles.add(style)  # of two styles: not of this pair
    query = {"content": content.pk, "style": style.pk}
    page = researcher.get(reverse(COMPARE), query).content.decode()
    offered = set(re.findall(r'name="stimulus" value="([^"]+)"', page))
    wanted = Stimulus.objects.on_pair(content, [style])
    assert offered == {str(one.public_id) for one in wanted}
    assert [one.method for one in wanted] == sorted(METHODS)
    assert content.file_url in page and style.file_url in page
    chosen = wanted[1]
    page = researcher.get(reverse(COMPARE), query | {"stimulus": str(chosen.public_id)})
    assert re.findall(r'name="stimulus" value="([^"]+)" checked', page.content.decode()) == [
        str(chosen.public_id)
    ]


@pytest.mark.parametrize("query", [{}, {"content": "x"}, {"batch": "9" * 30}, {"style": "999"}])
def test_what_is_not_named_is_the_first_that_there_is(
    researcher: Client, batch: Batch, query: dict[str, str]
) -> None:
    page = researcher.get(reverse(COMPARE), query).content.decode()
    assert page.count('name="stimulus"') == 3
    assert researcher.get(reverse(GRID), query).status_code == 200


def test_the_grid_has_a_cell_for_every_method_and_style(researcher: Client, batch: Batch) -> None:
    content, _ = pair(batch)
    page = researcher.get(reverse(GRID), {"content": content.pk}).content.decode()
    for one in batch.stimuli.filter(content=content):
        assert f"stimulus={one.public_id}" in page
    assert page.count("&amp;stimulus=") == 6
    assert page.count('<th scope="col">') == 2 and page.count('<th scope="row">') == 3


def test_without_stimuli_it_says_so(researcher: Client, db: None) -> None:
    assert b"no finished stimulus" in researcher.get(reverse(COMPARE)).content
    assert b"no finished stimulus" in researcher.get(reverse(GRID)).content


@pytest.mark.browser
def test_zoom_flicker_and_slider_work_by_keyboard(
    researcher_page: Page, live_server: object, batch: Batch
) -> None:
    page = researcher_page
    page.goto(f"{live_server}{reverse(COMPARE)}")
    places = "images => new Set(images.map(image => image.style.transform)).size"
    shown = page.locator("#panes .pane:visible img")
    expect(shown).to_have_count(5)
    page.locator(".view").nth(3).focus()
    for key in ("+", "+", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#scale")).to_have_text("196 %")
    assert shown.evaluate_all(places) == 1  # all at the same place
    moved = shown.first.evaluate("image => image.style.transform")
    box = page.locator(".view:visible").nth(0).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 90, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 50, box["y"] + 50, steps=3)
    page.mouse.up()
    assert shown.first.evaluate("image => image.style.transform") != moved
    assert shown.evaluate_all(places) == 1
    page.keyboard.press("0")
    expect(page.locator("#scale")).to_have_text("100 %")

    page.get_by_label(METHODS[0]).first.uncheck()
    expect(shown).to_have_count(4)
    page.get_by_label("flicker").check()
    over, caption = page.locator(".stage .over"), page.locator(".stage figcaption")
    expect(over).to_have_css("visibility", "hidden")  # it changes by itself
    page.locator(".stage .view").press(" ")
    first = caption.inner_text()
    page.wait_for_timeout(900)
    assert caption.inner_text() == first  # and rests once the space bar was pressed
    page.locator(".stage .view").press(" ")
    expect(caption).not_to_have_text(first)

    page.get_by_label("slider").check()
    share = page.get_by_label("Share of A")
    before = over.evaluate("image => image.style.clipPath")
    share.press("End")
    assert over.evaluate("image => image.style.clipPath") != before
    assert over.evaluate("image => image.style.clipPath") in ("inset(0px)", "inset(0px 0% 0px 0px)")


@pytest.mark.axe
@pytest.mark.browser
def test_it_is_accessible_on_desktop_and_phone(
    researcher_page: Page, live_server: object, batch: Batch
) -> None:
    for size, scheme in SIGHTS[:2]:
        for name in (COMPARE, GRID):
            look_at(researcher_page, f"{live_server}{reverse(name)}", size, scheme)
