"""The learnt referee of a study: command, page and report; the referee's answer is kept."""

from __future__ import annotations

import json

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.urls import reverse
from playwright.sync_api import expect

from metrics.calibration.learnt.model_file import read_learnt
from metrics.measurements.learning import folder_of, made_of
from metrics.presentation import judged_study as judged
from metrics.presentation.learnt_summary import learnt_summary
from tests.width import expect_fits


@pytest.fixture
def learnt(study, capsys):
    call_command("learn", study=study.name, include_simulated=True, json=True)
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def address(study):
    return f"{reverse('metrics:referee')}?study={study.pk}&include_simulated=on"


@pytest.fixture(autouse=True)
def _nothing_kept():
    caches["figures"].clear()


def test_the_command_learns_and_keeps_what_it_said(study, learnt):
    assert learnt["votes"] == learnt["simulated"] == 360
    names = [model["name"] for model in learnt["models"]]
    assert names[:4] == ["learnt", "E", "C", "E and C"]
    assert "E3 alone" in names
    assert set(learnt["models"][0]["held_out"]) == {
        *("participants", "methods", "both methods", "contents", "styles")
    }
    assert read_learnt(folder_of(study)).said["votes"] == 360
    assert len(made_of(study.stimuli.all())) == 36
    summary = learnt_summary(study)
    assert [row.name for row in summary.rows] == names
    assert summary.rows[0].losses[0] == learnt["models"][0]["log_loss"]


def test_bad_input_is_answered_in_one_line(study):
    with pytest.raises(CommandError, match="unknown study 'x'"):
        call_command("learn", study="x")
    with pytest.raises(CommandError, match="all 360 votes are simulated"):
        call_command("learn", study=study.name)
    with pytest.raises(CommandError, match="unknown encoder"):
        call_command("learn", study=study.name, encoder="x")
    assert learnt_summary(study) is None


def test_the_page_says_how_to_learn_and_shows_what_was_learnt(researcher, study, address, capsys):
    assert "manage.py learn --study" in researcher.get(address).content.decode()
    call_command("learn", study=study.name, include_simulated=True)
    page = researcher.get(address).content.decode()
    assert "Both methods left out" in page
    assert learnt_summary(study).verdict.split(":")[0] in page
    assert "manage.py learn" not in page


def test_a_damaged_file_is_as_none(researcher, study, address, learnt):
    (folder_of(study) / "learnt.json").write_text("{")
    assert "manage.py learn --study" in researcher.get(address).content.decode()


def test_the_answer_is_kept_until_votes_or_measurements_change(study, batch, monkeypatch):
    from metrics.models import Measurement
    from studies.models import Participant, Vote

    asked = []
    true = judged.judge_statistics
    monkeypatch.setattr(
        judged, "judge_statistics", lambda *a, **k: asked.append(1) or true(*a, **k)
    )

    def answer():
        return judged.judged_study(study, include_simulated=True)

    first = answer()
    assert answer().to_json() == first.to_json()
    assert len(asked) == 1
    vote = Vote.objects.order_by("pk").first()
    vote.choice = "right" if vote.choice == "left" else "left"
    vote.save()
    answer()
    assert len(asked) == 2
    Participant.objects.filter(study=study).first().trials.first().answer.delete()
    assert answer().votes == 359
    Participant.objects.filter(study=study).order_by("pk").update(excluded="")
    person = Participant.objects.filter(study=study).order_by("pk").last()
    person.excluded = "asked us to"
    person.save()
    assert answer().participants == 11
    Measurement.objects.create(
        stimulus=batch.stimuli.first(),
        reference=batch.stimuli.first().content,
        statistic="gmsd",
        instrument="gmsd-1",
        value=0.1,
    )
    count = len(asked)
    answer()
    answer()
    assert len(asked) == count + 1


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_page_fits_its_window(researcher_page, live_server, learnt, address, size):
    page = researcher_page
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{live_server.url}{address}")
    expect(page.locator("#learnt")).to_be_visible(timeout=60_000)
    expect_fits(page, size[0])
