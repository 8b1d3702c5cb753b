"""Bootstrap, diagnostics, abilities, and stability of the EC space."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import Logit

from metrics.calibration.abilities import abilities
from metrics.calibration.bootstrap import bootstrap
from metrics.calibration.calibrate import calibrate
from metrics.calibration.covariance import clustered
from metrics.calibration.data import Comparisons, compare
from metrics.calibration.diagnostics import curve, position, power, thurstone
from metrics.calibration.export import Model
from metrics.calibration.fit import fit
from metrics.calibration.score import score
from metrics.calibration.stability import stability
from metrics.ecspace.grid import ecspace

from . import golden, simulated

E_TERMS = tuple(simulated.PUBLISHED_E)


@pytest.fixture(scope="module")
def table():
    return simulated.statistics(120, deviation=2**-0.5)


@pytest.fixture(scope="module")
def votes(table):
    return simulated.votes(table, simulated.PUBLISHED_E, people=30, trials=40, spread=0.4)


@pytest.fixture(scope="module")
def comparisons(table, votes):
    return compare(votes, table, E_TERMS)


def test_its_replicates_are_refits_of_resampled_people(comparisons):
    drawn = bootstrap(comparisons, fit(comparisons), replicates=6, seed=3)
    rng = np.random.default_rng(3)
    weights = rng.multinomial(30, np.full(30, 1 / 30), size=6)
    for row, weight in enumerate(weights):
        rows = np.repeat(np.arange(comparisons.votes), weight[comparisons.participants])
        again = Logit(comparisons.preferred[rows], comparisons.differences[rows]).fit(disp=0)
        np.testing.assert_allclose(drawn.replicates[row], again.params, atol=1e-6)


@pytest.mark.golden
def test_its_errors_agree_with_the_clusters_of_the_tone_mapping_votes():
    """research: 0.257 against 0.249, and 0.218 against 0.219."""
    data = golden.tone_mapping()
    drawn = bootstrap(data, fit(data), replicates=1000)
    errors = drawn.to_json()["std_errors"]
    expected = golden.reference("tmo_cluster_observer_HC0")["std_error"]
    for term in ("hateren06", "irawan05"):
        assert errors[term] == pytest.approx(expected[term], rel=0.1)


def test_there_is_no_bootstrap_if_percentiles_would_be_wrong(comparisons):
    assert bootstrap(comparisons, fit(comparisons), replicates=0) is None
    certain = replace(comparisons, preferred=(comparisons.differences[:, 2] > 0).astype(float))
    assert bootstrap(certain, fit(certain, "ml"), replicates=50) is None
    # Three votes of one person contradict the other people: most draws leave that person out.
    lone = certain.preferred.copy()
    lone[:3] = 1 - lone[:3]
    nearly = replace(certain, preferred=lone).restrict(["E3"])
    assert fit(nearly, "ml").coefficients[0] > 0
    assert bootstrap(nearly, fit(nearly, "ml"), replicates=50) is None


def test_firths_and_davidsons_fits_are_drawn_as_they_were_fitted(comparisons):
    plain = bootstrap(comparisons, fit(comparisons), replicates=60)
    firth = bootstrap(comparisons, fit(comparisons, "firth"), replicates=60)
    assert (np.abs(firth.replicates) < np.abs(plain.replicates)).mean() > 0.9  # it shrinks
    np.testing.assert_allclose(firth.replicates, plain.replicates, rtol=0.03, atol=0.01)
    some = comparisons.preferred.copy()
    some[::5] = 0.5
    tied = replace(comparisons, preferred=some)
    result = fit(tied, ties="davidson")
    drawn = bootstrap(tied, result, replicates=60)
    spread = drawn.replicates.std(axis=0, ddof=1)
    errors = np.sqrt(np.diag(clustered(result.scores, result.bread, tied.participants)))[:3]
    np.testing.assert_allclose(spread, errors, rtol=0.4)
    np.testing.assert_allclose(drawn.replicates.mean(axis=0), result.coefficients, atol=0.2)


def test_it_estimates_a_side_bias_that_scores_do_not_use(table):
    rng = np.random.default_rng(0)
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=30, trials=60)
    lazy = rng.random(len(votes)) < 0.3
    votes.loc[lazy, "choice"] = "left"
    data = compare(votes, table, E_TERMS)
    found = position(data)
    assert found["interval"][0] > 0.3
    assert found["left_chosen"] > 0.55
    fair = position(compare(simulated.votes(table, simulated.PUBLISHED_E), table, E_TERMS))
    assert fair["interval"][0] < 0 < fair["interval"][1]


def test_its_curve_lies_on_the_diagonal_for_a_true_model(table):
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=60, trials=100)
    data = compare(votes, table, E_TERMS)
    rows = curve(data, fit(data))
    assert sum(row["votes"] for row in rows) == 6000
    assert [row["predicted"] for row in rows] == sorted(row["predicted"] for row in rows)
    assert all(row["low"] <= row["observed"] <= row["high"] for row in rows)
    inside = [row["low"] <= row["predicted"] <= row["high"] for row in rows]
    assert np.mean(inside) >= 0.8
    weak = fit(data)
    weak.coefficients[:] *= 0.3  # a model that is far too unsure
    rows = curve(data, weak)
    assert rows[-1]["low"] > rows[-1]["predicted"]


def test_its_bands_hold_for_certain_bins_for_one_person_and_for_ties(table):
    x = np.linspace(-4, 4, 201)[:, None]
    certain = Comparisons(("E1",), x, (x[:, 0] > 0).astype(float), np.arange(201) % 9)
    result = fit(certain, "firth")
    rows = curve(certain, result)
    assert rows[-1]["observed"] == rows[-1]["high"] == 1
    assert 0.75 < rows[-1]["low"] < 0.95  # 20 votes, all alike: Wilson says 0.84
    alone = replace(certain, participants=np.zeros(201, dtype=np.intp))
    assert all(row["low"] < row["high"] for row in curve(alone, result))

    rng = np.random.default_rng(0)
    x = rng.standard_normal((6000, 1))
    weights = np.exp(np.column_stack([x[:, 0] / 2, np.full(6000, -0.5), -x[:, 0] / 2]))
    u = rng.random(6000) * weights.sum(axis=1)
    outcome = (u[:, None] > weights.cumsum(axis=1)).sum(axis=1)
    tied = Comparisons(("E1",), x, 1 - outcome / 2, np.arange(6000) % 50)
    rows = curve(tied, fit(tied, ties="davidson"))
    assert np.mean([row["low"] <= row["predicted"] <= row["high"] for row in rows]) >= 0.8


def test_the_probit_is_left_out_where_ties_alone_hold_the_fit():
    x = np.array([[1.0], [2.0], [3.0], [2.0]])
    data = Comparisons(("E1",), x, np.array([1.0, 1.0, 1.0, 0.5]), np.arange(4))
    assert thurstone(data, fit(data)) is None
    ties = replace(data, preferred=np.full(4, 0.5))
    assert thurstone(ties, fit(ties)) is None


def test_four_times_the_people_halve_an_interval(comparisons):
    result = fit(comparisons)
    covariance = clustered(result.scores, result.bread, comparisons.participants)
    found = power(comparisons, result, np.sqrt(np.diag(covariance)))
    assert 100 <= found["participants_to_halve"] <= 120
    assert found["votes_to_halve"] == 40 * found["participants_to_halve"]
    assert all(0 <= share <= 1 for share in found["between"].values())
    assert found["between"]["E3"] > 0.2


def test_abilities_are_those_of_bradley_and_terry():
    schools = golden.SCHOOLS
    rng = np.random.default_rng(1)
    truth = np.array([0.0, 0.6, 1.8, 0.4, 1.0])
    one, other = rng.integers(0, 5, 3000), rng.integers(0, 5, 3000)
    won = rng.random(3000) < 1 / (1 + np.exp(truth[other] - truth[one]))
    used = pd.DataFrame(
        {
            "participant": rng.integers(0, 40, 3000),
            "stimulus_left": [f"s{n}" for n in one],
            "stimulus_right": [f"s{n}" for n in other],
            "choice": np.where(won, "left", "right"),
        }
    )
    statistics = pd.DataFrame({"stimulus": [f"s{n}" for n in range(5)], "method": schools})
    found = abilities(used, statistics)
    assert found.methods == schools
    assert found.fit == "ml"
    assert found.ability.sum() == pytest.approx(0, abs=1e-9)
    assert (np.abs(found.ability - (truth - truth.mean())) < 4 * found.std_error).all()
    assert found.wins.sum() == (one != other).sum()
    assert (np.diag(found.wins) == 0).all()
    # Stimuli of no named method take no part.
    assert abilities(used, statistics.assign(method=[None, *schools[1:]])).methods == schools[1:]
    # A method that always wins has no finite estimate of its own.
    used.loc[one == 2, "choice"], used.loc[other == 2, "choice"] = "left", "right"
    assert abilities(used, statistics).fit == "firth"
    apart = used[(one < 2) == (other < 2)]
    assert abilities(apart, statistics) is None


def test_stability_is_high_far_from_cuts_and_low_near_them(table, votes):
    models = {
        "E": calibrate(votes, table, "E", terms=E_TERMS, replicates=200),
        "C": calibrate(
            simulated.votes(table, {"C": 12.2, "E1": 0.3}, people=30, trials=40, seed=5),
            table,
            "C",
            terms=["C", "E1"],
            replicates=200,
        ),
    }
    models = {
        key: Model.from_json(json.loads(json.dumps(m.to_json()))) for key, m in models.items()
    }
    scored = table.assign(
        E_score=score(models["E"], table).to_numpy(), C_score=score(models["C"], table).to_numpy()
    )
    space = ecspace(scored)
    found = stability(space, models, table)
    assert found.replicates == 200
    assert ((found.cell > 0) & (found.cell <= 1)).all()
    centred = space.frame["E_score"] - space.frame["E_score"].mean()
    inside = (found.E[:, 0] <= centred) & (centred <= found.E[:, 1])
    assert inside.mean() > 0.95
    # Far from every cut a place is sure, close to one it is not.
    gap = np.min(np.abs(space.frame["E_score"].to_numpy()[:, None] - space.E_cuts), axis=1)
    assert found.cell[np.argsort(gap)[-20:]].mean() > found.cell[np.argsort(gap)[:20]].mean()
    for ranks in found.methods.values():
        assert 1 <= ranks["E_rank"][0] <= ranks["E_rank"][1] <= 4
        assert 0 <= ranks["admissible"] <= 1
    models["E"].details["bootstrap"] = None
    assert stability(space, models, table) is None
