"""A study over measured stimuli opens only if its pairs determine every coefficient."""

from __future__ import annotations

import numpy as np
import pytest

from common.errors import InputError
from metrics.measurements.for_studies import statistics_of
from metrics.models import Measurement
from studies.models import Study
from studies.planning.allocation import items_of
from studies.planning.opening import open_study
from tests.studies.world import batch_of

pytestmark = pytest.mark.django_db
NAMES = ("E1", "E2", "E3", "E4", "E5")


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def draft(db):
    """A study in draft over 12 stimuli."""
    study = Study.objects.create(
        name="ranked", kind="E", trials_per_participant=8, participant_target=6
    )
    study.batches.add(batch_of())
    return study


def measure(study, value):
    """Store value(number of the stimulus, random numbers) as its statistics E1 … E5."""
    generator = np.random.default_rng(1)
    for number, stimulus in enumerate(study.batches.get().stimuli.order_by("pk")):
        values = value(number, generator.normal(size=5))
        for name, one in zip(NAMES, values, strict=True):
            Measurement.objects.create(
                stimulus=stimulus,
                reference=stimulus.styles.get(),
                instrument="test",
                statistic=name,
                value=one,
            )


def test_it_opens_if_every_coefficient_is_determined(draft):
    measure(draft, lambda number, noise: noise)
    keys = [item.key for item in items_of(draft)]
    assert set(statistics_of(keys, "E")) == set(NAMES)
    assert set(statistics_of(keys, "C")) == set(NAMES)  # C itself was not measured
    open_study(draft)
    assert draft.state == "open"


@pytest.mark.parametrize(
    ("value", "lost"),
    [
        (lambda number, noise: [*noise[:4], noise[0] - 2 * noise[1]], "E1, E2, E5 undetermined"),
        (lambda number, noise: [*noise[:4], 7.0], "E5 undetermined"),
    ],
)
def test_it_names_the_undetermined_coefficients(draft, value, lost):
    measure(draft, value)
    with pytest.raises(InputError, match=lost):
        open_study(draft)
    assert not draft.assignments.exists()


def test_it_needs_no_measurements(draft):
    assert statistics_of([item.key for item in items_of(draft)], "E") == {}
    open_study(draft)


def test_it_ignores_pairs_with_an_unmeasured_stimulus(draft):
    measure(draft, lambda number, noise: noise)
    few = draft.batches.get().stimuli.order_by("pk")[:9]
    Measurement.objects.filter(stimulus__in=[stimulus.pk for stimulus in few]).delete()
    with pytest.raises(InputError, match="measure the stimuli that are not measured"):
        open_study(draft)
