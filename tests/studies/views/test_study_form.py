"""The form of a study: its steps, its plan while it is filled in, objections, templates."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from studies.forms.presets import PRESETS
from studies.models import Study
from studies.planning.allocation import items_of, planned_votes
from studies.planning.feasibility import objections
from studies.planning.opening import open_study
from studies.planning.outline import outline
from studies.planning.remedies import remedies
from tests.studies.session import PHONE, WIDE
from tests.studies.shots import shoot
from tests.studies.views.test_accessible import expect_no_violations
from tests.width import expect_fits

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(batch):
    return {
        "name": "first",
        "title": "Comparing pictures",
        "kind": "E",
        "batches": [batch.pk],
        "scope": "both",
        "design": "balanced",
        "trials_per_participant": 7,
        "participant_target": 4,
        "votes_per_pair": 3,
        "training": 2,
        "recruiter": "link",
        "returning": "resume",
        "consent": "You look at pictures.",
    }


def test_the_plan_is_that_of_the_study_which_then_opens(researcher, sent):
    said = researcher.post("/studies/plan/", sent).json()
    assert not Study.objects.exists()
    assert said == {
        # 28 votes over as many pairs as two rounds of four groups of three have: 2 × 4 × 1 … 12.
        "line": "12 pairs · 7 + 2 training trials · 2–3 votes each · 4 people · ~2 min",
        "objections": [],
    }
    researcher.post("/studies/new/", sent)
    study = Study.objects.get()
    assert str(outline(study)) == said["line"]
    open_study(study)
    assert study.pairs.count() == 12
    assert study.assignments.count() == 28


def test_every_objection_is_at_its_field_and_the_draft_is_kept(researcher, sent):
    sent |= {"trials_per_participant": 9, "training": 4, "repeats": 2, "participant_target": 1}
    page = researcher.post("/studies/new/", sent, follow=True).content.decode()
    study = Study.objects.get()
    assert f'href="/studies/{study.pk}/"' in page and "It cannot open yet" in page
    found = outline(study)
    assert {one.field for one in found.objections} >= {"trials_per_participant", "repeats"}
    for one in found.objections:
        at = page.index(f'data-objections="{one.field}"')
        assert one.text.split("'")[0][:60] in page[at : at + 900]


def test_advice_is_true_for_every_number_that_it_names(draft):
    study = draft(trials_per_participant=9, rules={"training": 4}, participant_target=3)
    names = {"trials per participant": "trials_per_participant", "votes per pair": "votes_per_pair",
             "participants": "participant_target"}  # fmt: skip
    items = items_of(study)
    assert objections(study, items, planned_votes(study))
    advice = remedies(study, items)
    assert len(advice) >= 2
    for line in advice:
        value, noun = line.split(" ", 1)
        other = Study.objects.get(pk=study.pk)
        if noun == "training trials":
            other.rules = {"training": int(value)}
        else:
            setattr(other, names[noun], int(value))
        assert not objections(other, items, planned_votes(other)), line
    text = outline(study).objections[0].text
    assert all(line in text for line in advice)


def test_a_plan_that_no_single_number_saves_says_so(draft):
    study = draft(trials_per_participant=400, rules={"training": 200}, participant_target=1)
    [said] = [one for one in outline(study).objections if one.field == "trials_per_participant"]
    assert "no other value of one number removes this" in said.text


def test_it_checks_without_scripts_and_stores_nothing(researcher, sent):
    page = researcher.post("/studies/new/", {**sent, "check": "1"}).content.decode()
    assert "12 pairs · 7 + 2 training trials" in page
    assert 'value="first"' in page
    assert not Study.objects.exists()


def test_others_drafts_have_no_plan_here(researcher, draft, sent, django_user_model):
    study = draft(created_by=django_user_model.objects.create_user("bob"))
    assert researcher.post(f"/studies/{study.pk}/plan/", sent).status_code == 404


def test_templates_hold_values_that_the_form_accepts(researcher, sent, batch):
    for preset in PRESETS:
        page = researcher.get(f"/studies/new/?preset={preset.key}&batch={batch.pk}")
        form = page.context["form"]
        assert all(form[name].value() == value for name, value in preset.values.items())
        values = {name: value for name, value in preset.values.items() if value is not False}
        sent |= {"name": preset.key, **values}
        assert researcher.post("/studies/new/", sent).status_code == 302
    assert Study.objects.count() == len(PRESETS)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
@pytest.mark.axe
def test_three_steps_with_a_live_plan(researcher_page, live_server, batch, size):
    page = researcher_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{live_server}/studies/new/?batch={batch.pk}")
    page.get_by_label("Question:", exact=True).select_option("E")
    page.get_by_role("button", name="Quick pilot").click()
    plan = page.get_by_role("region", name="The plan")
    expect(plan).to_contain_text("12 pairs · 8 + 1 training trials · 4 votes each · 6 people")
    page.get_by_label("Name:", exact=True).fill("A pilot")
    shoot(page, f"form-1-{size[0]}")
    page.get_by_role("link", name="Next").click()
    trials = page.get_by_label("Trials per participant")
    expect(trials).to_be_visible()
    expect(page.get_by_label("Name:", exact=True)).to_be_hidden()
    trials.fill("30")
    expect(plan).to_contain_text("It cannot open yet. 1 objection: Trials per participant")
    advice = "nobody sees a pair twice: use 12 trials per participant; or add stimuli"
    expect(page.get_by_text(advice)).to_be_visible()
    shoot(page, f"form-2-{size[0]}")
    expect_no_violations(page, "objection")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_timeout(400)
    expect_no_violations(page, "objection, dark")
    shoot(page, f"form-2-dark-{size[0]}")
    page.emulate_media(color_scheme="light")
    trials.fill("8")
    expect(plan).to_contain_text("Nothing speaks against it.")
    page.go_back()
    expect(page.get_by_label("Name:", exact=True)).to_have_value("A pilot")
    page.get_by_role("link", name="3. Participants").click()
    expect_fits(page, size[0])
    shoot(page, f"form-3-{size[0]}")
    page.get_by_label("Consent text").fill("")
    page.get_by_role("link", name="1. Question and pictures").click()
    page.get_by_role("button", name="Create in draft").click()  # the browser shows the empty field
    consent = page.get_by_label("Consent text")
    expect(consent).to_be_focused()
    consent.fill("You look at pictures.")
    page.get_by_role("button", name="Create in draft").click()
    expect(page.get_by_role("heading", name="A pilot")).to_be_visible()
    assert Study.objects.get().votes_wanted == 48
