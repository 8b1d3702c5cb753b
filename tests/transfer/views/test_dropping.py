"""Files dropped onto the upload form, with previews, in Chromium."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.sight import SIGHTS, expect_accessible
from tests.transfer.conftest import annotate, draw
from transfer.models import Picture

DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const [name, type, data] of files) {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type, lastModified: 1 }));
  }
  const zone = document.querySelector(".drop");
  for (const kind of ["dragover", "drop"]) {
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    if (zone.dispatchEvent(new DragEvent(kind, options))) throw new Error(`${kind} went on`);
  }
}"""


def drop(page: Page, *paths: Path) -> None:
    kinds = {".png": "image/png", ".txt": "text/plain"}
    files = [
        (path.name, kinds.get(path.suffix, ""), base64.b64encode(path.read_bytes()).decode())
        for path in paths
    ]
    page.evaluate(DROP, files)


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_dropped_files_are_shown_left_out_and_sent(
    researcher_page, live_server, media, tmp_path, shot
):
    page = researcher_page
    page.goto(f"{live_server}{reverse('transfer:pictures')}")
    sea, lake = (
        draw(tmp_path / "sea.png", 1, (320, 240)),
        draw(tmp_path / "lake.png", 2, (200, 300)),
    )
    mat = annotate(tmp_path / "sea.mat", size=(320, 240))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "odd.tif").write_bytes(b"II*\0 cannot be decoded")
    drop(page, sea, mat, tmp_path / "notes.txt")
    expect(page.get_by_role("status")).to_contain_text("takes no such files: notes.txt")
    drop(page, sea, lake, tmp_path / "odd.tif")  # sea is there already
    expect(page.get_by_role("status")).to_contain_text("3 pictures, ")
    rows = page.get_by_role("list", name="Chosen pictures").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.locator("canvas")).to_have_count(2)
    expect(rows.nth(2)).to_contain_text("no preview")
    assert rows.locator("canvas").first.evaluate("c => [c.width, c.height]") == [160, 120]
    for (width, height), scheme in SIGHTS[:2]:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect_accessible(page)
        shot(page, f"dropping-{width}")
    page.get_by_role("button", name="Leave out odd.tif").press("Enter")
    expect(rows).to_have_count(2)
    expect(page.get_by_role("button", name="Leave out lake.png")).to_be_focused()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("2 pictures stored.")).to_be_visible()
    assert Picture.objects.get(name="sea").annotations
    assert not Picture.objects.get(name="lake").annotations
