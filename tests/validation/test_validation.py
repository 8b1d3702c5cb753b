"""The long simulations run, on a few studies."""

from __future__ import annotations

from tests.validation.calibration import coverage, recovery


def test_coverage_counts_clustered_and_naive_intervals():
    result = coverage(20)
    assert all(0.7 <= share <= 1 for share in result["clustered"].values())
    assert result["naive"]["E3"] < result["clustered"]["E3"]
    # People who differ flatten the average: it is below the mean slope.
    assert 1.5 < result["truth"]["E3"] < 2.3768


def test_recovery_counts_every_study_once():
    result = recovery(4)
    for rule in ("chosen", "BIC", "one standard error"):
        assert sum(result[rule].values()) == 4
