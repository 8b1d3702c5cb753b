"""The errors that the planner predicts for a draft, against studies simulated by its plan."""

from __future__ import annotations

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from statsmodels.discrete.discrete_model import Logit

from metrics.measurements.for_studies import published_coefficients
from metrics.models import Measurement
from studies.design import DESIGNS
from studies.forms.planner import PlannerForm
from studies.models import Study
from studies.planning.allocation import planned_votes, study_blocks
from tests.studies.world import batch_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(tmp_path, settings):
    """Make a draft over 24 measured stimuli in 4 groups of 6; returns it with their statistics."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def make(**fields: object) -> tuple[Study, dict[int, np.ndarray]]:
        study = Study.objects.create(
            name="draft",
            kind="E",
            **{"trials_per_participant": 15, "participant_target": 40} | fields,
        )
        study.batches.add(batch_of(2, 2, methods=tuple("abcdef")))
        generator = np.random.default_rng(7)
        # As far apart as methods are in the paper's figures: some alike, some not at all.
        return study, {
            stimulus.pk: _measured(stimulus, generator.normal(size=3) * [0.9, 1.2, 0.5])
            for stimulus in study.batches.get().stimuli.all()
        }

    return make


def _measured(stimulus, values: np.ndarray) -> np.ndarray:
    for name, value in zip(("E1", "E2", "E3"), values, strict=True):
        Measurement.objects.create(
            stimulus=stimulus, reference=stimulus.styles.get(), instrument="test",
            statistic=name, value=value,
        )  # fmt: skip
    return values


def predicted(study: Study, **asked: object) -> PlannerForm:
    sent = QueryDict(mutable=True)
    sent.update({"stimuli": f"study:{study.pk}", **{k: str(v) for k, v in asked.items()}})
    form = PlannerForm(sent, AnonymousUser())
    assert form.is_valid(), form.errors
    return form


def preferred(rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Votes for the first of each pair, by the published model."""
    truth = np.array(list(published_coefficients("E").values()))
    return (generator.random(len(rows)) < 1 / (1 + np.exp(-rows @ truth))).astype(float)


def spread_of_fits(studies: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The standard deviation of the coefficients that studies of (rows, votes) find, (K,)."""
    fits = [Logit(votes, rows).fit(disp=0).params for rows, votes in studies]
    return np.std(fits, axis=0, ddof=1)


def errors_of(form: PlannerForm) -> list[float]:
    return [row.error for row in form.forecast.estimates]


@pytest.mark.parametrize(
    ("design", "scope"),
    [
        ("balanced", "both"),
        ("balanced", "reference"),
        ("full", "reference"),
        ("random", "reference"),
    ],
)
def test_it_predicts_the_errors_of_a_draft_by_the_pairs_that_its_design_asks(draft, design, scope):
    study, values = draft(design=design, scope=scope)
    form, asked = predicted(study), [vote.pair for vote in planned_votes(study)]
    assert form.workload.votes == len(asked) == study.votes_wanted
    assert form.workload.pairs == form.forecast.measured == len({*asked})
    rows = np.array([values[one] - values[two] for one, two in asked])
    generator = np.random.default_rng(11)
    found = spread_of_fits([(rows, preferred(rows, generator)) for _ in range(150)])
    # The spread of 150 fits is known to 6 % (1 / √(2 · 150)); 20 % is three times that.
    assert errors_of(form) == pytest.approx(list(found), rel=0.2)


def test_it_approximates_the_errors_of_an_adaptive_draft(draft):
    """It assumes the pairs of the balanced start, because later rounds are not known yet."""
    study, values = draft(design="swiss")
    blocks, start = study_blocks(study), [vote.pair for vote in planned_votes(study)[: len(values)]]
    generator = np.random.default_rng(5)

    def run() -> tuple[np.ndarray, np.ndarray]:
        rows, votes, wins, games = [], [], {}, start
        while len(rows) < study.votes_wanted:
            here = np.array([values[one] - values[two] for one, two in games])
            won = preferred(here, generator)
            for pair, first in zip(games, won, strict=True):
                before = wins.get(pair, (0.0, 0.0))
                wins[pair] = (before[0] + first, before[1] + 1 - first)
            rows, votes = [*rows, *here], [*votes, *won]
            games = DESIGNS["swiss"].next_round(blocks, wins, generator)
        return np.array(rows), np.array(votes)

    found = spread_of_fits([run() for _ in range(60)])
    # The spread of 60 fits is known to 9 %.
    assert errors_of(predicted(study)) == pytest.approx(list(found), rel=0.25)
