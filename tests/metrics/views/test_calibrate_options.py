"""The options in the fold of the form that calibrates."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from metrics.models import Calibration
from tests.looks import expect_good_looks

PAGE = "/metrics/calibrations/"


def test_it_fits_with_the_options_that_are_given(researcher, study):
    chosen = {
        "study": study.pk,
        "include_simulated": "on",
        "name": "mine",
        "terms": "E1, E3",
        "method": "firth",
        "ties": "half",
        "cluster": "none",
        "replicates": 0,
        "seed": 3,
    }
    assert researcher.post(PAGE, chosen).status_code == 302
    model = Calibration.objects.get(name="mine").exported
    assert (model.terms, model.covariance) == (("E1", "E3"), "naive")
    assert (model.details["fit"], model.details["ties"]) == ("firth", "half")
    assert model.details["bootstrap"] is None


def test_it_refuses_options_and_shows_them(researcher, study):
    chosen = {"study": study.pk, "include_simulated": "on", "replicates": 10**6, "terms": "E9"}
    page = researcher.post(PAGE, chosen).content.decode()
    assert "less than or equal to 5000" in page and "<details open>" in page
    page = researcher.post(PAGE, {**chosen, "replicates": 0}).content.decode()
    assert "the statistics lack the column E9" in page
    assert not Calibration.objects.exists()


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_the_fold_opens_in_the_browser(researcher_page, live_server, study):
    page = researcher_page
    page.goto(f"{live_server}{PAGE}")
    expect(page.get_by_label("Bootstrap draws")).to_be_hidden()
    page.get_by_text("Options").click()
    expect(page.get_by_label("Bootstrap draws")).to_have_value("1000")
    expect_good_looks(page, "calibrate-options")
