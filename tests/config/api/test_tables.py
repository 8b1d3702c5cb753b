"""The rows that the API gives, as pages and whole."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from config.api import paging
from metrics.measurements.fitting import fit_calibration
from metrics.measurements.table import statistics_frame
from metrics.models import Measurement
from studies.exchange.import_votes import import_votes
from tests.metrics.views.world import measured_batch, simulated_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch():
    return measured_batch(2, 2)


@pytest.fixture
def study(batch):
    return simulated_study(batch, "E", participants=3, trials=10)


def items(client, path: str, limit: int) -> list[dict]:
    """All rows of a table, page after page."""
    found, after = [], 0
    while after is not None:
        page = client.get(f"/api/v1/{path}", {"after": after, "limit": limit}).json()
        assert len(page["items"]) <= limit
        found += page["items"]
        after = page["next"]
    return found


def test_pages_and_parts_hold_the_votes_of_the_sites_own_file(
    program, researcher, study, monkeypatch
):
    ada = program()
    own = researcher.get(f"/studies/{study.pk}/VOTES.csv").content
    table = pd.read_csv(io.BytesIO(own), keep_default_na=False)
    for limit in (7, 30, 500):
        rows = items(ada, f"studies/{study.pk}/votes", limit)
        assert [row["trial"] for row in rows] == list(table["trial"])
        assert list(rows[0]) == list(table.columns)
        assert [row["choice"] for row in rows] == list(table["choice"])
    for part in (1, 7, 30, 2000):
        monkeypatch.setattr(paging, "PART", part)
        whole = ada.get(f"/api/v1/studies/{study.pk}/votes.csv")
        assert whole.streaming and whole.getvalue() == own


def test_imported_votes_keep_their_further_columns(program, researcher, tmp_path, monkeypatch):
    monkeypatch.setattr(paging, "PART", 1)
    path = tmp_path / "votes.csv"
    path.write_text(
        "participant,stimulus_left,stimulus_right,choice,target,study,age,note\n"
        'a,x,y,left,E,s,old,"two\nlines, =1+1"\nb,y,x,tie,E,s,,\n'
    )
    study = import_votes(path)
    own = researcher.get(f"/studies/{study.pk}/VOTES.csv").content
    assert program().get(f"/api/v1/studies/{study.pk}/votes.csv").getvalue() == own
    rows = items(program(), f"studies/{study.pk}/votes", 1)
    assert [row["age"] for row in rows] == ["old", ""]
    assert rows[0]["response_ms"] is None


def test_it_lists_studies_batches_and_measurements(program, study, batch):
    ada = program()
    (row,) = items(ada, "studies", 5)
    assert (row["id"], row["kind"], row["simulated_votes"]) == (study.pk, "E", 30)
    table = pd.read_csv(io.BytesIO(ada.get("/api/v1/studies.csv").getvalue()))
    assert list(table["name"]) == [study.name]
    assert items(ada, "batches", 5)[0]["name"] == batch.name
    stored = Measurement.objects.order_by("pk").values_list("value", flat=True)
    for of in (f"studies/{study.pk}", f"batches/{batch.pk}"):
        rows = items(ada, f"{of}/measurements", 17)
        assert [row["value"] for row in rows] == list(stored)
        text = ada.get(f"/api/v1/{of}/measurements.csv").getvalue()
        assert list(pd.read_csv(io.BytesIO(text))["value"]) == list(stored)


def test_it_scores_stimuli_by_a_calibration(program, study, batch):
    ada = program()
    model = fit_calibration([study], "E", include_simulated=True, replicates=0, terms=["E1", "E3"])
    (row,) = items(ada, "calibrations", 5)
    assert (row["id"], row["studies"], row["simulated"]) == (model.pk, [study.pk], True)
    assert ada.get(f"/api/v1/calibrations/{model.pk}").json() == model.model
    frame = statistics_frame(batch.stimuli.all())
    right = sum(model.model["coefficients"][term] * frame[term] for term in ("E1", "E3"))
    for query in ("", f"?batch={batch.pk}", f"?study={study.pk}"):
        rows = ada.get(f"/api/v1/calibrations/{model.pk}/scores{query}").json()["items"]
        assert [row["E_score"] for row in rows] == pytest.approx(list(right))
        text = ada.get(f"/api/v1/calibrations/{model.pk}/scores.csv{query}").content
        assert list(pd.read_csv(io.BytesIO(text))["E_score"]) == pytest.approx(list(right))
    Measurement.objects.filter(statistic__startswith="E").update(instrument="another")
    refused = ada.get(f"/api/v1/calibrations/{model.pk}/scores")
    assert refused.status_code == 400 and "measured no E" in refused.json()["detail"]


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "limit=0", "limit=100000", f"after={2**70}"]
)
def test_it_refuses_pages_that_make_no_sense(program, query):
    assert program().get(f"/api/v1/studies?{query}").status_code == 422
