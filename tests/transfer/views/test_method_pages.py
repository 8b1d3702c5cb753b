"""The pages of methods, and the links to them."""

from __future__ import annotations

from dataclasses import fields

import pytest
from django.urls import reverse

from tests.width import expect_fits
from transfer.methods import METHODS
from transfer.methods.cards import method_card

LIST = "/transfer/methods/"


def test_they_ask_for_a_login(client, db) -> None:
    for address in (LIST, f"{LIST}gatys/", f"{LIST}nothing/"):
        assert client.get(address).url.startswith(reverse("login"))


def test_the_list_links_every_method(researcher) -> None:
    page = researcher.get(LIST).content.decode()
    for key in METHODS:
        assert f'href="{reverse("transfer:method", args=[key])}"' in page


@pytest.mark.parametrize("key", METHODS)
def test_a_page_shows_the_card(researcher, key: str) -> None:
    response = researcher.get(reverse("transfer:method", args=[key]))
    page = response.content.decode()
    assert response.status_code == 200
    assert METHODS[key].name in page
    for heading in ("When to use it", "Known failure", "Cost", "Place in the EC space"):
        assert heading in page
    assert (f"/static/transfer/methods/{key}.jpg" in page) == bool(method_card(key).example)
    for name in (field.name for field in fields(METHODS[key].parameters)):
        assert f"<code>{name}</code>" in page


def test_an_unknown_method_is_not_found(researcher) -> None:
    assert researcher.get(f"{LIST}gatis/").status_code == 404


def test_forms_and_galleries_link_the_cards(researcher, engine, batch) -> None:
    card = f'href="{reverse("transfer:method", args=["gatys"])}"'
    made = batch()
    addresses = [
        reverse("transfer:launch"),
        made.get_absolute_url(),
        made.stimuli.first().get_absolute_url(),
    ]
    for address in addresses:
        assert card in researcher.get(address).content.decode(), address
    for address in (reverse("transfer:launch"), reverse("transfer:batches")):
        assert f'href="{LIST}"' in researcher.get(address).content.decode()


def test_imported_stimuli_are_no_methods_of_ours(researcher, batch) -> None:
    made = batch(imported=True)
    page = researcher.get(made.get_absolute_url()).content.decode()
    assert f"{LIST}gatys/" not in page
    page = researcher.get(made.stimuli.first().get_absolute_url()).content.decode()
    assert f"{LIST}gatys/" not in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["gatys", "ift", "mmd"])
def test_no_page_is_wider_than_a_phone(researcher_page, live_server, key: str) -> None:
    researcher_page.set_viewport_size({"width": 390, "height": 844})
    for address in (LIST, reverse("transfer:method", args=[key])):
        researcher_page.goto(f"{live_server}{address}")
        expect_fits(researcher_page, 390)
