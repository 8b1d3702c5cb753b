"""The page of the EC space, read by a test client and by Chromium."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pandas as pd
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from common.errors import InputError
from metrics.calibration.presets import preset
from metrics.calibration.score import score
from metrics.ecspace.grid import ecspace
from metrics.measurements.fitting import fit_calibration
from metrics.measurements.table import statistics_frame
from metrics.presentation.scoring import scored_frame, scoring
from tests.metrics.views.world import simulated_study
from tests.width import expect_boxed, expect_fits

ADDRESS = "metrics:ecspace"


def block(page: str, name: str):
    return json.loads(re.search(rf'<script id="{name}"[^>]*>(.*?)</script>', page).group(1))


def test_without_measurements_it_names_the_next_step(researcher):
    page = researcher.get(reverse(ADDRESS)).content.decode()
    assert "no stimulus is measured yet" in page


def test_it_shows_published_scores_before_any_calibration(researcher, batch):
    page = researcher.get(reverse(ADDRESS)).content.decode()
    assert "published model wacv2020-E" in page
    figure = block(page, "ecspace-figure")
    assert sum(len(trace["x"]) for trace in figure["data"]) == 36
    assert {trace["name"] for trace in figure["data"]} == {
        "gatys", "gatys-cov", "cross-layer", "universal",
    }  # fmt: skip
    stimuli = block(page, "ecspace-stimuli")
    assert {name for trace in figure["data"] for name in trace["customdata"]} == set(stimuli)
    assert page.count('class="cell-name"') == 9
    expected = score(preset("wacv2020-E"), statistics_frame(batch.stimuli.all()))
    for trace in figure["data"]:
        for name, y in zip(trace["customdata"], trace["y"], strict=True):
            assert y == pytest.approx(expected[name])


def test_it_names_simulated_votes_on_page_and_download(researcher, calibration):
    page = researcher.get(reverse(ADDRESS)).content.decode()
    assert "The votes behind the E-model are <strong>simulated</strong>" in page
    assert "simulated votes" in block(page, "ecspace-figure")["layout"]["title"]["text"]
    answer = researcher.get(reverse("metrics:scores"))
    assert "scores-simulated.csv" in answer["Content-Disposition"]
    assert "has a row for each stimulus: method, content, style, E1 … E5, C and both scores" in page
    frame = pd.read_csv(io.BytesIO(answer.content))
    assert {"stimulus", "E1", "C", "E_score", "C_score", "instrument_E"} <= set(frame.columns)
    assert (frame["votes"] == "simulated").all()
    expected = scored_frame(
        calibration.studies.get().stimuli.all(), {"E": scoring("E"), "C": scoring("C")}
    )
    assert frame["E_score"].tolist() == pytest.approx(expected["E_score"].tolist())


def test_it_uses_the_models_and_cells_in_the_url(researcher, calibration):
    address = reverse(ADDRESS)
    page = researcher.get(address, {"e": "wacv2020-E", "bins": "nested"}).content.decode()
    assert "nested thirds" in block(page, "ecspace-figure")["layout"]["title"]["text"]
    assert "notice simulated" not in page
    for query, message in (
        ({"e": "999"}, "no E-calibration is named &#x27;999&#x27;"),
        ({"bins": "x"}, "Select a valid choice"),
        ({"batch": "999"}, "Select a valid choice"),
    ):
        assert message in researcher.get(address, query).content.decode()
    assert researcher.get(reverse("metrics:scores"), {"e": "999"}).status_code == 400


def test_it_shows_families_mosaic_and_variance(researcher, calibration):
    page = researcher.get(reverse(ADDRESS)).content.decode()
    for key, subject in (
        ("gatys", {"gatys", "gatys-cov"}),
        ("cross-layer", {"cross-layer"}),
        ("others", {"universal"}),
    ):
        figure = block(page, f"figure-family-{key}")
        shown = {trace["name"] for trace in figure["data"]}
        assert shown == {"the rest", *subject}
    mosaic = page[page.index('class="mosaic"') : page.index("Nine cells")]
    assert mosaic.count('class="mosaic-cell"') == 9
    space = ecspace(
        scored_frame(
            calibration.studies.get().stimuli.all(), {"E": scoring("E"), "C": scoring("C")}
        )
    )
    assert mosaic.count("<img") == sum(min(4, count) for count in space.counts.ravel())
    assert mosaic.count('href="/transfer/stimuli/') == mosaic.count("<img")
    variance = page[page.index("Variance explained") :]
    for factor in ("style", "content", "method"):
        assert f'<th scope="col" class="number">{factor}</th>' in variance
    # The C-model is a published one, without draws: the uncertainty of places is unknown.
    assert "The uncertainty of ranks and admissibility is not known" in page


def test_with_two_fitted_models_it_shows_the_stability(researcher, batch, calibration):
    study = simulated_study(batch, "C")
    fit_calibration([study], "C", include_simulated=True)
    page = researcher.get(reverse(ADDRESS)).content.decode()
    assert "draws of participants; 1 is best" in page
    assert re.search(r"stimul(us|i), \d+ % stay", page)


@pytest.mark.parametrize(
    ("key", "file_format", "start"),
    [
        ("ecspace", "png", b"\x89PNG"), ("ecspace", "svg", b"<?xml"), ("ecspace", "pdf", b"%PDF"),
        ("family-gatys", "svg", b"<?xml"), ("mosaic", "png", b"\x89PNG"),
    ],
)  # fmt: skip
def test_it_serves_figures_for_print(researcher, calibration, key, file_format, start):
    answer = researcher.get(reverse("metrics:file", args=[key, file_format]))
    assert answer.status_code == 200
    assert f'"{key}-simulated.{file_format}"' in answer["Content-Disposition"]
    assert answer.content.startswith(start)


@pytest.mark.parametrize(
    ("key", "file_format", "query", "status"),
    [("x", "png", {}, 404), ("ecspace", "gif", {}, 404), ("ecspace", "png", {"e": "999"}, 400)],
)
def test_it_serves_no_other_figures(researcher, batch, key, file_format, query, status):
    address = reverse("metrics:file", args=[key, file_format])
    assert researcher.get(address, query).status_code == status


def test_it_shows_nothing_of_other_researchers_studies(client, django_user_model, calibration):
    study = calibration.studies.get()
    study.created_by = django_user_model.objects.create_user("owner", password="x")
    study.save()
    client.force_login(django_user_model.objects.create_user("stranger", password="x"))
    batch = study.batches.get()
    page = client.get(reverse(ADDRESS), {"batch": batch.pk}).content.decode()
    assert calibration.name not in page
    assert "published model wacv2020-E" in page
    asked = client.get(reverse(ADDRESS), {"batch": batch.pk, "e": calibration.pk})
    assert "no E-calibration is named" in asked.content.decode()
    assert client.get(reverse("metrics:scores"), {"e": calibration.pk}).status_code == 400


def test_names_from_other_tools_are_escaped_everywhere(researcher, batch):
    batch.stimuli.filter(method="universal").update(method="<b>x</b>")
    page = researcher.get(reverse(ADDRESS)).content.decode()
    assert "<b>x" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    names = {trace["name"] for trace in block(page, "ecspace-figure")["data"]}
    assert "&lt;b&gt;x&lt;/b&gt;" in names  # plotly reads tags in texts


def test_a_model_of_another_instrument_is_refused(batch, calibration):
    row = calibration
    row.model["instruments"] = {"E": "another encoder"}
    row.save()
    with pytest.raises(InputError, match="'another encoder' measured no E"):
        scored_frame(batch.stimuli.all(), {"E": scoring("E", str(row.pk))})
    told = replace(scoring("E", str(row.pk)), any_instrument=True)
    assert scored_frame(batch.stimuli.all(), {"E": told})["E_score"].notna().all()


def test_its_content_policy_forbids_inline_code(researcher, batch):
    policy = researcher.get(reverse(ADDRESS))["Content-Security-Policy"]
    assert "unsafe" not in policy
    other = researcher.get(reverse("metrics:calibrations"))["Content-Security-Policy"]
    assert "sha256" not in other


@pytest.mark.browser
def test_the_scatter_works_under_the_strict_policy(researcher_page, live_server, calibration):
    """The page fixture fails on any violation of the content policy."""
    page = researcher_page
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}{reverse(ADDRESS)}", wait_until="domcontentloaded")
    plot = page.locator("#scatter[data-ready]")
    expect(plot.locator("path.point")).to_have_count(36, timeout=60_000)
    symbols = plot.locator(".legendsymbols path").evaluate_all(
        "paths => paths.map(path => path.getAttribute('d')).filter(Boolean)"
    )
    assert len(set(symbols)) == 4

    plot.focus()
    page.keyboard.press("ArrowRight")
    card = page.locator("#stimulus-card")
    expect(card.locator("img")).to_be_visible()
    first = card.inner_text()
    page.keyboard.press("ArrowRight")
    expect(card).not_to_have_text(first)

    page.select_option("#style-filter", index=1)
    expect(plot.locator("path.point")).to_have_count(12)
    page.select_option("#method-filter", "universal")
    expect(plot.locator("path.point")).to_have_count(3)
    page.select_option("#style-filter", index=0)
    expect(plot.locator("path.point")).to_have_count(9)
    page.select_option("#method-filter", index=0)
    expect(plot.locator("path.point")).to_have_count(36)

    plot.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/transfer/stimuli/**")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(researcher_page, live_server, calibration, scheme):
    page = researcher_page
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": 375, "height": 740})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{live_server.url}{reverse(ADDRESS)}", wait_until="domcontentloaded")
    expect(page.locator("#scatter[data-ready] path.point")).to_have_count(36, timeout=60_000)
    expect(page.locator(".plot[data-ready]")).to_have_count(4, timeout=60_000)
    expect_fits(page, 375)
    expect_boxed(page, ".plot, .scroll", 375)
    title = page.locator("#scatter .xtitle")
    colour = title.evaluate("node => getComputedStyle(node).fill")
    bright = sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3
    assert bright > 150 if scheme == "dark" else bright < 100
