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
from tests.project.source import ROOT
from tests.sight import SIGHTS, look_at
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
    figure = block(page, "figure-ecspace")
    assert sum(len(trace["x"]) for trace in figure["data"]) == 36
    assert {trace["name"] for trace in figure["data"]} == {
        "gatys", "gatys-cov", "cross-layer", "universal",
    }  # fmt: skip
    stimuli = block(page, "ecspace-stimuli")
    named = {str(one.public_id.hex): one for one in batch.stimuli.all()}
    for trace, rows in zip(figure["data"], stimuli["rows"], strict=True):
        for name, (content, style, *_) in zip(trace["customdata"], rows, strict=True):
            one = named.pop(name)
            assert stimuli["contents"][content] == one.content.name
            assert stimuli["styles"][style] == one.styles.get().name
    assert not named
    assert page.count('class="cell-name"') == 9
    expected = score(preset("wacv2020-E"), statistics_frame(batch.stimuli.all()))
    for trace in figure["data"]:
        for name, y in zip(trace["customdata"], trace["y"], strict=True):
            assert y == pytest.approx(expected[name], abs=1e-5)


def test_it_names_simulated_votes_on_page_and_download(researcher, calibration):
    page = researcher.get(reverse(ADDRESS)).content.decode()
    assert "The votes behind the E-model are <strong>simulated</strong>" in page
    assert "simulated votes" in block(page, "figure-ecspace")["layout"]["title"]["text"]
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
    assert "nested thirds" in block(page, "figure-ecspace")["layout"]["title"]["text"]
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
        taken = [set(trace["from"]) for trace in figure["data"] if "from" in trace]
        assert set().union(*taken) == {"gatys", "gatys-cov", "cross-layer", "universal"}
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
    names = {trace["name"] for trace in block(page, "figure-ecspace")["data"]}
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

    box = plot.locator(".nsewdrag").bounding_box()
    seen = plot.locator("path.point").first.bounding_box()
    assert box and seen
    page.mouse.move(seen["x"] + seen["width"] / 2, seen["y"] + seen["height"] / 2)
    expect(page.locator("#stimulus-card.floating")).to_be_visible()
    expect(card).to_contain_text(re.compile(r"content content-\d, style style-\d: C "))
    page.mouse.move(2, 2)

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
    expect(page.locator(".plot[data-ready]")).to_have_count(6, timeout=60_000)
    expect_fits(page, 375)
    expect_boxed(page, ".plot, .scroll", 375)
    title = page.locator("#scatter .xtitle")
    colour = title.evaluate("node => getComputedStyle(node).fill")
    bright = sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3
    assert bright > 150 if scheme == "dark" else bright < 100


def test_a_second_request_computes_nothing_until_the_data_change(
    researcher, batch, django_assert_max_num_queries, monkeypatch
):
    first = researcher.get(reverse(ADDRESS)).content.decode()
    monkeypatch.setattr("metrics.presentation.scored_space.scored_frame", None)  # not to be called
    with django_assert_max_num_queries(40):
        second = researcher.get(reverse(ADDRESS)).content.decode()
    assert block(first, "figure-ecspace") == block(second, "figure-ecspace")
    monkeypatch.undo()
    batch.stimuli.filter(method="universal").delete()
    third = researcher.get(reverse(ADDRESS)).content.decode()
    assert sum(len(trace["x"]) for trace in block(third, "figure-ecspace")["data"]) == 27


@pytest.mark.browser
def test_the_leaderboard_sorts_and_searches_by_keyboard(researcher_page, live_server, calibration):
    page = researcher_page
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}{reverse(ADDRESS)}", wait_until="domcontentloaded")
    table = page.locator("table.sortable")
    rows = table.locator("tbody tr:visible")
    head = table.get_by_role("columnheader", name="C within pairs")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")

    def values():
        found = rows.locator("td:last-child").evaluate_all(
            "cells => cells.map(c => c.dataset.value)"
        )
        return [float(value) for value in found]

    assert len(values()) == 4 and values() == sorted(values(), reverse=True)
    assert abs(sum(values())) < 1e-4  # residuals of a balanced design
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert values() == sorted(values())
    page.get_by_role("searchbox", name="Search").fill("gat")
    expect(rows).to_have_count(2)
    expect(page.get_by_text("2 of 4")).to_be_visible()


@pytest.mark.browser
def test_thousands_of_points_are_drawn_on_a_canvas_and_can_be_chosen(
    researcher_page, live_server, calibration
):
    page = researcher_page
    page.set_default_timeout(180_000)
    page.route("**/metrics/points.js", lambda route: route.fulfill(
        content_type="text/javascript",
        body=(ROOT / "static/metrics/points.js").read_text().replace("MANY = 1500", "MANY = 30"),
    ))  # fmt: skip
    page.goto(f"{live_server.url}{reverse(ADDRESS)}", wait_until="domcontentloaded")
    cloud = page.locator("#scatter[data-ready] canvas.cloud")
    expect(cloud).to_have_attribute("data-points", "36")
    inked = """canvas => {
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return data.filter((value, at) => at % 4 === 3 && value > 0).length;
    }"""
    assert cloud.evaluate(inked) > 36 * 10
    assert page.locator("#scatter path.point").count() == 0
    page.locator("#scatter").focus()
    page.keyboard.press("ArrowRight")
    ring = page.locator("#scatter .ring").bounding_box()
    page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    expect(page.locator("#stimulus-card.floating img")).to_be_visible()
    page.select_option("#scores-choice", "within")
    expect(page.locator("#scatter .ytitle")).to_contain_text("within pairs")
    expect(cloud).to_have_attribute("data-points", "36")
    # A crowd of points, whose pixels the script computes itself: half of them at 20, half at 80.
    there, here, between = page.evaluate("""() => {
        const axis = { _offset: 0, _length: 100, range: [0, 100] };
        const plot = Object.assign(document.createElement("div"), {
            _fullLayout: { xaxis: axis, yaxis: axis }, data: [{}], on() {},
        });
        const x = Array.from({ length: 10001 }, (_, at) => (at % 2 ? 20 : 80));
        const marker = { symbol: "circle", color: "#ff0000", size: 8, opacity: 0.5 };
        ecPoints.follow(plot, [{ x, y: x.map(() => 50), marker }]);
        const pen = plot.querySelector("canvas").getContext("2d");
        return [20, 80, 50].map((at) => [...pen.getImageData(at, 50, 1, 1).data]);
    }""")
    assert there == here == [255, 0, 0, 255]
    assert between == [0, 0, 0, 0]


@pytest.mark.axe
@pytest.mark.browser
def test_it_is_accessible_in_both_schemes(researcher_page, live_server, calibration):
    researcher_page.set_default_timeout(60_000)
    for size, scheme in SIGHTS[:2]:
        look_at(researcher_page, f"{live_server.url}{reverse(ADDRESS)}", size, scheme)
