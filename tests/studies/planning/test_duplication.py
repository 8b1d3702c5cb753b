"""Copies of studies, by button and as the other test."""

from __future__ import annotations

import pytest

from studies.models import Study
from studies.planning.duplication import OWN, duplicate_study
from studies.planning.opening import close_study, open_study

pytestmark = pytest.mark.django_db


def test_a_copy_has_every_setting_and_nothing_of_the_run(draft):
    study = draft(
        rules={"repeats": 0}, language="de", id_secret="secret", codes={"completed": "ABC"}, seed=7
    )
    open_study(study)
    close_study(study)
    copy = duplicate_study(study, None)
    for field in Study._meta.concrete_fields:
        if field.name not in OWN:
            assert getattr(copy, field.name) == getattr(study, field.name), field.name
    assert (copy.name, copy.kind, copy.state) == ("study 1 (copy)", "E", Study.State.DRAFT)
    assert set(copy.batches.all()) == set(study.batches.all())
    assert copy.consent.text == study.consent.text
    assert (copy.codes, copy.opened_at, copy.closed_at) == ({}, None, None)
    assert copy.entry_token != study.entry_token
    assert not copy.participants.exists() and not copy.pairs.exists()
    open_study(copy)
    assert duplicate_study(study, None).name == "study 1 (copy 2)"


def test_the_other_test_asks_the_other_question(study):
    other = duplicate_study(study, None, kind="C")
    assert other.name == "study 1 (C-test)"
    assert "keeps the content" in other.question.text


def test_the_button_makes_a_draft_of_the_researcher(researcher, study):
    answer = researcher.post(f"/studies/{study.pk}/duplicate/", follow=True)
    copy = Study.objects.get(name="study 1 (copy)")
    assert answer.redirect_chain[-1][0] == f"/studies/{copy.pk}/edit/"
    assert "This draft has the settings of study 1" in answer.content.decode()
    assert copy.created_by.username == "ada"


def test_make_a_study_keeps_its_batch_and_offers_both_tests(researcher, batch):
    page = researcher.get(f"/studies/new/?batch={batch.pk}&batch=x").content.decode()
    assert f'value="{batch.pk}" id="id_batches_0" checked' in " ".join(page.split())
    assert "Also create the other test" in page
    fields = {
        "name": "both", "title": "Pictures", "kind": "E", "batches": [batch.pk], "scope": "both",
        "design": "balanced", "trials_per_participant": 6, "participant_target": 4,
        "votes_per_pair": 4, "recruiter": "link", "returning": "resume", "consent": "Look.",
        "both_tests": "on",
    }  # fmt: skip
    page = researcher.post("/studies/new/", fields, follow=True).content.decode()
    assert "Two drafts are created: both and both (C-test)." in page
    kinds = dict(Study.objects.values_list("name", "kind"))
    assert kinds == {"both": "E", "both (C-test)": "C"}
