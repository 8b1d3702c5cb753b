"""Our fits against R 4.2.2 (BradleyTerry2, sandwich) and against what the papers print."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import Probit

from metrics.calibration.covariance import clustered
from metrics.calibration.fit import fit
from metrics.calibration.newton import fit_batch
from metrics.calibration.profile import profile_intervals
from metrics.calibration.publish import publish
from metrics.calibration.separation import separation

from . import golden

pytestmark = pytest.mark.golden


def errors(result, groups, *, correction=True):
    covariance = clustered(result.scores, result.bread, groups, correction=correction)
    return np.sqrt(np.diag(covariance))


def test_it_reproduces_the_flat_lizards_with_the_separated_term_at_its_limit():
    comparisons = golden.covariates("whiting_flatlizards_design.csv", golden.LIZARD_TERMS)
    expected = golden.reference("flatlizards_ml")
    result = fit(comparisons, "ml")
    assert result.separated == ("lizard096",)
    assert result.coefficients[0] == np.inf
    np.testing.assert_allclose(result.coefficients[1:], expected["estimate"].iloc[1:], atol=1e-6)
    np.testing.assert_allclose(result.naive_errors[1:], expected["std_error"].iloc[1:], atol=1e-5)
    assert -2 * result.log_likelihood == pytest.approx(95.3614, abs=5e-5)
    # Clustered errors are finite where the coefficients are; each contest is a group of its own.
    model = publish(comparisons, result, "E", "drop", "participant")
    assert model.std_errors["lizard096"] is None
    assert all(model.std_errors[term] > 0 for term in golden.LIZARD_TERMS[1:])
    # Whiting et al. 2006, Table 1, printed with two decimals.
    np.testing.assert_allclose(result.coefficients[2:], [-0.09, 0.34, -1.13, 0.19], atol=0.005)


def test_it_uses_firth_if_a_lizard_always_wins():
    comparisons = golden.covariates("whiting_flatlizards_design.csv", golden.LIZARD_TERMS)
    expected = golden.reference("flatlizards_firth")
    result = fit(comparisons, "auto")
    assert result.method == "firth"
    np.testing.assert_allclose(result.coefficients, expected["estimate"], atol=1e-6)
    np.testing.assert_allclose(result.naive_errors, expected["std_error"], atol=1e-5)
    # The profile interval of the separated lizard, from R's brglm.
    np.testing.assert_allclose(profile_intervals(comparisons)[0], [-0.64, 7.11], atol=0.005)


def test_it_reproduces_the_chameleons():
    terms = golden.CHAMELEON_TERMS[:3]
    result = fit(golden.covariates("stuartfox_chameleons_design.csv", terms), "ml")
    expected = golden.reference("chameleons_ml").loc[list(terms)]
    np.testing.assert_allclose(result.coefficients, expected["estimate"], atol=1e-6)
    # The package's example prints five decimals. R's own row of full precision comes from a glm
    # that stopped one step early: its errors belong to the step before and differ by 6e-5.
    np.testing.assert_allclose(result.coefficients, [2.38130, 0.60931, 0.08928], atol=5e-6)
    np.testing.assert_allclose(result.naive_errors, [0.48495, 0.27773, 0.04382], atol=5e-6)
    np.testing.assert_allclose(result.naive_errors, expected["std_error"], atol=7e-5)


def test_it_reproduces_every_subset_of_the_chameleons():
    table = golden.read("ref_chameleons_all_subsets.csv")
    whole = golden.covariates("stuartfox_chameleons_design.csv", golden.CHAMELEON_TERMS)
    assert len(table) == 255
    for row in table.itertuples():
        comparisons = whole.restrict(str(row.terms).split("+"))
        model = publish(comparisons, fit(comparisons, "ml"), "E", "drop", "none")
        assert model.details["log_likelihood"] == pytest.approx(row.logLik, abs=1e-6)
        assert model.details["AIC"] == pytest.approx(row.AIC, abs=1e-6)
        assert model.details["BIC"] == pytest.approx(row.BIC, abs=1e-6)
        assert min(model.coefficients.values()) == pytest.approx(row.min_coef, abs=1e-6)


def test_it_fits_all_subsets_of_the_chameleons_at_once():
    table = golden.read("ref_chameleons_all_subsets.csv").set_index("terms")
    whole = golden.covariates("stuartfox_chameleons_design.csv", golden.CHAMELEON_TERMS)
    subsets = [s for k in range(1, 9) for s in combinations(range(8), k)]
    masks = np.array([[term in subset for term in range(8)] for subset in subsets])
    batch = fit_batch(whole.differences, whole.preferred, masks=masks)
    assert batch.converged.all()
    for subset, coefficients in zip(subsets, batch.coefficients, strict=True):
        names = {golden.CHAMELEON_TERMS[term] for term in subset}
        row = next(table.loc[name] for name in table.index if set(name.split("+")) == names)
        assert coefficients[list(subset)].min() == pytest.approx(row["min_coef"], abs=1e-7)


@pytest.mark.parametrize(
    ("method", "model"), [("ml", "citations_ml"), ("firth", "citations_firth")]
)
def test_it_reproduces_the_citations_between_journals(method, model):
    journals = ("Comm Statist", "JASA", "JRSS-B")
    result = fit(golden.counted(golden.read("stigler_citations.csv"), journals), method)
    expected = golden.reference(model).loc[list(journals)]
    np.testing.assert_allclose(result.coefficients, expected["estimate"], atol=1e-6)
    np.testing.assert_allclose(result.naive_errors, expected["std_error"], atol=1e-5)


def test_it_reproduces_the_schools_without_ties_and_clusters_by_student():
    comparisons = golden.schools(tied=False)
    result = fit(comparisons, "ml")
    np.testing.assert_allclose(
        result.coefficients, golden.reference("cems_untied_ml")["estimate"], atol=1e-6
    )
    for model, correction in (("HC0", False), ("HC1", True)):
        expected = golden.reference(f"cems_untied_cluster_{model}")["std_error"]
        ours = errors(result, comparisons.participants, correction=correction)
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    alone = errors(result, np.arange(comparisons.votes), correction=False)
    np.testing.assert_allclose(alone, golden.reference("cems_untied_HC0")["std_error"], atol=1e-5)


def test_it_reproduces_the_schools_with_ties_as_half_votes():
    result = fit(golden.schools(tied=True), "ml")
    expected = golden.reference("cems_halfties")
    np.testing.assert_allclose(result.coefficients, expected["estimate"], atol=1e-6)
    np.testing.assert_allclose(result.naive_errors, expected["std_error"], atol=1e-5)
    # Dittrich et al. 2001, Table 3: the same on their scale.
    printed = golden.reference("cems_halfties_div1.75")["estimate"]
    np.testing.assert_allclose(result.coefficients / 1.75, printed, atol=1e-6)


def test_it_reproduces_davidsons_model_of_the_schools():
    result = fit(golden.schools(tied=True), "ml", ties="davidson")
    expected = golden.reference("cems_davidson")
    np.testing.assert_allclose(
        np.append(result.coefficients, result.tie), expected["estimate"], atol=1e-6
    )
    np.testing.assert_allclose(result.naive_errors, expected["std_error"], atol=1e-5)
    assert np.exp(result.tie) == pytest.approx(0.268, abs=5e-4)


def test_it_reproduces_the_tone_mapping_votes_and_their_clusters():
    comparisons = golden.tone_mapping()
    result = fit(comparisons, "ml")
    expected = golden.reference("tmo_ml")
    np.testing.assert_allclose(result.coefficients, expected["estimate"], atol=1e-6)
    np.testing.assert_allclose(result.naive_errors, expected["std_error"], atol=1e-5)
    for model, correction in (("HC0", False), ("HC1", True)):
        expected = golden.reference(f"tmo_cluster_observer_{model}")["std_error"]
        ours = errors(result, comparisons.participants, correction=correction)
        np.testing.assert_allclose(ours, expected, atol=1e-5)
    # Deviances 1360.7 (logit) and 1362.7 (probit).
    probit = Probit(comparisons.preferred, comparisons.differences).fit(disp=0)
    assert -2 * result.log_likelihood == pytest.approx(1360.7, abs=0.05)
    assert -2 * probit.llf == pytest.approx(1362.7, abs=0.05)


def test_it_reproduces_firth_on_the_endometrial_cancers():
    table = golden.read("heinze_endometrial.csv")
    table["intercept"] = 1.0
    terms = ("NV", "PI", "EH", "intercept")
    comparisons = replace(
        golden.covariates("stuartfox_chameleons_design.csv", golden.CHAMELEON_TERMS),
        terms=terms,
        differences=table[list(terms)].to_numpy(dtype=float),
        preferred=table["HG"].to_numpy(dtype=float),
    )
    assert separation(comparisons).direction.tolist() == [1, 0, 0, 0]
    result = fit(comparisons, "firth")
    # logistf prints eight decimals.
    printed = [2.92927330, -0.03475175, -2.60416387, 3.77455951]
    np.testing.assert_allclose(result.coefficients, printed, atol=5e-8)
    # logistf's profile interval of NV, six to eight decimals.
    np.testing.assert_allclose(
        profile_intervals(comparisons)[0], [0.6097244, 7.85463171], atol=5e-7
    )


def test_it_reproduces_four_players_and_the_75_25_chain():
    players = fit(golden.counted(golden.read("wikipedia_4players.csv"), ("B", "C", "D")), "ml")
    strengths = np.exp(np.append(0.0, players.coefficients))
    strengths /= strengths.prod() ** 0.25
    np.testing.assert_allclose(strengths, [0.640, 1.043, 0.660, 2.270], atol=5e-4)

    chain = fit(golden.counted(golden.read("pwcmp_75_25.csv"), ("2", "3")), "ml")
    np.testing.assert_allclose(chain.coefficients, [np.log(3), 2 * np.log(3)], atol=1e-9)
