"""The planner takes the spread of differences from measured stimuli."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.calibration.presets import PRESETS
from metrics.measurements.for_studies import published_coefficients
from metrics.models import Measurement
from studies.design import blocks_of
from studies.planning.allocation import finished_in, items_among
from studies.planning.forecast import forecast
from studies.planning.sample_size import StudySize, workload
from tests.studies.world import batch_of
from transfer.models import Batch

pytestmark = pytest.mark.django_db
ASSUMED = {"E1": 1.0, "E2": 1.0, "E3": 1.0, "C": 0.1}
TRUTH = {"E1": 0.7468, "E2": 0.2557, "E3": 2.3768}


@pytest.fixture
def blocks(tmp_path, settings):
    """12 stimuli in 4 groups of 3: all 12 pairs are asked."""
    settings.MEDIA_ROOT = tmp_path / "media"
    batch_of()
    return blocks_of(items_among(finished_in(Batch.objects.all()), "E"))


@pytest.fixture
def planned(blocks):
    return workload(StudySize(tuple(map(len, blocks)), 10, 12))


def measure(keys, terms=("E1", "E2", "E3"), seed=1):
    """Store and return random statistics: stimulus → (K,)."""
    generator = np.random.default_rng(seed)
    found = {}
    for stimulus in Batch.objects.get().stimuli.filter(pk__in=keys):
        found[stimulus.pk] = generator.normal(size=len(terms))
        for name, one in zip(terms, found[stimulus.pk], strict=True):
            Measurement.objects.create(
                stimulus=stimulus, reference=stimulus.styles.get(), instrument="test",
                statistic=name, value=one,
            )  # fmt: skip
    return found


def test_it_knows_the_published_coefficients():
    assert published_coefficients("E") == TRUTH == PRESETS["wacv2020-E"].coefficients
    assert published_coefficients("C") == {"C": 12.1835, "E1": 0.2979}


def test_it_predicts_from_measured_differences(blocks, planned):
    values = measure([key for block in blocks for key in block])
    found = forecast(planned, "E", blocks, ASSUMED, 0.6)
    assert (found.pairs, found.measured, found.problem) == (12, 12, "")
    rows = np.array(
        [values[a] - values[b] for block in blocks for a in block for b in block if a < b]
    )
    chance = 1 / (1 + np.exp(-rows @ list(TRUTH.values())))
    information = 10 * (rows * (chance * (1 - chance))[:, None]).T @ rows  # 10 votes on each pair
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    assert [row.error for row in found.estimates] == pytest.approx(list(errors))
    assert [row.spread for row in found.estimates] == pytest.approx(
        list(np.sqrt((rows**2).mean(axis=0)))
    )


def test_it_spreads_the_votes_over_measured_pairs(blocks, planned):
    measure([key for block in blocks[:2] for key in block])
    found = forecast(planned, "E", blocks, ASSUMED, 0.6)
    assert (found.pairs, found.measured) == (12, 6)


def test_it_uses_assumptions_and_gives_the_reason(blocks, planned):
    assumed = forecast(planned, "E", blocks, ASSUMED, 0.6)
    assert (assumed.measured, assumed.problem) == (0, "")
    assert [row.spread for row in assumed.estimates] == [1, 1, 1]
    measure([key for block in blocks for key in block], terms=("E1", "E2"))
    assert forecast(planned, "E", blocks, ASSUMED, 0.6) == assumed  # E3 is not there
    Measurement.objects.all().delete()
    measure(blocks[0])
    found = forecast(planned, "E", blocks, ASSUMED, 0.6)
    assert "do not determine every coefficient" in found.problem
    assert found.estimates == assumed.estimates
