"""Accessibility of participants' and researchers' pages.

Every page is opened by its URL; other tests follow the links.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from studies.models import Study
from studies.planning.opening import close_study, open_study
from studies.sessions.enrolment import enrol, has_room
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_load_failure, record_vote
from tests.conftest import AXE
from tests.studies.session import PHONE, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TARGETS = "a[href], button:enabled, label.agree, input:not([type=hidden], [type=checkbox]), select"
NARROW = (370, 700)
PAGES = ("consent", "gate", "trial", "stop", "break", "not loaded", "finish", "full", "away")
Size = tuple[int, int]


@pytest.fixture
def every_page(live_server, draft) -> Callable[..., Iterator[str]]:
    """Show every page of a session in a window, one after the other; yields their names."""

    def addresses(study: Study) -> Iterator[tuple[str, str]]:
        yield "consent", study.entry_url
        yield "gate", study.entry_url
        here = enrol(study, language=study.language)
        yield "trial", here.take_url
        yield "stop", f"{here.take_url}stop/"
        record_vote(current_trial(here), "left", uuid.uuid4(), 900)
        yield "break", here.take_url
        record_vote(current_trial(here), "left", uuid.uuid4(), 900)
        yield "finish", here.take_url
        lost = enrol(study, language=study.language)
        for _ in range(3):
            record_load_failure(current_trial(lost))
        yield "not loaded", lost.take_url
        while has_room(study):
            enrol(study)
        yield "full", study.entry_url
        close_study(study)
        yield "away", study.entry_url

    def show(page: Page, size: Size, language: str = "") -> Iterator[str]:
        study = draft(trials_per_participant=2, ties_allowed=True, rules={"break_every": 1},
                      required_screen={"least_width": 380}, language=language,
                      codes={"not_loaded": "L0ST", "full": "FULL"})  # fmt: skip
        open_study(study)
        for name, address in addresses(study):
            width, height = NARROW if name == "gate" else size
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{live_server}{address}")
            if name == "trial":
                expect(page.locator(".answer").first).to_be_enabled()
            elif name == "gate":
                expect(page.locator(".refusal")).to_be_visible()
            yield name

    return show


def expect_no_violations(page: Page, name: str) -> None:
    """Fail on every finding of axe-core that is serious or critical."""
    page.evaluate(AXE.read_text())
    found, passes = page.evaluate("axe.run().then((r) => [r.violations, r.passes.length])")
    assert passes > 5
    grave = [
        f"{name}: {v['id']}: {v['nodes'][0]['html']}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert not grave


@pytest.mark.axe
@pytest.mark.parametrize(
    ("size", "language"),
    [(WIDE, ""), (PHONE, ""), (PHONE, "de"), (WIDE, "ja"), (PHONE, "he")],
    ids=["desktop", "phone", "German", "Japanese", "right-to-left"],
)
def test_it_has_no_serious_finding_of_axe_on_participants_pages(
    page, every_page, settings, size, language
):
    settings.LANGUAGES = [*settings.LANGUAGES, ("he", "Hebrew")]  # Django's own words, and English
    seen = []
    for name in every_page(page, size, language):
        expect(page.locator("html")).to_have_attribute("lang", language or "en")
        expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "he" else "ltr")
        expect_no_violations(page, name)
        seen.append(name)
    assert set(seen) == set(PAGES)


@pytest.mark.axe
def test_it_has_no_serious_finding_of_axe_on_researchers_pages(researcher_page, live_server, study):
    for address in (
        "",
        "new/",
        "planner/",
        f"{study.pk}/",
        f"{study.pk}/edit/",
        f"{study.pk}/monitor/",
    ):
        answered = researcher_page.goto(f"{live_server}/studies/{address}")
        assert answered is not None and answered.ok
        expect_no_violations(researcher_page, address)


def expect_large_targets(page: Page, name: str) -> None:
    """Fail if a control is smaller than a finger."""
    small = page.evaluate(
        """(targets) => [...document.querySelectorAll(targets)]
            .filter((e) => e.checkVisibility())
            .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
            .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
            .map(([html, box]) => `${html} ${box.width} × ${box.height}`)""",
        TARGETS,
    )
    assert not small, f"{name}: {small}"


def expect_visible_focus(page: Page, name: str) -> None:
    """Fail if an element does not show its focus."""
    reached = 0
    for _ in range(8):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
                const e = document.activeElement;
                if (!e || e === document.body) return null;
                return [e, ...e.querySelectorAll("img")]
                    .map((part) => getComputedStyle(part))
                    .some((style) => style.outlineStyle !== "none"
                        && parseFloat(style.outlineWidth) >= 2);
            }"""
        )
        if seen is None:
            break
        assert seen, f"{name}: {page.evaluate('document.activeElement.outerHTML')}"
        reached += 1
    assert reached or name in ("finish", "full", "away")


def expect_names_that_tell_nothing(page: Page) -> None:
    """Fail if a screen reader says more than the position of a picture."""
    names = page.locator("img").evaluate_all("all => all.map((i) => i.alt)")
    names += page.locator(".answer").evaluate_all(
        "all => all.map((b) => b.ariaLabel || b.innerText)"
    )
    stacked = page.locator("form.stacked").count() > 0
    sides = ("Upper picture", "Lower picture") if stacked else ("Left picture", "Right picture")
    assert sorted(names) == sorted(
        ["The picture that gives the style", "", "", *sides, "No difference"]
    )


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_targets_are_large_focus_is_visible_and_names_reveal_nothing(page, every_page, size):
    seen = []
    for name in every_page(page, size):
        expect_large_targets(page, name)
        if name == "trial":
            expect_names_that_tell_nothing(page)
        expect_visible_focus(page, name)
        seen.append(name)
    assert set(seen) == set(PAGES)
