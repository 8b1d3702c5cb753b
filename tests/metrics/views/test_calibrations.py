"""Calibrations as records, command and pages."""

from __future__ import annotations

import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from playwright.sync_api import expect

from common.errors import InputError
from metrics.calibration.export import Model
from metrics.measurements.fitting import fit_calibration
from metrics.models import Calibration
from tests.width import expect_fits

from .world import INSTRUMENT, simulated_study


def test_it_stores_the_model_with_its_origin(calibration, study):
    assert calibration.target == "E"
    assert calibration.simulated
    assert list(calibration.studies.all()) == [study]
    model = calibration.exported
    assert model == Model.from_json(json.loads(json.dumps(calibration.model)))
    assert model.votes == 12 * 30
    assert model.participants == 12
    assert model.instruments == {"E": INSTRUMENT["E"]}
    assert model.details["simulated_votes"] == model.votes
    assert len(model.details["selection"]["candidates"]) == 31


def test_the_same_votes_and_options_give_the_same_calibration(calibration, study):
    again = fit_calibration([study], "E", include_simulated=True)
    assert again.pk == calibration.pk
    other = fit_calibration([study], "E", include_simulated=True, terms=["E3"])
    assert other.pk != calibration.pk
    assert other.name == f"{calibration.name} (2)"


def test_simulated_votes_need_to_be_asked_for(study):
    with pytest.raises(InputError, match="all 360 votes are simulated"):
        fit_calibration([study], "E")


def test_a_c_test_cannot_calibrate_e(batch):
    study = simulated_study(batch, "C", participants=3, trials=10)
    with pytest.raises(InputError, match="is a C-test: it cannot calibrate E"):
        fit_calibration([study], "E", include_simulated=True)


def test_a_name_is_used_once(calibration, study):
    with pytest.raises(InputError, match="is named"):
        fit_calibration([study], "E", name=calibration.name, terms=["E2"], include_simulated=True)


def test_the_command_fits_and_prints_the_model(study, capsys):
    call_command("calibrate", study=[study.name], target="E", include_simulated=True)
    out = capsys.readouterr().out
    assert "calibration: E: E-test" in out
    assert "360 of 360 votes are simulated" in out
    assert Calibration.objects.count() == 1


def test_the_command_answers_bad_input_in_one_line(study):
    with pytest.raises(CommandError, match="unknown study 'x': use one of E-test") as caught:
        call_command("calibrate", study=["x"], target="E")
    assert caught.value.returncode == 2


def test_the_pages_show_and_serve_the_model(researcher, calibration):
    page = researcher.get(reverse("metrics:calibrations")).content.decode()
    assert calibration.name in page
    assert "simulated votes" in page
    assert "wacv2020-C" in page

    page = researcher.get(calibration.get_absolute_url()).content.decode()
    assert "360 of 360 votes are <strong>simulated</strong>" in page
    assert calibration.data_fingerprint in page
    assert page.count("badge open") == 1
    assert page.count('<span class="badge">BIC</span>') == 1
    assert page.count('<span class="badge">one standard error</span>') == 1
    assert page.count("<tr") > 31

    answer = researcher.get(reverse("metrics:model", args=[calibration.pk]))
    assert "attachment" in answer["Content-Disposition"]
    assert "simulated" in answer["Content-Disposition"]
    assert Model.from_json(answer.json()) == calibration.exported


def test_the_page_shows_the_diagnostics(researcher, calibration):
    page = researcher.get(calibration.get_absolute_url()).content.decode()
    checks = calibration.model["diagnostics"]
    curve = json.loads(re.search(r'<script id="figure-E-curve"[^>]*>(.*?)</script>', page).group(1))
    assert curve["data"][0]["x"] == [row["predicted"] for row in checks["curve"]]
    assert curve["data"][0]["error_y"]["array"] == pytest.approx(
        [row["high"] - row["observed"] for row in checks["curve"]]
    )
    for words in (
        "Separation", "all maximum-likelihood coefficients are finite", "Side", "Probit",
        f"{checks['power']['participants_to_halve']} participants instead of 12",
        "Limit for any model", "1000 draws of participants",
    ):  # fmt: skip
        assert words in page
    assert "simulated votes" in curve["layout"]["title"]["text"]


def test_the_page_shows_the_baselines_of_the_selection(researcher, calibration):
    single = {"name": "best single statistic", "terms": ["E3"], "log_loss": 0.61, "accuracy": 0.7}
    unknown = {"name": "majority of the others", "terms": [], "log_loss": None, "accuracy": None}
    calibration.model["selection"]["baselines"] = [single, unknown]
    calibration.save()
    page = researcher.get(calibration.get_absolute_url()).content.decode()
    rows = page[page.index("Baselines for the table") :]
    assert "best single statistic: E3</th>" in rows
    assert "0.6100" in rows
    assert "majority of the others</th>" in rows


def test_the_page_compares_methods_by_votes_and_by_score(researcher, calibration):
    page = researcher.get(calibration.get_absolute_url()).content.decode()
    figure = json.loads(
        re.search(r'<script id="figure-E-methods"[^>]*>(.*?)</script>', page).group(1)
    )
    ability = calibration.model["methods"]["ability"]
    assert {trace["name"]: trace["x"][0] for trace in figure["data"]} == pytest.approx(ability)
    best = max(ability, key=ability.get)
    matrix = page[page.index("Win matrix:") :]
    assert matrix.index(f'<th scope="row"><bdi>{best}</bdi></th>') == matrix.index(
        '<th scope="row">'
    )
    assert len(re.findall(r'class="number shade-\d+"', matrix)) == 4 * 3
    names, wins = calibration.model["methods"]["methods"], calibration.model["methods"]["wins"]
    at, other = names.index(best), (names.index(best) + 1) % 4
    votes = wins[at][other] + wins[other][at]
    assert f"{100 * wins[at][other] / votes:.0f} %" in matrix
    assert f"of {votes:.0f}<" in matrix


def test_a_page_of_a_model_without_its_measurements_still_shows_the_votes(researcher, calibration):
    calibration.model["instruments"] = {"E": "gone"}
    calibration.save()
    page = researcher.get(calibration.get_absolute_url()).content.decode()
    assert "Win matrix" in page
    assert "figure-E-methods" not in page


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 375])
def test_its_figures_are_drawn_under_the_strict_policy(
    researcher_page, live_server, calibration, width
):
    page = researcher_page
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}{calibration.get_absolute_url()}", wait_until="domcontentloaded")
    expect(page.locator(".plot[data-ready]")).to_have_count(2, timeout=60_000)
    expect(page.locator(".plot path.point")).to_have_count(10 + 4)
    expect_fits(page, width)


def test_the_form_fits_votes_or_says_why_not(researcher, study):
    address = reverse("metrics:calibrations")
    refused = researcher.post(address, {"study": study.pk})
    assert "all 360 votes are simulated" in refused.content.decode()
    assert not Calibration.objects.exists()
    kept = researcher.post(address, {"study": study.pk, "include_simulated": "on"}, follow=True)
    row = Calibration.objects.get()
    assert kept.redirect_chain[-1][0] == row.get_absolute_url()
    assert row.created_by is not None


@pytest.mark.parametrize("name", ["calibrations", "ecspace", "scores"])
def test_pages_ask_for_a_login(client, db, name):
    assert client.get(reverse(f"metrics:{name}")).status_code == 302


@pytest.fixture
def worthless(batch):
    """A C-model fitted to fourteen votes of two people, which measures style only."""
    study = simulated_study(batch, "C", participants=2, trials=7)
    return fit_calibration([study], "C", include_simulated=True, terms=["E2"])


def test_a_model_that_is_not_usable_says_so_wherever_it_is_shown(researcher, worthless):
    page = researcher.get(worthless.get_absolute_url()).content.decode()
    assert "Not usable." in page
    assert page.index("Not usable.") < page.index("Coefficients")
    assert "The C-model does not contain C" in page
    assert ">not usable</span>" in researcher.get(reverse("metrics:calibrations")).content.decode()

    space = researcher.get(reverse("metrics:ecspace")).content.decode()
    assert "C-model “C: C-test”: not usable." in space
    figure = json.loads(re.search(r'<script id="figure-ecspace"[^>]*>(.*?)</script>', space)[1])
    assert figure["layout"]["xaxis"]["title"]["text"].endswith("model not usable")
    assert "Admissibility and ranks are not given: the C-model is not usable." in space
    assert '<strong class="admissible">' not in space


def test_a_report_with_a_model_that_is_not_usable_names_no_admissible_method(
    batch, worthless, tmp_path
):
    call_command("report", batch=[batch.name], out=tmp_path / "report")
    summary = json.loads((tmp_path / "report" / "ecspace.json").read_text())
    assert summary["verdicts"]["C"]["level"] == "not usable"
    assert summary["verdicts"]["E"] is None
    assert {row["admissible"] for row in summary["methods"]} == {None}
    assert "“C: C-test”: not usable." in (tmp_path / "report" / "index.html").read_text()


def test_a_calibration_keeps_its_study_until_it_is_deleted_by_name(researcher, calibration, study):
    kept = researcher.post(f"/studies/{study.pk}/delete/", {"name": study.name}, follow=True)
    assert "a calibration was fitted to its votes" in kept.content.decode()
    assert Calibration.objects.get().studies.get() == study
    assert study.participants.count() == 12

    address = reverse("metrics:delete_calibration", args=[calibration.pk])
    refused = researcher.post(address, {"name": "E"}, follow=True).content.decode()
    assert "to delete the calibration, type its name" in refused
    researcher.post(address, {"name": calibration.name}, follow=True)
    assert not Calibration.objects.exists()
    researcher.post(f"/studies/{study.pk}/delete/", {"name": study.name}, follow=True)
    assert not type(study).objects.exists()
