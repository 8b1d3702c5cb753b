"""The page of tokens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from config.accounts.forms import MOST_TOKENS
from config.accounts.models import AccessToken
from tests.looks import expect_good_looks

PAGE = "/account/tokens/"


def test_it_shows_a_token_once(researcher):
    answer = researcher.post(PAGE, {"name": "notebook"})
    (secret,) = set(re.findall(r"ecspace_[\w-]{20,}", answer.content.decode()))
    assert "no-store" in answer["Cache-Control"]
    assert AccessToken.objects.used(secret).name == "notebook"
    again = researcher.get(PAGE).content.decode()
    assert "notebook" in again and secret not in again and secret[:12] in again


def test_it_refuses_a_name_in_use_and_too_many_tokens(researcher):
    researcher.post(PAGE, {"name": "notebook"})
    assert "of this name" in researcher.post(PAGE, {"name": "notebook"}).content.decode()
    user = AccessToken.objects.get().user_id
    for number in range(MOST_TOKENS - 1):
        AccessToken.objects.issue(user, str(number))
    assert "revoke one first" in researcher.post(PAGE, {"name": "more"}).content.decode()
    assert AccessToken.objects.count() == MOST_TOKENS


def test_it_revokes_own_tokens_only(researcher, django_user_model):
    grace = django_user_model.objects.create_user("grace")
    other, secret = AccessToken.objects.issue(grace.pk, "hers")
    assert researcher.post(f"{PAGE}{other.pk}/revoke/").status_code == 404
    assert AccessToken.objects.used(secret)
    assert "hers" not in researcher.get(PAGE).content.decode()
    researcher.post(PAGE, {"name": "mine"})
    researcher.post(f"{PAGE}{AccessToken.objects.get(name='mine').pk}/revoke/")
    assert not AccessToken.objects.filter(name="mine").exists()


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_it_makes_and_revokes_a_token_in_the_browser(researcher_page, live_server):
    page = researcher_page
    page.goto(f"{live_server}/")
    page.get_by_role("link", name="ada").click()
    page.get_by_role("link", name="Tokens for programs").click()
    page.get_by_label("Name").fill("notebook on the server of the lab")
    page.get_by_role("button", name="Make token").click()
    expect(page.locator(".secret")).to_contain_text("ecspace_")
    expect_good_looks(page, "tokens")
    page.get_by_role("button", name="Revoke notebook").click()
    expect(page.get_by_text("You have no token")).to_be_visible()
