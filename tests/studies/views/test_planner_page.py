"""The planner's page: numbers checked by hand, stimuli of a batch or a draft, and its layout."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from studies.models import Cohort
from studies.planning.allocation import plan_of
from studies.planning.opening import open_study
from tests.studies.session import PHONE, WIDE
from tests.studies.views.test_accessible import expect_no_violations
from tests.width import expect_fits

pytestmark = pytest.mark.django_db
PLANNER = "/studies/planner/"
NUMBERS = {
    "references": 5, "each": 8, "meetings": 4, "votes_per_pair": 4, "trials": 70, "controls": 10,
    "seconds": 6, "dropout": 20, "hourly_pay": 9, "fee": 100,
}  # fmt: skip


def shown(client, **asked):
    return client.get(PLANNER, asked).content.decode()


def row(page: str, label: str) -> str:
    found = re.search(rf'{label}</th><td class="number">([^<]*)<', page)
    assert found, label
    return found[1]


def test_it_shows_the_workload(researcher):
    # 5 × (8 · 4 / 2) pairs, by 70 trials a person; 7 people × 9 minutes × 9 an hour, twice.
    page = shown(researcher, **NUMBERS)
    assert (row(page, "Pairs"), row(page, "Votes")) == ("80", "320")
    assert row(page, "Participants whose votes count") == "5"
    assert "<dt>to invite</dt><dd>7</dd>" in page
    assert "<dt>minutes each</dt><dd>9</dd>" in page
    assert "<dt>cost</dt><dd>18.90</dd>" in page
    assert "notice warning" not in page
    assert "at least 4 votes per pair" in shown(researcher, **{**NUMBERS, "votes_per_pair": 3})


def test_it_computes_trials_from_the_minutes(researcher):
    page = shown(researcher, **{**NUMBERS, "trials": "", "minutes": 9})
    assert row(page, "Real trials per person") == "70"
    page = shown(researcher, **{**NUMBERS, "minutes": 9})
    assert "one of the two" in page and "The study</h2>" not in page
    page = shown(researcher, **{**NUMBERS, "trials": "", "minutes": 1})
    assert "room for 0 trials" in page


def test_it_predicts_errors_that_shrink_with_the_root_of_the_votes(researcher):
    def errors(votes):
        found = re.findall(
            r'<th scope="row">(\w+)</th>(?:<td class="number">([^<]*)</td>){3}',
            shown(researcher, **{**NUMBERS, "votes_per_pair": votes}),
        )
        return {term: float(error) for term, error in found}

    few, many = errors(4), errors(16)
    assert set(few) == {"E1", "E2", "E3"}
    assert all(few[term] == pytest.approx(2 * many[term], abs=0.003) for term in few)
    coherence = shown(researcher, **NUMBERS, kind="C")
    assert '<th scope="row">C</th><td class="number">12.18</td>' in coherence
    assert "The spread is assumed." in coherence


def test_it_counts_the_stimuli_of_a_batch(researcher, batch):
    # Three methods for each of 2 × 2 contents and styles: 4 groups of 3, or 2 groups of 6.
    page = shown(researcher, **NUMBERS, stimuli=f"batch:{batch.pk}")
    assert (row(page, "Stimuli"), row(page, "Pairs")) == ("12", "12")
    assert "not measured yet" in page
    page = shown(researcher, **NUMBERS, stimuli=f"batch:{batch.pk}", scope="reference")
    assert row(page, "Pairs") == str(2 * 6 * 4 // 2)


def test_it_starts_from_a_draft(researcher, draft):
    study = draft(kind="C", trials_per_participant=8, participant_target=6, rules={"gold": 2})
    address = f"{PLANNER}?stimuli=study:{study.pk}"
    assert address in researcher.get(study.get_absolute_url()).content.decode()
    page = researcher.get(address).content.decode()
    open_study(study)
    assert row(page, "Pairs") == str(study.pairs.count())
    assert row(page, "Votes") == str(study.assignments.filter(cohort=Cohort.PEOPLE).count()) == "48"
    assert row(page, "Participants whose votes count") == "6"
    assert "Expected precision of C" in page
    assert next(plan_of(study))
    assert PLANNER in researcher.get("/studies/").content.decode()
    assert f"study:{study.pk}" not in researcher.get(PLANNER).content.decode()  # it is open now


@pytest.mark.parametrize(
    ("design", "people"),
    [("balanced", 4), ("balanced", 9), ("full", 4), ("random", 20), ("swiss", 3), ("asap", 9)],
)
def test_it_counts_the_pairs_of_a_drafts_design(researcher, draft, design, people):
    study = draft(design=design, scope="reference", participant_target=people)
    page = shown(researcher, stimuli=f"study:{study.pk}")
    open_study(study)
    pairs = study.pairs.count()
    assert row(page, "Pairs") == str(pairs)
    assert row(page, "Votes") == str(study.assignments.count()) == str(6 * people)
    assert row(page, "Participants whose votes count") == str(people)
    assert ("at least 4 votes per pair" in page) is (6 * people < 4 * pairs)


def test_it_refuses_a_plan_that_leaves_parts_unconnected(researcher, draft):
    page = shown(researcher, **{**NUMBERS, "meetings": 1})
    assert "never compared" in page and "The study</h2>" not in page
    # Two stimuli of a group need no third to connect them.
    assert "The study</h2>" in shown(researcher, **{**NUMBERS, "meetings": 1, "each": 2})
    study = draft(design="full", participant_target=1, trials_per_participant=5)
    page = shown(researcher, stimuli=f"study:{study.pk}")
    assert "never compared" in page and "The study</h2>" not in page


def test_drafts_of_others_are_not_offered(researcher, draft, django_user_model):
    study = draft(created_by=django_user_model.objects.create_user("grace"))
    page = shown(researcher, stimuli=f"study:{study.pk}")
    assert str(study) not in page
    assert "Select a valid choice" in page


@pytest.mark.parametrize("wrong", ["study:x", "batch:", "study:99", "0"])
def test_it_refuses_unknown_stimuli(researcher, wrong):
    assert "Select a valid choice" in shown(researcher, stimuli=wrong)


def test_it_refuses_invalid_values_and_names_the_field(researcher):
    for name, value in (("each", 1), ("dropout", 100), ("seconds", "nan"), ("spread_E1", 0)):
        page = shown(researcher, **{**NUMBERS, name: value})
        assert "errorlist" in page and "The study</h2>" not in page


def test_it_says_whether_the_referee_tells_two_statistics_apart(researcher):
    # 40 stimuli, 5 people × 70 votes: fewer people than the referee ranks anything with.
    page = shown(researcher, **NUMBERS, of_people=0, of_stimuli=0)
    assert "<dt>power of this study</dt><dd>0&nbsp;%</dd>" in page
    # 1,100 stimuli; 5,500 pairs × 4 votes by 70 trials are 315 people.
    many = {**NUMBERS, "references": 20, "each": 55, "meetings": 10}
    page = shown(researcher, **many, difference=5, discordance=30, of_people=0, of_stimuli=0)
    assert "<dt>power of this study</dt><dd>100&nbsp;%</dd>" in page
    # 940 independent votes by Connor's formula are 14 people × 70 votes, and t for so few is wider.
    needed = int(re.search(r"people for 80&nbsp;%</dt><dd>(\d+)<", page)[1])
    assert 940 / 70 < needed < 1.35 * 940 / 70
    assert f"<dt>their votes</dt><dd>{70 * needed}</dd>" in page
    few = shown(researcher, **NUMBERS, of_stimuli=0.5)
    assert "No number of people is enough with 40 stimuli" in few


def test_a_contradiction_is_said_and_nothing_typed_is_lost(researcher):
    page = shown(researcher, **NUMBERS, difference=40, discordance=30)
    assert "the accuracies differ by 0.4" in page
    assert "The study</h2>" in page and "power of this study" not in page
    page = shown(researcher, **{**NUMBERS, "each": 1}, difference=7)
    assert re.search(r'name="difference" value="7"', page)
    assert "power of this study" not in page


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_the_referees_power_is_planned_in_a_browser(researcher_page, live_server, size):
    page, (width, height) = researcher_page, size
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{live_server}{reverse('studies:planner')}")
    page.get_by_label("Correlation within a stimulus").fill("0.9")
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_text("No number of people is enough")).to_be_visible()
    page.get_by_label("Correlation within a stimulus").fill("0.02")
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_role("heading", name="Telling two statistics apart")).to_be_visible()
    expect(page.get_by_text("No number of people is enough")).to_have_count(0)
    expect_fits(page, width)
    expect_no_violations(page, "planner")


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_plans_in_a_browser(researcher_page, live_server, draft, size, scheme):
    page, (width, height) = researcher_page, size
    study = draft(trials_per_participant=8)
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{live_server}{reverse('studies:planner')}")
    expect(page.get_by_role("heading", name="The study")).to_be_visible()
    expect_fits(page, width)
    page.get_by_label("Stimuli:", exact=True).select_option(str(study))
    page.get_by_label("Votes per pair").fill("2")
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_text("at least 4 votes per pair")).to_be_visible()
    expect(page.get_by_role("row", name="Pairs 12")).to_be_visible()
    expect_fits(page, width)
