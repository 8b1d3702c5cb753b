"""The whole work of a researcher and of three participants, through pages only."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from metrics.models import Calibration, Measurement
from studies.models import Study, Trial, Vote
from tests.printing import expect_whole, print_of
from tests.studies.session import answer, consent, current, ready
from tests.transfer.conftest import draw
from transfer.models import Batch, Picture, Stimulus

pytestmark = [pytest.mark.browser, pytest.mark.poppler, pytest.mark.django_db(transaction=True)]

PEOPLE = 3


@pytest.fixture(autouse=True)
def data(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = tmp_path / "data" / "media"


def test_from_pictures_to_a_report(
    researcher_page: Page, browser: Browser, live_server, tmp_path: Path
) -> None:
    page = researcher_page
    page.set_default_timeout(180_000)  # figures of a calibration take long under load
    page.goto(f"{live_server}")
    _upload(page, tmp_path)
    _launch(page)
    work()
    # The page sees by itself that all have ended.
    expect(page.get_by_text("Every stimulus is measured.")).to_be_visible()
    _download(page, tmp_path)
    _compare(page)
    _make_studies(page)
    for study in Study.objects.order_by("pk"):
        page.goto(f"{live_server}{study.get_absolute_url()}")
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.get_by_text("Anyone with this link can take part")).to_be_visible()
        for _ in range(PEOPLE):
            _take_part(browser, live_server, study)
        page.reload()
        page.get_by_text("Close the study").click()
        page.locator("#close-name").fill(study.name)
        page.get_by_role("button", name="Close", exact=True).click()
        expect(page.get_by_text("The study was closed on")).to_be_visible()
        _calibrate(page, study)
    assert Vote.objects.count() == 2 * PEOPLE * 9  # one of them for training
    assert Calibration.objects.count() == 2
    _report(page, tmp_path)
    for study in Study.objects.all():
        page.goto(f"{live_server}{study.get_absolute_url()}")
        _publish(page, tmp_path)
    _delete(page, live_server)


def work() -> None:
    """What `make worker` does."""
    call_command("worker", drain=True, interval=0.01)


def _go(page: Page, name: str) -> None:
    """Follow a link of the main navigation."""
    main = page.get_by_role("navigation", name="Main")
    main.get_by_role("link", name=name, exact=True).click()


def _upload(page: Page, folder: Path) -> None:
    for role, seed in (("content", 3), ("style", 4)):
        _go(page, "Pictures")
        page.get_by_role("navigation", name="Roles").get_by_role("link", name=role).click()
        if not page.get_by_role("button", name="Upload", exact=True).is_visible():
            page.get_by_text("Upload pictures").click()
        files = [folder / f"{role}-{number}.png" for number in range(2)]
        for number, file in enumerate(files):
            draw(file, seed=seed + 10 * number)
        page.set_input_files("input[name=pictures]", files)
        page.locator("input[name=licence]").fill("CC0-1.0")
        page.get_by_role("button", name="Upload", exact=True).click()
        expect(page.get_by_text("2 pictures stored.")).to_be_visible()


def _launch(page: Page) -> None:
    _go(page, "Batches")
    page.get_by_role("link", name="Launch a batch").click()
    page.get_by_label("Name").fill("Journey")
    for method in ("adain", "universal", "ift"):
        page.get_by_role("checkbox", name=f"({method})").check()
    for button in page.get_by_role("button", name="All").all():
        button.click()
    page.locator("input[name=size]").fill("64")
    expect(page.get_by_role("region", name="Preview")).to_contain_text("12 stimuli")
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_text("Launched: 12 stimuli.")).to_be_visible()


def _download(page: Page, folder: Path) -> None:
    """The pictures of the batch, with their manifest."""
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the finished ones").click()
    started.value.save_as(folder / "pictures.zip")
    with zipfile.ZipFile(folder / "pictures.zip") as archive:
        assert archive.testzip() is None
        pictures = [name for name in archive.namelist() if name.startswith("pictures/")]
        assert len(pictures) == 12
        assert archive.read("manifest.csv").count(b"CC0-1.0") == 24


def _compare(page: Page) -> None:
    """All methods on a pair, and back to the batch."""
    address = page.url
    page.get_by_role("link", name="Compare", exact=True).click()
    for method in ("adain", "universal", "ift"):
        expect(page.get_by_role("figure").filter(has_text=method).first).to_be_visible()
    page.goto(address)


def _make_studies(page: Page) -> None:
    page.get_by_role("link", name="Make a study").click()
    page.get_by_role("button", name="Quick pilot").click()
    page.get_by_label("Name:", exact=True).fill("Journey")
    page.get_by_label("Question:", exact=True).select_option("E")
    page.get_by_label("Also create the other test").check()
    page.get_by_role("link", name="Next").click()
    page.get_by_label("Participants:", exact=True).fill(str(PEOPLE))
    page.get_by_role("link", name="3. Participants").click()
    page.get_by_label("Consent text").fill("You look at pictures.")
    page.get_by_role("button", name="Create in draft").click()
    expect(page.get_by_text("draft").first).to_be_visible()
    assert Study.objects.count() == 2


def _take_part(browser: Browser, live_server, study: Study) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    window = context.new_page()
    window.set_default_timeout(30_000)
    consent(window, live_server, study)
    window.get_by_role("link", name="Begin").click()  # after the instructions
    for number in range(9):
        ready(window, number)
        answer(window, _preferred(window, study) if number % 4 else "left")
        if number == 0:  # practice, which shows the right answer
            window.get_by_role("link", name="Continue").click()
    expect(window.get_by_role("heading", name="Thank you!")).to_be_visible()
    context.close()


def _preferred(window: Page, study: Study) -> str:
    """The side of the stimulus that the statistics of the question place higher."""
    trial = Trial.objects.get(public_id=current(window))
    names = ["C"] if study.kind == "C" else ["E1", "E2", "E3"]

    def value(stimulus: Stimulus | None) -> float:
        measured = Measurement.objects.filter(stimulus=stimulus, statistic__in=names)
        return sum(one.value or 0.0 for one in measured)

    return "left" if value(trial.left) >= value(trial.right) else "right"


def _calibrate(page: Page, study: Study) -> None:
    _go(page, "Calibrations")
    page.get_by_label("Votes of", exact=True).select_option(label=str(study))
    page.get_by_role("button", name="Calibrate").click()
    expect(page.get_by_role("heading", name=study.name)).to_be_visible()
    expect(page.get_by_text("not usable").first).to_be_visible()  # three people


def _report(page: Page, folder: Path) -> None:
    _go(page, "EC space")
    page.get_by_role("button", name="Make report").click()
    expect(page.get_by_text("waits for a worker")).to_be_visible()
    work()
    page.reload()
    page.locator(".report-card h2 a").click()
    expect(page.locator(".plot[data-ready]").first).to_be_attached(timeout=180_000)
    printed = print_of(page, folder)
    expect_whole(printed)
    for heading in ("The question", "Design and people", "The EC space", "Limits"):
        assert heading in printed.text


def _publish(page: Page, folder: Path) -> None:
    """Download the bundle of a study."""
    page.get_by_role("link", name="Publish the study").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download bundle").click()
    started.value.save_as(folder / "bundle.zip")
    with zipfile.ZipFile(folder / "bundle.zip") as bundle:
        assert bundle.testzip() is None
        names = [name.rsplit("/", 1)[-1] for name in bundle.namelist()]
    assert {"VOTES.csv", "STATISTICS.csv"} <= set(names)


def _delete(page: Page, live_server) -> None:
    """Delete what was made; what votes of people need stays, and says why."""
    _go(page, "EC space")
    page.get_by_role("link", name="Reports").first.click()
    _confirm(page, "Delete the report", page.locator(".report-card h2 a").inner_text())
    expect(page.get_by_text("There is no report yet.")).to_be_visible()
    for calibration in Calibration.objects.all():
        page.goto(f"{live_server}{calibration.get_absolute_url()}")
        _confirm(page, "Delete the calibration", calibration.name)
    assert not Calibration.objects.exists()
    for study in Study.objects.all():
        page.goto(f"{live_server}{study.get_absolute_url()}")
        page.get_by_text("Delete the study").click()
        expect(page.get_by_text("3 people have taken part")).to_be_visible()
        page.get_by_role("button", name="Archive").click()
    batch = Batch.objects.get()
    page.goto(f"{live_server}{batch.get_absolute_url()}")
    _confirm(page, "Archive or delete", batch.name)
    expect(page.get_by_role("status")).to_contain_text("Journey")  # the study that uses it
    assert Batch.objects.filter(pk=batch.pk).exists()
    _go(page, "Pictures")
    page.get_by_text("Remove", exact=True).first.click()
    page.get_by_role("button", name="Remove content-").first.click()
    expect(page.get_by_role("status")).to_be_visible()
    assert Picture.objects.count() == 4
    assert Vote.objects.count() == 2 * PEOPLE * 9


def _confirm(page: Page, summary: str, name: str) -> None:
    """Open a deletion, type the name, and delete."""
    page.get_by_text(summary, exact=True).click()
    page.get_by_label("Type the name").fill(name)
    page.get_by_role("button", name="Delete", exact=True).click()
