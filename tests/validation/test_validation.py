"""The long simulations on few studies, and the check of large pictures on small ones."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.metrics.boundaries.each import each_detector
from tests.validation import calibration
from tests.validation.calibration import coverage, few_and_unequal, recovery, table
from tests.validation.compact import compare
from tests.validation.large_pictures import check
from tests.validation.referee import new_methods, ranks_and_noise


def test_coverage_counts_clustered_and_naive_intervals():
    result = coverage(20)
    assert all(0.7 <= share <= 1 for share in result["clustered"].values())
    assert result["naive"]["E3"] < result["clustered"]["E3"]
    # People who differ flatten the average: it is below the mean slope.
    assert 1.5 < result["truth"]["E3"] < 2.3768


def test_coverage_of_few_participants_counts_the_intervals_that_are_given(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "STUDIES", ((10, 30, None), (21, 20, 0.9)))
    monkeypatch.setattr(calibration, "SPREADS", (0.0, 0.3))
    kept = tmp_path / "rows"
    result = few_and_unequal(8, kept)
    rows = result["rows"]
    assert all(min(row["given"]) > 0.5 for row in rows[:2])
    assert all(row["coverage"] == [None] * 3 and max(row["given"]) == 0 for row in rows[2:])
    monkeypatch.setattr(calibration, "_coverage_of", None)  # what is kept is not computed again
    assert few_and_unequal(8, kept) == result
    lines = table(rows).splitlines()
    assert lines[0].count("|") == lines[2].count("|") == 6
    assert lines[3].startswith("| 21 × 20 | 90 % | –, –, – |")


def test_the_documents_show_the_cells_of_the_simulation():
    """Their numbers come from `python -m tests.validation.calibration`."""
    shown = (ROOT / "docs/calibration.md").read_text()
    for people, trials, share in calibration.STUDIES:
        part = "equal" if share is None else f"{100 * share:.0f} %"
        assert f"| {people} × {trials} | {part} |" in shown


def test_recovery_counts_every_study_once():
    result = recovery(4)
    for rule in ("chosen", "BIC", "one standard error"):
        assert sum(result[rule].values()) == 4


@pytest.mark.parametrize("name", each_detector())
def test_pictures_of_detectors_are_checked(name):
    result = check(name, 80, 60)
    assert result["met"]
    assert result["pixels"] == 4800
    assert result["most"] > 0.1


def test_gaps_are_those_of_pairs():
    reference = np.array([[-3.0, -2.0, -4.0], [-1.0, -2.0, -6.0]])
    result = compare(reference + [[-0.1, 0.0, 0.3], [-0.3, 0.0, 0.1]], reference)
    assert result["gap"] == [-0.2, 0.0, 0.2]
    # Two values that differ by d have a mean with standard error d / 2.
    assert result["standard_error"] == [0.1, 0.0, 0.1]
    assert result["mean_gap"] == 0


def test_the_referees_studies_are_counted():
    # Few studies, so with wide limits: the limits of many are those of `make validate`.
    result = ranks_and_noise(4)
    assert result["planted is first"] == 1
    assert result["studies in which any random number is called useful"] <= 0.5
    assert all(0.7 <= share <= 1 for share in result["pooled coverage"])


def test_leaving_methods_out_is_not_optimistic_where_the_truth_changes_by_method():
    result = new_methods(12)
    assert result["optimism of participants left out"] > 0
    gap, error = result["methods left out minus new methods"]
    assert gap >= -3 * error
