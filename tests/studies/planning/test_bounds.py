"""Numbers in forms and URLs are limited before anything is computed."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from common.errors import InputError
from studies.models import Study
from studies.planning import allocation
from studies.planning.allocation import MOST_TRIALS, MOST_VOTES, planned_votes
from studies.planning.opening import open_study

pytestmark = pytest.mark.django_db
BOUNDS = [
    ({"participant_target": 2_000_000_000}, "use at most 200000 votes"),
    ({"participant_target": MOST_VOTES // 6 + 1}, "use at most 200000 votes"),
    ({"trials_per_participant": MOST_TRIALS + 1}, "use at most 1000 of each"),
    ({"rules": {"training": 500, "repeats": 501}}, "use at most 1000 of each"),
]


@pytest.fixture
def unplanned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation, "plan_of", lambda *_: pytest.fail("it was planned"))


@pytest.mark.parametrize(("fields", "said"), BOUNDS)
def test_a_study_that_is_too_large_is_not_planned(draft, unplanned, fields, said):
    study = draft(**fields)
    with pytest.raises(InputError, match=said):
        planned_votes(study)
    with pytest.raises(InputError, match=said):
        open_study(study)
    with pytest.raises(CommandError, match=said):
        call_command("study", "open", study.name)


@pytest.mark.parametrize(("fields", "said"), BOUNDS)
def test_the_form_refuses_it(researcher, batch, unplanned, fields, said):
    sent = {
        "name": "large", "title": "t", "kind": "E", "batches": [batch.pk], "scope": "both",
        "design": "balanced", "trials_per_participant": 6, "participant_target": 4,
        "votes_per_pair": 4, "recruiter": "link", "returning": "resume", "consent": "c",
    }  # fmt: skip
    sent |= fields.get("rules", fields)
    page = researcher.post("/studies/new/", sent).content.decode()
    assert said in page and not Study.objects.exists()


def test_the_planner_computes_no_large_draft(researcher, draft, unplanned):
    study = draft(participant_target=2_000_000_000)
    page = researcher.get("/studies/planner/", {"stimuli": f"study:{study.pk}"}).content.decode()
    assert "this draft wants 12000000000 votes" in page


def test_the_planner_computes_no_endless_numbers(researcher):
    page = researcher.get("/studies/planner/", {"references": 10_000, "each": 10_000})
    assert "use at most 100000 stimuli" in page.content.decode()
