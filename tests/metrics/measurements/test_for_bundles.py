"""A bundle suffices to fit its models again."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile

import pytest

from metrics.measurements.fitting import fit_calibration
from metrics.models import Calibration, Measurement
from studies.exchange.bundle import write_bundle
from studies.exchange.import_votes import import_votes
from studies.models import Study
from tests.conftest import ROOT
from tests.metrics.views.world import measured_batch, simulated_study
from transfer.models import Picture


@pytest.fixture
def study(db, media):
    batch = measured_batch(contents=2, styles=2)
    Picture.objects.update(licence="CC0")
    return simulated_study(batch, "E", participants=6, trials=20)


def bundle_of(study: Study) -> zipfile.ZipFile:
    file = io.BytesIO()
    write_bundle(study, file, "CC-BY-4.0")
    return zipfile.ZipFile(file)


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_everybody_can_fit_the_models_again(study, tmp_path):
    fit_calibration([study], "E", include_simulated=True, replicates=0)
    fit_calibration([study], "E", include_simulated=True, replicates=0, terms=["E2"], ties="half")
    archive = bundle_of(study)
    rows = table(archive, "MODELS.csv")
    assert [row["refit"] for row in rows] == ["yes", "yes"]
    archive.extractall(tmp_path)
    for row in rows:
        words = row["command"].split()
        assert words[:3] == ["python", "-m", "metrics"]
        said = subprocess.run(
            [sys.executable, *words[1:], "--bootstrap", "0"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stderr
        again = json.loads(said.stdout)
        model = json.loads((tmp_path / row["model"]).read_text())
        assert model == Calibration.objects.get(name=row["name"]).model
        for term in model["terms"]:
            assert again["coefficients"][term] == pytest.approx(
                model["coefficients"][term], abs=1e-6
            )
            assert again["std_errors"][term] == pytest.approx(model["std_errors"][term], abs=1e-6)


def test_it_says_where_a_model_cannot_be_fitted_again(study):
    fitted = fit_calibration([study], "E", include_simulated=True, replicates=0, terms=["E1"])
    Measurement.objects.filter(statistic="E1").update(value=0.5)
    assert [row["refit"] for row in table(bundle_of(study), "MODELS.csv")] == ["no"]
    fitted.model["instruments"] = {"E": "another"}
    fitted.save()
    archive = bundle_of(study)
    row = table(archive, "MODELS.csv")[0]
    assert (row["statistics"], row["refit"], row["command"]) == ("", "no", "")
    assert "STATISTICS.csv" not in archive.namelist()


def test_a_model_of_several_studies_is_left_out(study):
    other = Study.objects.create(name="other", kind="E")
    fit_calibration([study, other], "E", include_simulated=True, replicates=0, terms=["E1"])
    names = bundle_of(study).namelist()
    assert "STATISTICS.csv" in names and "MODELS.csv" not in names


def test_statistics_survive_the_import_of_a_bundle(study, tmp_path):
    archive = bundle_of(study)
    (tmp_path / "b.zip").write_bytes(archive.fp.getvalue())
    again = bundle_of(import_votes(tmp_path / "b.zip", name="again"))
    assert again.read("STATISTICS.csv") == archive.read("STATISTICS.csv")
    described = {
        row["column"] for row in table(archive, "CODEBOOK.csv") if row["table"] == "STATISTICS.csv"
    }
    assert described == set(table(archive, "STATISTICS.csv")[0])
