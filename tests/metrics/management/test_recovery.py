"""From simulated participants to coefficients: preferences, side bias, dropout, random clicks."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from metrics.calibration.calibrate import calibrate
from metrics.calibration.presets import preset
from metrics.calibration.score import score
from metrics.measurements.table import statistics_frame
from studies.exchange.export import votes_frame
from studies.models import Cohort, Study
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from studies.simulation.simulate import Behaviour, simulate
from tests.metrics.views.world import measured_batch

pytestmark = pytest.mark.django_db
PUBLISHED = preset("wacv2020-E")


def click_at_random(study: Study, people: int) -> None:
    """Sessions of people who click at random; attention checks exclude them."""
    generator = np.random.default_rng(8)
    for _ in range(people):
        clicker = enrol(study, cohort=Cohort.SIMULATED)
        while (trial := current_trial(clicker)) is not None:
            record_vote(trial, str(generator.choice(["left", "right"])), uuid.uuid4(), 900)


def test_a_calibration_recovers_the_simulated_preferences(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    batch = measured_batch()
    study = Study.objects.create(
        name="known", kind="E", scope="reference", trials_per_participant=15,
        participant_target=60, rules={"traps": 4},
    )  # fmt: skip
    study.batches.add(batch)
    open_study(study)
    statistics = statistics_frame(batch.stimuli.all())
    truth = score(PUBLISHED, statistics).to_dict()
    leaving = Behaviour(side_bias=0.5, dropout=0.3)
    simulate(study, truth, 90, 15, seed=4, behaviour=leaving)
    click_at_random(study, 5)
    votes = votes_frame([study])
    assert set(votes["excluded"]) == {"", "missed traps"}
    assert votes.loc[votes["excluded"] == "", "choice"].eq("left").mean() > 0.52
    found = calibrate(
        votes, statistics, "E", terms=list(PUBLISHED.coefficients), include_simulated=True,
        replicates=0,
    )  # fmt: skip
    for term, given in PUBLISHED.coefficients.items():
        error = found.std_errors[term]
        # One in a hundred such terms lies further off by chance; the seed is fixed.
        assert abs(found.coefficients[term] - given) < 2.6 * error, term
        assert error < 0.5 * abs(given) or term == "E2"
