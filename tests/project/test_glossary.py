"""The glossary, and the link to it on every page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from config.glossary import TERMS
from config.reading import GUIDES
from metrics.calibration.verdict import LEVELS
from tests.looks import expect_good_looks
from tests.project.source import ROOT
from transfer.models import Batch


def test_it_explains_each_term_once_in_order() -> None:
    names = [term.name.casefold() for term in TERMS]
    assert names == sorted(set(names))
    verdict = next(term for term in TERMS if term.name == "verdict")
    assert all(level in verdict.meaning for level in LEVELS)


def test_every_page_links_to_it(researcher: Client) -> None:
    page = researcher.get(reverse("studies:studies")).content.decode()
    assert f'href="{reverse("glossary")}"' in page


def test_pages_of_results_lead_to_their_guide(researcher: Client, db: None) -> None:
    glossary = researcher.get(reverse("glossary")).content.decode()
    for guide in GUIDES:
        assert f'id="{guide.anchor}"' in glossary
        assert (ROOT / guide.document).is_file()
    batch = Batch.objects.create(name="trial", recipe={"imported": True})
    for anchor, address in (
        ("read-planner", reverse("studies:planner")),
        ("read-referee", reverse("metrics:referee")),
        ("read-ecspace", reverse("metrics:ecspace")),
        ("read-batch", batch.get_absolute_url()),
    ):
        page = researcher.get(address).content.decode()
        assert f'href="{reverse("glossary")}#{anchor}"' in page
    template = (ROOT / "templates" / "metrics" / "calibration.html").read_text()
    assert 'to="read-calibration"' in template


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_its_terms_lead_to_their_pages(researcher_page: Page, live_server: object) -> None:
    researcher_page.goto(f"{live_server}/")
    researcher_page.get_by_role("link", name="Glossary").click()
    expect_good_looks(researcher_page, "glossary")
    researcher_page.get_by_role("link", name="EC space", exact=True).last.click()
    expect(researcher_page.get_by_role("heading", level=1)).to_contain_text("EC space")
