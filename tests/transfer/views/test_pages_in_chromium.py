"""The researcher's pages in Chromium: uploading, counting, live progress."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.transfer.conftest import draw
from tests.width import expect_fits
from transfer.batches.launch import launch
from transfer.batches.worker import make
from transfer.models import Picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_it_uploads_counts_and_launches(researcher_page, live_server, engine, media, tmp_path):
    page = researcher_page
    for role, name in (("content", "sea"), ("content", "lake"), ("style", "waves")):
        page.goto(f"{live_server}{reverse('transfer:pictures')}?role={role}")
        if not page.get_by_role("button", name="Upload", exact=True).is_visible():
            page.get_by_text("Upload pictures").click()
        draw(tmp_path / f"{name}.png", seed=len(name))
        page.set_input_files("input[name=pictures]", tmp_path / f"{name}.png")
        page.get_by_role("button", name="Upload", exact=True).click()
        page.get_by_text("1 picture stored.").wait_for()
    assert Picture.objects.count() == 3

    page.get_by_role("link", name="Batches").click()
    page.get_by_role("link", name="Launch a batch").click()
    page.get_by_label("Name").fill("By hand")
    page.get_by_role("checkbox", name="Gatys (gatys)").check()
    for button in page.get_by_role("button", name="All").all():
        button.click()
    page.get_by_role("textbox", name="Style weight").fill("1, 5")
    expect(page.locator(".launch-bar")).to_contain_text("4 stimuli")
    page.get_by_text("Recipe, and the command that gives it").click()
    expect(page.locator("#recipe code").first).to_contain_text("--style-weight 1 5")
    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_text("Launched: 4 stimuli.").wait_for()


def test_the_batch_page_shows_live_progress(researcher_page, live_server, engine, batch):
    page = researcher_page
    trial = batch(stimuli=3, chunk=1)
    page.goto(f"{live_server}{trial.get_absolute_url()}")
    page.get_by_text("Is a worker running?").wait_for()
    lease = trial.stimuli.filter(chunk=0).claim("workshop:1")
    page.locator("[data-count=running]", has_text="1").wait_for()
    assert page.get_by_text("Is a worker running?").count() == 0
    lease.finish(trial.stimuli.get(chunk=0).pk, {"seconds": 45})
    lease = trial.stimuli.filter(chunk=1).claim("workshop:1")
    page.get_by_text("80 images/hour, 2 min left").wait_for()
    lease.fail("it diverged")
    trial.stimuli.filter(chunk=2).claim("workshop:1").fail("it diverged")
    page.get_by_role("button", name="Try the failed ones again").wait_for()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_batch_page_shows_each_picture_when_it_is_made(
    researcher_page, live_server, engine, order, width, height
):
    page = researcher_page
    page.set_viewport_size({"width": width, "height": height})
    trial = launch(order(chunk=1))
    page.goto(f"{live_server}{trial.get_absolute_url()}")
    page.get_by_text("waiting").first.wait_for()
    assert page.locator(".thumbs img").count() == 0
    page.evaluate("window.loadedOnce = true")
    for number in (1, 2):
        make(trial.stimuli.next_chunk())
        page.wait_for_function(
            "number => [...document.querySelectorAll('.thumbs img')]"
            ".filter(image => image.complete && image.naturalWidth > 0).length === number",
            arg=number,
        )
    assert page.evaluate("window.loadedOnce") is True
    expect_fits(page, width)


def test_no_page_is_wider_than_a_phone(researcher_page, live_server, engine, batch):
    page = researcher_page
    page.set_viewport_size({"width": 390, "height": 844})
    trial = batch(stimuli=3)
    for address in (
        reverse("transfer:pictures"),
        reverse("transfer:batches"),
        reverse("transfer:launch"),
        trial.get_absolute_url(),
        trial.stimuli.first().get_absolute_url(),
    ):
        page.goto(f"{live_server}{address}")
        expect_fits(page, 390)
