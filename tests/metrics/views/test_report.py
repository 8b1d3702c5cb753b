"""The report opens from disk and is complete."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from playwright.sync_api import expect

from metrics.calibration.export import Model
from tests.width import expect_boxed, expect_fits

FIGURES = (
    "means", "means-within", "ecspace",
    "family-gatys", "family-cross-layer", "family-others", "E-curve", "E-methods",
    "referee-E",
)  # fmt: skip
FILES = {
    "index.html", "scores.csv", "cells.csv", "table.csv", "table.md", "table.tex", "mosaic.png",
    "ecspace.json", "model-E.json", "model-C.json",
    "referee-E.json", "referee-C.json",
    *(f"{name}.{ending}" for name in FIGURES for ending in ("png", "svg", "pdf")),
}  # fmt: skip


@pytest.fixture
def folder(calibration, batch, tmp_path):
    call_command("report", batch=batch.name, out=tmp_path / "report")
    return tmp_path / "report"


def test_it_writes_everything_and_names_simulated_votes_in_each(folder, calibration):
    assert {path.name for path in folder.iterdir()} == FILES
    assert (pd.read_csv(folder / "scores.csv")["votes"] == "simulated").all()
    assert (pd.read_csv(folder / "table.csv")["votes"] == "simulated").all()
    assert (pd.read_csv(folder / "cells.csv")["votes"] == "simulated").all()
    for name in ("table.md", "table.tex"):
        assert "simulated votes" in (folder / name).read_text()
    assert json.loads((folder / "ecspace.json").read_text())["simulated"] is True
    model = Model.from_json(json.loads((folder / "model-E.json").read_text()))
    assert model == calibration.exported
    assert model.simulated
    assert Image.open(folder / "ecspace.png").size[0] > 1000


def test_its_page_loads_no_other_file(folder):
    page = (folder / "index.html").read_text()
    addresses = re.findall(r'(?:src|href)="([^"]{0,40})', page)
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    for words in (
        "The question", "E-test", "Design and people", "12 participants", "Excluded (simulated)",
        "The EC space", "Families of methods", "Mosaic", "Nine cells",
        "Variance explained", "E-model", "Diagnostics", "Separation", "Power",
        "Methods by votes and by score", "Win matrix", "All 31 subsets of statistics", "Limits",
    ):  # fmt: skip
        assert words in page
    assert "were not given by people" in page
    assert "which" in page.lower()
    assert "was fitted to E measured by" not in page  # it was measured as the votes' stimuli were


def test_it_says_which_statistic_people_agree_with(folder):
    page = (folder / "index.html").read_text()
    section = page.split("Which statistic do people agree with?")[1].split("<h2>")[0]
    assert "360 of 360 votes are <strong>simulated</strong>" in section
    assert "C-test" in section
    assert "No statistic is judged: the model is a published one" in section
    assert "not shown to be the best" in section
    found = json.loads((folder / "referee-E.json").read_text())
    assert found["statistics"][0]["name"] == "E3"  # the published model's largest term
    assert (found["votes"], found["simulated"]) == (360, 360)
    assert {each["name"] for each in found["statistics"]} == {"E1", "E2", "E3", "E4", "E5", "C"}
    none = json.loads((folder / "referee-C.json").read_text())
    assert none["statistics"] == []
    assert "without votes" in none["reason"]


def test_it_reports_errors_in_one_line(batch, calibration, tmp_path):
    for options, message in (
        ({"batch": "x"}, "unknown batch"),
        ({"e_model": "x"}, "no E-calibration is named"),
    ):
        with pytest.raises(CommandError, match=message) as caught:
            call_command("report", out=tmp_path / "report", **options)
        assert caught.value.returncode == 2
    assert not (tmp_path / "report").exists()


def test_without_votes_it_uses_the_published_models_and_says_so(batch, tmp_path):
    call_command("report", batch=batch.name, out=tmp_path / "report", bins="nested")
    page = (tmp_path / "report" / "index.html").read_text()
    assert "A published model" in page
    assert (
        "simulated" not in json.loads((tmp_path / "report" / "model-E.json").read_text())["terms"]
    )
    assert "badge simulated" not in page
    counts = json.loads((tmp_path / "report" / "ecspace.json").read_text())["counts"]
    assert counts == [[4, 4, 4]] * 3


@pytest.mark.browser
def test_it_opens_from_disk_in_a_browser(page, folder):
    page.set_default_timeout(120_000)
    page.goto((folder / "index.html").as_uri(), wait_until="commit")
    scatter = page.locator('.plot[data-figure="figure-ecspace"]')
    expect(scatter.locator("path.point")).to_have_count(36, timeout=120_000)
    expect(page.locator(".plot[data-ready]")).to_have_count(len(FIGURES), timeout=120_000)
    for still in page.locator(".still").all():
        expect(still).to_be_hidden()
    page.set_viewport_size({"width": 375, "height": 740})
    expect_fits(page, 375)
    expect_boxed(page, ".plot, .scroll", 375)
    for box in page.locator(".scroll").all():
        assert box.evaluate("box => getComputedStyle(box).overflowX") == "auto"


@pytest.mark.browser
def test_without_scripts_its_figures_are_pictures(page, folder):
    context = page.context.browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto((folder / "index.html").as_uri(), wait_until="domcontentloaded")
    stills = plain.locator(".still")
    expect(stills).to_have_count(len(FIGURES))
    for still in stills.all():
        expect(still).to_be_visible()
        assert "simulated votes" in still.get_attribute("alt")
    context.close()


def test_it_scores_statistics_of_another_encoder_only_on_request(calibration, batch, tmp_path):
    calibration.model["instruments"] = {"E": "another encoder"}
    calibration.save()
    with pytest.raises(CommandError, match="it needs E measured by another encoder"):
        call_command("report", batch=batch.name, e_model=calibration.name, out=tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
    call_command("report", batch=batch.name, out=tmp_path / "told", any_instrument=True)
    page = (tmp_path / "told" / "index.html").read_text()
    assert "was fitted to E measured by another instrument" in page
    assert "<code>another encoder</code>" in page
    assert "measured by <code>compact-8f2a/basis-77</code>" in page
    told = json.loads((tmp_path / "told" / "ecspace.json").read_text())
    assert [each["target"] for each in told["foreign_instruments"]] == ["E"]
    assert told["calibrations"] == [calibration.pk]


def test_no_cell_of_its_tables_is_a_formula(calibration, batch, tmp_path):
    batch.stimuli.filter(method="universal").update(method="=1+1")
    call_command("report", batch=batch.name, out=tmp_path / "report")
    for name in ("scores.csv", "cells.csv", "table.csv"):
        methods = set(pd.read_csv(tmp_path / "report" / name)["method"])
        assert "'=1+1" in methods
        assert "=1+1" not in methods
