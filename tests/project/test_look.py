"""The appearance of pages: computed contrast, and layout in Chromium."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from playwright.sync_api import Page, expect

from tests.project.source import ROOT
from tests.project.test_login import pages
from tests.width import expect_fits

PAIRS = [
    ("text", "page"),
    ("text", "surface"),
    ("text", "raised"),
    ("muted", "page"),
    ("muted", "surface"),
    ("muted", "raised"),
    ("accent", "page"),
    ("accent", "surface"),
    ("accent-strong", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("bad", "surface"),
    ("text", "good-soft"),
    ("text", "warn-soft"),
    ("text", "bad-soft"),
]
"""Every text colour with every background that it is used on."""

SMALL = "main a.button, main button, main input:not([type=hidden]), main select, nav a, header a"


def palettes() -> list[dict[str, str]]:
    """The colours of the light and of the dark scheme."""
    style = (ROOT / "static" / "site.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2), 1 … 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_it_has_readable_contrast_in_both_schemes(text: str, ground: str) -> None:
    light, dark = palettes()
    for palette in (light, dark):
        assert contrast(palette[text], palette[ground]) >= 4.5


def test_it_has_fields_that_can_be_seen() -> None:
    for palette in palettes():
        assert contrast(palette["field"], palette["surface"]) >= 3


def plain_pages(resolver: URLResolver) -> list[str]:
    """The addresses of all pages that take no argument, without downloads."""
    found = [name for name, pattern in pages(resolver) if not pattern.pattern.converters]
    wanted = [name for name in found if name != "logout" and not name.startswith("api:")]
    addresses = (reverse(name) for name in wanted)
    return [address for address in addresses if address.endswith("/")]


@pytest.mark.browser
def test_it_fits_a_phone_on_every_page(researcher_page: Page, live_server: object) -> None:
    User.objects.update(is_superuser=True)  # an owner sees every page
    researcher_page.set_viewport_size({"width": 390, "height": 844})
    addresses = plain_pages(get_resolver())
    assert reverse("home") in addresses
    for address in addresses:
        if researcher_page.request.get(f"{live_server}{address}").status == 405:
            continue  # a form is sent there, nobody opens it
        answer = researcher_page.goto(f"{live_server}{address}")
        assert answer is not None and answer.ok, address
        expect_fits(researcher_page, 390)
        small = researcher_page.evaluate(
            """(targets) => [...document.querySelectorAll(targets)]
                .filter((e) => e.checkVisibility() && !["checkbox", "radio"].includes(e.type))
                .filter((e) => e.getBoundingClientRect().height < 43.5)
                .map((e) => e.outerHTML.slice(0, 80))""",
            SMALL,
        )
        assert not small, f"{address}: {small}"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_scheme_of_the_system(page: Page, live_server: object, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{live_server}{reverse('login')}")
    shown = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ground = palettes()[scheme == "dark"]["page"]
    assert shown == f"rgb({', '.join(str(int(ground[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.browser
def test_it_can_be_used_by_keyboard(
    page: Page, live_server: object, django_user_model: type[User]
) -> None:
    django_user_model.objects.create_user("ada", password="a-long-password")
    page.goto(f"{live_server}{reverse('login')}")
    expect(page.get_by_label("Username")).to_be_focused()  # autofocus comes a moment after loading
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type("a-long-password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_it_marks_the_page_that_is_open(researcher: Client) -> None:
    page = researcher.get(reverse("transfer:pictures")).content.decode()
    current = re.findall(r'<a href="([^"]+)" aria-current="page">', page)
    assert current == [reverse("transfer:pictures")]
