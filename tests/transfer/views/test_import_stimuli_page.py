"""Import of stimuli by upload."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import expect

from tests.sight import SIGHTS, look_at
from tests.transfer.conftest import draw, stored_files
from transfer.models import Batch, Picture, Stimulus

pytestmark = pytest.mark.django_db
HEADER = "image,content,style,method,parameters\n"
GOOD = 'results/made.png,sea.png,waves.png,other tool,"{""weight"": 10}"\n'


@pytest.fixture
def files(media, tmp_path) -> list[Path]:
    """A stimulus, its content and its style."""
    return [draw(tmp_path / f"{name}.png", n) for n, name in enumerate(("made", "sea", "waves"))]


def send(client, rows: str, files: list[Path], batch: str = "theirs", header: str = HEADER):
    fields = {
        "batch": batch,
        "manifest": SimpleUploadedFile("table.csv", (header + rows).encode()),
        "pictures": [SimpleUploadedFile(path.name, path.read_bytes()) for path in files],
    }
    return client.post(reverse("transfer:import"), fields, follow=True)


def test_the_stimuli_become_a_batch(researcher, files, tmp_path):
    answer = send(researcher, GOOD, [*files, draw(tmp_path / "spare.png", 7)])
    page = answer.content.decode()
    assert "1 new stimuli, 0 were there already." in page
    assert "no row names them: spare.png." in page
    row = Stimulus.objects.get()
    assert (row.state, row.method, row.parameters) == ("done", "other tool", {"weight": 10})
    assert (row.content.name, row.styles.get().name) == ("sea", "waves")
    assert row.batch.is_imported and row.batch.created_by.username == "ada"
    assert answer.redirect_chain[-1][0] == row.batch.get_absolute_url()
    assert "0 new stimuli, 1 were there already." in send(researcher, GOOD, files).content.decode()


def test_a_manifest_may_name_stored_pictures(researcher, files, picture):
    stored = picture("content", "stored", seed=9)
    send(researcher, "made.png,stored,waves.png,m,\n", [files[0], files[2]])
    assert Stimulus.objects.get().content == stored


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("missing.png,sea.png,waves.png,m,", "missing.png"),
        ("made.png,nowhere,waves.png,m,", "content &#x27;nowhere&#x27; is not a file among those"),
        ("made.png,sea.png,,m,", "style is empty"),
        ("made.png,sea.png,waves.png,m,{oops", "parameters are not JSON"),
        ("..,sea.png,waves.png,m,", "picture"),
        ("/etc/hostname,sea.png,waves.png,m,", "picture not found: hostname"),
    ],
)
def test_every_bad_row_is_named_and_nothing_is_stored(researcher, files, media, row, message):
    answer = send(researcher, GOOD + f"{row}\n" + GOOD + f"{row}\n", files)
    page = answer.content.decode()
    assert "2 of 4 rows cannot be used; nothing was stored." in page
    assert "Line 3: " in page and "Line 5: " in page and message in page
    assert "/tmp" not in page and "stimuli-" not in page
    assert not Batch.objects.exists() and not Picture.objects.exists()
    assert stored_files(media) == []


def test_a_row_never_leads_to_a_file_of_the_server(researcher, files, media, tmp_path):
    secret = draw(tmp_path / "secret.png", 5)
    answer = send(researcher, f"{secret},sea.png,waves.png,m,\n", files)
    assert "picture not found: secret.png" in answer.content.decode()
    up = "../" * 12
    answer = send(researcher, f"{up}{str(secret)[1:]},sea.png,waves.png,m,\n", files)
    assert "picture not found: secret.png" in answer.content.decode()
    assert not Stimulus.objects.exists() and stored_files(media) == []


def test_bad_uploads_are_one_clear_line(researcher, files, batch):
    batch(name="ours")
    stored = Picture.objects.count()
    for answer, message in (
        (send(researcher, GOOD, [*files, files[0]]), "two pictures are called made.png"),
        (send(researcher, GOOD, files, batch="ours"), "was generated here: choose another name"),
        (send(researcher, "", files), "table.csv holds no rows below its column names"),
        (send(researcher, "a,b\n", files, header="image,content\n"), "table.csv"),
        (send(researcher, GOOD, []), "This field is required"),
    ):
        page = answer.content.decode()
        assert message in page and "/tmp" not in page
    assert Picture.objects.count() == stored and not Batch.objects.filter(name="theirs").exists()


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_stimuli_are_imported_in_the_browser(researcher_page, live_server, files, tmp_path, shot):
    page = researcher_page
    for size, scheme in SIGHTS[:2]:
        look_at(page, f"{live_server}{reverse('transfer:import')}", size, scheme)
        shot(page, f"import-{size[0]}")
    page.goto(f"{live_server}{reverse('transfer:batches')}")
    page.get_by_role("link", name="Import stimuli").click()
    table = tmp_path / "table.csv"
    table.write_text(HEADER + "absent.png,sea.png,waves.png,m,\n")
    for _ in range(2):
        page.get_by_label("Batch").fill("theirs")
        page.get_by_label("Manifest").set_input_files(table)
        page.get_by_label("Pictures", exact=True).set_input_files(files)
        expect(page.get_by_role("status")).to_contain_text("3 pictures")
        page.get_by_role("button", name="Import", exact=True).click()
        if "absent" in table.read_text():
            expect(page.get_by_text("Line 2: picture not found: absent.png")).to_be_visible()
            shot(page, "import-refused")
            table.write_text(HEADER + GOOD)
    expect(page.get_by_text("1 new stimuli, 0 were there already.")).to_be_visible()
