"""Archiving of studies and batches, cancelling and deletion of batches, removal of pictures."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from studies.models import Study
from studies.planning.opening import close_study
from tests.studies.session import PHONE, WIDE
from tests.studies.shots import shoot
from tests.studies.views.test_accessible import expect_no_violations
from tests.studies.world import picture
from tests.width import expect_fits
from transfer.batches.states import CANCELLED
from transfer.models import Batch, Picture, Stimulus

pytestmark = pytest.mark.django_db
State = Stimulus.State


def text(response) -> str:
    return response.content.decode()


def test_an_archived_study_leaves_the_lists_and_comes_back(researcher, study):
    address = f"/studies/{study.pk}/archive/"
    assert "close it before it is archived" in text(researcher.post(address, follow=True))
    close_study(study)
    assert "is archived" in text(researcher.post(address, follow=True))
    assert study.name not in text(researcher.get("/studies/"))
    assert "Archived studies (1)" in text(researcher.get("/studies/"))
    assert study.name not in text(researcher.get("/"))
    assert study.name in text(researcher.get("/studies/?archived=1"))
    assert "listed again" in text(researcher.post(address, {"archived": "no"}, follow=True))
    assert study.name in text(researcher.get("/studies/"))


def test_a_batch_is_cancelled_archived_and_made_later(researcher, batch):
    waiting, running = batch.stimuli.order_by("pk")[:2]
    Stimulus.objects.filter(pk=waiting.pk).update(state=State.PENDING)
    lease = Stimulus.objects.filter(pk=running.pk)
    lease.update(state=State.PENDING)
    held = lease.claim("worker")
    base = batch.get_absolute_url()
    assert "cancel it before it is archived" in text(
        researcher.post(f"{base}archive/", follow=True)
    )
    assert "Stimuli that are not made: 2" in text(researcher.post(f"{base}cancel/", follow=True))
    assert not held.finish(running.pk, {}) and not held.renew()  # the worker has lost it
    assert set(batch.stimuli.filter(state=State.FAILED).values_list("error")) == {(CANCELLED,)}
    assert "nothing of batch" in text(researcher.post(f"{base}cancel/", follow=True))
    assert "is archived" in text(researcher.post(f"{base}archive/", follow=True))
    listed = text(researcher.get("/transfer/batches/"))
    assert "Archived batches (1)" in listed and batch.get_absolute_url() not in listed
    assert batch.get_absolute_url() in text(researcher.get("/transfer/batches/?archived=1"))
    assert "listed again" in text(
        researcher.post(f"{base}archive/", {"archived": "no"}, follow=True)
    )
    assert "wait again: 2" in text(researcher.post(f"{base}retry/", follow=True))


def test_a_batch_in_use_is_not_deleted_and_others_studies_stay_unknown(
    researcher, draft, batch, django_user_model
):
    study = draft()
    address, name = f"/studies/batches/{batch.pk}/delete/", {"name": batch.name}
    assert "in use by study &#x27;study 1&#x27;" in text(
        researcher.post(address, name, follow=True)
    )
    study.created_by = django_user_model.objects.create_user("bob")
    study.save()
    page = text(researcher.post(address, name, follow=True))
    assert "a study of another researcher uses it" in page and "study 1" not in page
    Study.objects.all().delete()
    files = [stimulus.path for stimulus in batch.stimuli.all()]
    assert "type its name" in text(researcher.post(address, {"name": "x"}, follow=True))
    batch.stimuli.update(state=State.RUNNING)
    assert "cancel the batch first" in text(researcher.post(address, name, follow=True))
    batch.stimuli.update(state=State.DONE)
    assert Batch.objects.exists() and all(file.exists() for file in files)
    assert f"{len(files)} stimuli are deleted" in text(researcher.post(address, name, follow=True))
    assert not Batch.objects.exists()


def test_a_picture_in_use_says_which_batches_to_delete(researcher, batch):
    made = batch.stimuli.first()
    for used in (made.content, made.styles.get()):
        page = text(researcher.post(f"/transfer/pictures/{used.pk}/delete/", follow=True))
        assert f"the stimuli of {batch.name} were made from it" in page
    assert made.styles.exists()
    spare = picture("content", 77)
    assert "was removed" in text(
        researcher.post(f"/transfer/pictures/{spare.pk}/delete/", follow=True)
    )
    assert not Picture.objects.filter(pk=spare.pk).exists()


@pytest.mark.axe
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_a_running_batch_is_cancelled_and_deleted_in_the_browser(
    researcher_page, live_server, batch, draft, size
):
    page = researcher_page
    study = draft()
    study.batches.clear()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    Stimulus.objects.filter(pk=batch.stimuli.first().pk).update(state=State.PENDING)
    page.goto(f"{live_server}{batch.get_absolute_url()}")
    page.get_by_text("Cancel the batch").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Finished ones stay.")).to_be_visible()
    page.get_by_text("Archive or delete").click()
    page.get_by_label(f"Type the name of the batch: {batch.name}").fill(batch.name)
    shoot(page, f"batch-{size[0]}")
    expect_no_violations(page, "batch")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect_no_violations(page, "batch, dark")
    expect_fits(page, size[0])
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text(f"The batch {batch.name} and its 12 stimuli")).to_be_visible()
    page.goto(f"{live_server}/transfer/pictures/")
    page.get_by_label("Remove content-0").first.click()
    shoot(page, f"pictures-{size[0]}")
    expect_no_violations(page, "pictures, dark")
    page.get_by_role("button", name="Remove content-0").click()
    expect(page.get_by_text("content-0 was removed.")).to_be_visible()
    page.goto(f"{live_server}/studies/{study.pk}/")
    page.get_by_role("button", name="Archive").click()
    page.goto(f"{live_server}/studies/")
    page.get_by_role("link", name="Archived studies (1)").click()
    expect(page.get_by_role("link", name=study.name)).to_be_visible()
    expect_no_violations(page, "archived studies, dark")
