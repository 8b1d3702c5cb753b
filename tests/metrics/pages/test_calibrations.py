"""Calibrations as records, command and pages."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from metrics.calibration.export import Model
from metrics.models import Calibration
from transfer.errors import InputError

from .world import INSTRUMENT, simulated_study


def test_it_keeps_the_model_with_all_that_it_came_from(calibration, study):
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
    again = Calibration.objects.calibrate([study], "E", include_simulated=True)
    assert again.pk == calibration.pk
    other = Calibration.objects.calibrate([study], "E", include_simulated=True, terms=["E3"])
    assert other.pk != calibration.pk
    assert other.name == f"{calibration.name} (2)"


def test_simulated_votes_need_to_be_asked_for(study):
    with pytest.raises(InputError, match="all 360 votes are simulated"):
        Calibration.objects.calibrate([study], "E")


def test_a_c_test_cannot_calibrate_e(batch):
    study = simulated_study(batch, "C", participants=3, trials=10)
    with pytest.raises(InputError, match="is a C-test: it cannot calibrate E"):
        Calibration.objects.calibrate([study], "E", include_simulated=True)


def test_a_name_is_used_once(calibration, study):
    with pytest.raises(InputError, match="is named"):
        Calibration.objects.calibrate(
            [study], "E", name=calibration.name, terms=["E2"], include_simulated=True
        )


def test_the_command_fits_and_says_what_came_out(study, capsys):
    call_command("calibrate", study=[study.name], target="E", include_simulated=True)
    out = capsys.readouterr().out
    assert "calibration: E: E-test" in out
    assert "360 of 360 votes are simulated" in out
    assert Calibration.objects.count() == 1


def test_the_command_answers_bad_input_in_one_line(study):
    with pytest.raises(CommandError, match="no study is named 'x': use one of E-test") as caught:
        call_command("calibrate", study=["x"], target="E")
    assert caught.value.returncode == 2


def test_the_pages_show_and_hand_out_the_model(researcher, calibration):
    page = researcher.get(reverse("metrics:calibrations")).content.decode()
    assert calibration.name in page
    assert "simulated votes" in page
    assert "wacv2020-C" in page

    page = researcher.get(calibration.get_absolute_url()).content.decode()
    assert "360 of 360 votes are <strong>simulated</strong>" in page
    assert calibration.data_fingerprint in page
    assert page.count("badge open") == 1

    answer = researcher.get(reverse("metrics:model", args=[calibration.pk]))
    assert "attachment" in answer["Content-Disposition"]
    assert "simulated" in answer["Content-Disposition"]
    assert Model.from_json(answer.json()) == calibration.exported


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
