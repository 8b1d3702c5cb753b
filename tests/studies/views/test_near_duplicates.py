from __future__ import annotations

import pytest

from tests.studies.views.test_researcher_pages import command
from transfer.methods import resolve_parameters

pytestmark = pytest.mark.django_db


@pytest.fixture
def duplicated(batch):
    """A batch with Gram matrices under two names."""
    entries = (("gatys", {}), ("mmd", {"kernel": "polynomial"}))
    batch.recipe = batch.recipe | {
        "methods": [
            {"method": method, "parameters": resolve_parameters(method, changes)}
            for method, changes in entries
        ]
    }
    batch.save()
    return batch


def test_a_study_of_two_names_for_one_method_is_made_with_a_warning(duplicated) -> None:
    said = command("create", "twice", "--kind", "E", "--batch", duplicated.name)
    assert (
        "warning: gatys and mmd kernel=polynomial degree=2 offset=0.0 are the same method" in said
    )


def test_others_are_made_without(batch) -> None:
    assert "warning" not in command("create", "once", "--kind", "E", "--batch", batch.name)


def test_the_page_of_a_new_study_warns(duplicated, researcher) -> None:
    fields = {
        "name": "first",
        "kind": "E",
        "batches": [duplicated.pk],
        "scope": "both",
        "design": "balanced",
        "trials_per_participant": 6,
        "participant_target": 4,
        "votes_per_pair": 4,
        "recruiter": "prolific",
        "returning": "block",
        "title": "Comparing pictures",
        "least_width": 900,
        "gold": 1,
        "traps": "",
        "consent": "You look at pictures.",
    }
    page = researcher.post("/studies/new/", fields, follow=True).content.decode()
    assert "are the same method up to their weights" in page
