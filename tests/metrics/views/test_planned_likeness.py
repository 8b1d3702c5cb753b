"""The planner takes the correlations of votes from a study of the installation."""

from __future__ import annotations

import pytest
from django.core.cache import caches

from tests.metrics.views.world import simulated_study

PLANNER = "/studies/planner/"


@pytest.fixture(autouse=True)
def _nothing_kept():
    caches["figures"].clear()


def test_it_assumes_them_until_people_have_voted_and_says_which(researcher, batch):
    from studies.models import Cohort, Participant

    study = simulated_study(batch, "E", participants=24, trials=30)
    page = researcher.get(PLANNER).content.decode()
    assert "are assumed" in page  # simulated votes say nothing about people
    assert 'value="0.05"' in page
    Participant.objects.filter(study=study).update(cohort=Cohort.PEOPLE)
    page = researcher.get(PLANNER).content.decode()
    assert "estimated from 720 votes of people in “E-test”" in page
    assert "are assumed" not in page
    assert 'value="0.05"' not in page
    assert (
        'name="of_people" value="0.2"'
        in researcher.get(PLANNER, {"of_people": "0.2"}).content.decode()
    )
