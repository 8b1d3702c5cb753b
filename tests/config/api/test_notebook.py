"""The example of docs/api.md runs."""

from __future__ import annotations

import re

import pytest

from metrics.measurements.fitting import fit_calibration
from tests.conftest import ROOT
from tests.metrics.views.world import METHODS, measured_batch, simulated_study


@pytest.mark.django_db(transaction=True)
def test_the_example_of_the_documents_runs(live_server, program, monkeypatch):
    study = simulated_study(measured_batch(2, 2), "E", participants=11, trials=12)
    fit_calibration([study], "E", include_simulated=True, replicates=0, terms=["E1"])
    secret = program().defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    monkeypatch.setenv("ECSPACE_URL", f"{live_server}/api/v1/")
    monkeypatch.setenv("ECSPACE_TOKEN", secret)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.DOTALL)
    names: dict = {}
    exec(compile(code, "docs/api.md", "exec"), names)
    assert len(names["votes"]) == 132
    assert names["preferred"].sum() == pytest.approx(1)
    assert len(names["times"]) == 11
    assert set(names["by_method"].index) == set(METHODS)
