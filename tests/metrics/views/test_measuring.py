"""Measuring from the pages: button, progress, failures, and models that fit."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from metrics.calibration.presets import preset
from metrics.models import Calibration, Measurement, MeasurementJob
from tests.conftest import AXE, skip_or_fail
from tests.studies.world import batch_of
from tests.width import expect_fits
from transfer.models import Batch, Stimulus

SIZES = [(1280, 800), (390, 844)]


@pytest.fixture
def unmeasured(db, settings, tmp_path) -> Batch:
    """Six finished stimuli without a measurement."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    return batch_of(1, 2)


def measure(researcher: Client, batch: Batch, **data: str):
    return researcher.post(reverse("metrics:measure", args=[batch.pk]), data, follow=True)


@pytest.mark.django_db(transaction=True)
def test_the_page_of_a_batch_measures_it(researcher, unmeasured) -> None:
    page = researcher.get(unmeasured.get_absolute_url()).content.decode()
    assert "0 of 6" in page and ">Measure</button>" in page
    answer = measure(researcher, unmeasured).content.decode()
    assert "12 measurements are to be made" in answer and "make worker" in answer
    assert MeasurementJob.objects.progress().pending == 12
    call_command("worker", drain=True, interval=0.01)
    page = researcher.get(unmeasured.get_absolute_url()).content.decode()
    assert page.count("6 of 6") == 2 and "Every stimulus is measured" in page
    assert "compact at 256 px, reference basis" in page
    assert "gaussian against the boundaries that it finds in the content" in page
    hashes = re.findall(r"basis:[0-9a-f]{16}", page[: page.index("<details>")])
    assert not hashes  # only behind Details
    assert "nothing is missing" in measure(researcher, unmeasured).content.decode()


@pytest.mark.django_db(transaction=True)
def test_failures_are_named_and_measured_again(researcher, unmeasured) -> None:
    path = unmeasured.stimuli.first().path
    kept = path.read_bytes()
    path.write_bytes(b"not a picture")
    measure(researcher, unmeasured)
    call_command("worker", drain=True, interval=0.01)
    page = researcher.get(unmeasured.get_absolute_url()).content.decode()
    assert "2 measurements failed" in page and "E of gatys on content-0" in page
    assert "5 of 6" in page and "Measure again what failed" in page
    path.write_bytes(kept)
    assert "2 measurements are to be made" in measure(researcher, unmeasured).content.decode()
    call_command("worker", drain=True, interval=0.01)
    page = researcher.get(unmeasured.get_absolute_url()).content.decode()
    assert "Every stimulus is measured" in page


@pytest.mark.django_db(transaction=True)
def test_a_missing_file_is_said_on_the_page(researcher, unmeasured) -> None:
    unmeasured.stimuli.first().path.unlink()
    measure(researcher, unmeasured)
    call_command("worker", drain=True, interval=0.01)
    page = researcher.get(unmeasured.get_absolute_url()).content.decode()
    assert "Measurements wait:" in page and "is missing: restore the file" in page


def test_progress_is_told_to_the_script(researcher, unmeasured) -> None:
    measure(researcher, unmeasured)
    MeasurementJob.objects.next_chunk().claim("elsewhere:1")
    address = reverse("metrics:measuring_progress", args=[unmeasured.pk])
    answer = researcher.get(address).json()
    assert answer["running"] > 0 and answer["pending"] + answer["running"] == 12
    assert (answer["done"], answer["failed"], answer["pace"]) == (0, 0, "")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_it_leads_to_no_other_site(researcher, unmeasured, target) -> None:
    answer = researcher.post(reverse("metrics:measure", args=[unmeasured.pk]), {"next": target})
    assert answer["Location"] == unmeasured.get_absolute_url()


def test_a_model_of_another_researcher_cannot_be_named(
    researcher, unmeasured, django_user_model
) -> None:
    from studies.models import Study

    model = old_model()
    owner = django_user_model.objects.create_user("owner", password="x")
    model.studies.add(Study.objects.create(name="theirs", kind="E", created_by=owner))
    assert measure(researcher, unmeasured, model=str(model.pk)).status_code == 404
    assert "no calibration has the number" in (
        measure(researcher, unmeasured, model="x").content.decode()
    )
    assert not MeasurementJob.objects.exists()


def test_measuring_needs_a_login_and_a_post(client, researcher, unmeasured) -> None:
    address = reverse("metrics:measure", args=[unmeasured.pk])
    assert researcher.get(address).status_code == 405
    assert "/login/" in client.post(address)["Location"]
    assert not MeasurementJob.objects.exists()


def old_model(name: str = "E-1 compact:8f2a basis:0011223344556677 192px") -> Calibration:
    exported = preset("wacv2020-E").to_json() | {"instruments": {"E": name}}
    return Calibration.objects.create(
        name="old", target="E", data_fingerprint="0" * 64, model=exported
    )


@pytest.mark.django_db(transaction=True)
def test_a_launched_batch_is_measured_when_it_is_made(researcher, unmeasured, settings) -> None:
    content = unmeasured.stimuli.first().content
    style = unmeasured.stimuli.first().styles.get()
    form = {
        "name": "spring", "methods": "gatys", "contents": content.pk, "styles": style.pk,
        "size": 40, "iterations": 1, "seed": 0, "encoder": "compact", "precision": "float32",
        "chunk": 4,
    }  # fmt: skip
    page = researcher.get(reverse("transfer:launch")).content.decode()
    assert re.search(r'<input type="checkbox" name="measure"[^>]* checked', page)
    researcher.post(reverse("transfer:launch"), form | {"name": "plain"})
    researcher.post(reverse("transfer:launch"), form | {"measure": "on"})
    spring = Batch.objects.get(name="spring")
    page = researcher.get(spring.get_absolute_url()).content.decode()
    assert "The stimuli are measured when all of them are made" in page
    call_command("worker", drain=True, interval=0.01)
    names = Measurement.objects.filter(stimulus__batch=spring).values_list("statistic", flat=True)
    assert sorted(names) == ["C", "E1", "E2", "E3", "E4", "E5"]
    assert not Measurement.objects.filter(stimulus__batch__name="plain").exists()


@pytest.mark.django_db(transaction=True)
def test_generate_measures_unless_told_otherwise(unmeasured, capsys) -> None:
    words = {"methods": ["gatys"], "size": 40, "iterations": 1, "contents": [], "styles": []}
    call_command("generate", name="plain", measure=False, **words)
    assert not Measurement.objects.exists()
    call_command("generate", name="spring", **words)
    spring = Batch.objects.get(name="spring")
    assert Measurement.objects.filter(stimulus__batch=spring).count() == 6 * 2
    call_command("generate", name="queued", queue=True, **words)
    call_command("worker", drain=True, interval=0.01)
    queued = Measurement.objects.filter(stimulus__batch__name="queued")
    assert queued.count() == 6 * 2


@pytest.mark.django_db(transaction=True)
def test_with_the_immediate_engine_the_request_measures(researcher, unmeasured, settings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    assert "12 measurements are to be made" in measure(researcher, unmeasured).content.decode()
    assert MeasurementJob.objects.progress().done == 12


@pytest.fixture
def fitting(batch) -> Calibration:
    """A measured batch, and a model that was fitted to other instruments."""
    return old_model()


def test_the_space_disables_models_that_do_not_fit_and_says_why(researcher, fitting) -> None:
    page = researcher.get(reverse("metrics:ecspace")).content.decode()
    assert 'class="mosaic"' in page  # the published model is chosen instead
    option = re.search(rf'<option value="{fitting.pk}"[^>]*>', page)
    assert option and "disabled" in option[0]
    assert "Models that cannot score these stimuli" in page
    assert "it needs E measured by compact at 192 px, basis 00112233" in page


def test_a_model_that_does_not_fit_leads_on(researcher, fitting) -> None:
    page = researcher.get(reverse("metrics:ecspace"), {"e": fitting.pk}).content.decode()
    assert "cannot score them" in page and 'class="choose"' in page
    assert "with the instruments of old</button>" in page
    assert "compact:8f2a" not in page
    scores = researcher.get(reverse("metrics:scores"), {"e": fitting.pk})
    assert scores.status_code == 400 and b"cannot score them" in scores.content


def test_stimuli_that_are_not_shown_can_be_measured(researcher, batch) -> None:
    Measurement.objects.filter(stimulus=batch.stimuli.first()).delete()
    page = researcher.get(reverse("metrics:ecspace")).content.decode()
    assert "1 stimuli are not shown" in page
    assert f">Measure {batch}</button>" in page


def expect_accessible(page: Page) -> None:
    skip_or_fail("axe")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run().then((r) => r.violations)")
    grave = [
        f"{v['id']}: {v['nodes'][0]['html']}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert not grave, "\n".join(grave)


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_a_click_measures_and_the_page_follows(
    researcher_page, live_server, unmeasured, size
) -> None:
    page = researcher_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(live_server.url)
    page.get_by_role("link", name=unmeasured.name).first.click()
    section = page.locator("#measuring")
    expect(section).to_contain_text("0 of 6")
    section.get_by_role("button", name="Measure").click()
    expect(section.locator('[data-count="pending"]')).to_have_text("12")
    expect_fits(page, size[0])
    call_command("worker", drain=True, interval=0.01)
    expect(section).to_contain_text("Every stimulus is measured")  # it has loaded itself again
    expect(section.locator("code").first).not_to_be_visible()
    section.locator("summary").click()
    expect(section.locator("code").first).to_be_visible()
    expect_fits(page, size[0])


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_home_measures(researcher_page, live_server, unmeasured, size) -> None:
    page = researcher_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(live_server.url)
    steps = page.locator(".steps")
    expect(steps).to_contain_text("6 of 6 stimuli of “batch 1” are not measured")
    expect_fits(page, size[0])
    steps.get_by_role("button", name="Measure").click()
    expect(steps).to_contain_text("12 measurements wait for a worker")


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible(researcher_page, live_server, unmeasured, scheme) -> None:
    page = researcher_page
    page.emulate_media(color_scheme=scheme)
    unmeasured.stimuli.first().path.write_bytes(b"not a picture")
    addresses: list[Callable[[], str]] = [
        lambda: "/",
        unmeasured.get_absolute_url,
        lambda: reverse("transfer:launch"),
        lambda: reverse("metrics:ecspace"),
    ]
    for _ in range(2):  # before and after measuring, with a failure
        for address in addresses:
            page.goto(f"{live_server.url}{address()}")
            expect_accessible(page)
        call_command("measure", batch=unmeasured.name, queue=True)
        page.goto(f"{live_server.url}{unmeasured.get_absolute_url()}")
        expect_accessible(page)
        call_command("worker", drain=True, interval=0.01)
    assert Stimulus.objects.filter(measurements__isnull=False).exists()
