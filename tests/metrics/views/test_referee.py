"""The referee over stored votes: service, command and page."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from playwright.sync_api import expect

from common.errors import InputError
from metrics.measurements.refereeing import judge_statistics
from metrics.measurements.table import statistics_frame
from tests.width import expect_fits

from .world import simulated_study

PAGE = "metrics:referee"


@pytest.fixture
def query(study):
    return {"study": study.pk, "include_simulated": "on"}


def test_it_judges_what_the_stimuli_were_measured_with(study):
    judgement = judge_statistics([study], include_simulated=True)
    found = {finding.candidate.name: finding for finding in judgement.findings}
    assert set(found) == {"E1", "E2", "E3", "E4", "E5", "C"}
    assert judgement.findings[0].candidate.name == "E3"  # the published model's largest term
    assert all(finding.candidate.higher_is_better for finding in judgement.findings)
    assert judgement.votes == judgement.simulated == 360
    assert judgement.target == "E"
    assert judgement.references == "style"


def test_other_statistics_take_part_once_they_are_measured(study, batch):
    from metrics.models import Measurement

    Measurement.objects.bulk_create(
        Measurement(
            stimulus=stimulus,
            reference=stimulus.content,
            statistic="gmsd",
            instrument="gmsd-1",
            value=number / 100,
        )
        for number, stimulus in enumerate(batch.stimuli.all())
    )
    judgement = judge_statistics([study], include_simulated=True)
    found = {finding.candidate.name: finding for finding in judgement.findings}
    assert found["gmsd"].candidate.higher_is_better is False
    assert found["gmsd"].votes == 360
    assert len(found) == 7


def test_studies_of_two_kinds_are_refused(study, batch):
    other = simulated_study(batch, "C", participants=3, trials=10)
    with pytest.raises(InputError, match="C and E-tests"):
        judge_statistics([study, other], include_simulated=True)


def test_the_command_takes_a_table_of_ones_own(study, batch, tmp_path, capsys):
    frame = statistics_frame(batch.stimuli.all())[["stimulus", "method", "content", "style"]]
    frame["mine"] = np.random.default_rng(0).random(len(frame))
    frame.to_csv(tmp_path / "mine.csv", index=False)
    call_command(
        "referee",
        study=[study.name],
        table=tmp_path / "mine.csv",
        include_simulated=True,
        out=tmp_path / "out",
        json=True,
    )
    (found,) = json.loads(capsys.readouterr().out)["statistics"]
    assert found["name"] == "mine"
    assert pd.read_csv(tmp_path / "out" / "referee.csv")["statistic"].tolist() == ["mine"]
    assert (tmp_path / "out" / "accuracy.pdf").exists()


def test_the_command_answers_bad_input_in_one_line(study):
    with pytest.raises(CommandError, match="unknown study 'x': use one of E-test") as caught:
        call_command("referee", study=["x"])
    assert caught.value.returncode == 2
    with pytest.raises(CommandError, match="all 360 votes are simulated"):
        call_command("referee", study=[study.name])


def test_the_page_shows_ranks_ceiling_and_reasons(researcher, query):
    page = researcher.get(reverse(PAGE), query).content.decode()
    for words in ("360 of 360 votes are <strong>simulated</strong>", "E3", "Ceiling", "Group"):
        assert words in page
    assert "figure-referee" in page
    assert page.count('<th scope="row">') == 6


def test_simulated_votes_need_to_be_asked_for_on_the_page(researcher, study):
    page = researcher.get(reverse(PAGE), {"study": study.pk}).content.decode()
    assert "all 360 votes are simulated" in page
    assert 'id="ranks"' not in page


def test_the_page_hands_out_the_answer_and_figures_for_print(researcher, query):
    answer = researcher.get(reverse("metrics:referee_json"), query)
    assert "simulated" in answer["Content-Disposition"]
    assert answer.json()["statistics"][0]["name"] == "E3"
    for key in ("accuracy", "correlation"):
        figure = researcher.get(reverse("metrics:referee_figure", args=[key, "svg"]), query)
        assert figure["Content-Type"] == "image/svg+xml"
        assert b"<svg" in figure.content
    assert (
        researcher.get(reverse("metrics:referee_figure", args=["x", "svg"]), query).status_code
        == 404
    )
    assert researcher.get(reverse("metrics:referee_json"), {"study": 0}).status_code == 400


def test_nobody_sees_it_without_a_login(client, query):
    assert client.get(reverse(PAGE), query).status_code == 302


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_page_fits_its_window(researcher_page, live_server, study, size):
    page = researcher_page
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{live_server.url}{reverse(PAGE)}?study={study.pk}&include_simulated=on")
    expect(page.locator(".plot[data-ready]")).to_have_count(1, timeout=60_000)
    expect_fits(page, size[0])
