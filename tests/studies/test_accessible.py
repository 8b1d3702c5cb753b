"""The pages of a session, and the researcher's, for those who see, hear or point otherwise."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import AXE
from tests.studies.session import answer, ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TARGETS = "a[href], button:enabled, label.agree, input:not([type=hidden], [type=checkbox]), select"


@pytest.fixture
def every_page(live_server, draft):
    """Lead a window through every page of a session, and call `look` on each."""

    def lead(page: Page, look) -> None:
        study = draft(trials_per_participant=2, ties_allowed=True, rules={"break_every": 1},
                      gates={"least_width": 380})  # fmt: skip
        study.open()
        size = page.viewport_size
        page.goto(f"{live_server}{study.entry_url}")
        look(page, "consent")
        page.set_viewport_size({"width": 370, "height": 700})
        expect(page.get_by_role("heading")).to_have_text("This window is too small")
        look(page, "gate")
        page.set_viewport_size(size)
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Begin").click()
        ready(page, 0)
        look(page, "trial")
        page.get_by_role("link", name="Stop").click()
        expect(page.get_by_role("heading")).to_have_text("Do you want to stop?")
        look(page, "stop")
        page.get_by_role("link", name="Back to the questions").click()
        ready(page, 0)
        answer(page, "Left")
        expect(page.get_by_role("heading")).to_have_text("Time for a short rest")
        look(page, "break")
        page.get_by_role("button", name="Go on").click()
        ready(page, 1)
        answer(page, "Right")
        expect(page.get_by_role("heading")).to_have_text("Thank you!")
        look(page, "finish")
        study.close()
        page.context.clear_cookies()
        page.goto(f"{live_server}{study.entry_url}")
        look(page, "away")

    return lead


def expect_no_violations(page: Page, name: str) -> None:
    """Fail on every finding of axe-core that is serious or critical."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run().then((result) => result.violations)")
    assert page.evaluate("axe.run().then((result) => result.passes.length)") > 5
    grave = [
        f"{name}: {v['id']}: {v['nodes'][0]['html']}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert not grave


@pytest.mark.axe
def test_it_has_no_serious_finding_of_axe_on_participants_pages(window, every_page):
    every_page(window, expect_no_violations)


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


def test_it_has_targets_that_fingers_hit(window, every_page):
    def look(page: Page, name: str) -> None:
        small = page.evaluate(
            """(targets) => [...document.querySelectorAll(targets)]
                .filter((e) => e.checkVisibility())
                .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
                .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
                .map(([html, box]) => `${html} ${box.width} × ${box.height}`)""",
            TARGETS,
        )
        assert not small, f"{name}: {small}"

    every_page(window, look)


def test_it_shows_where_the_focus_is(window, every_page):
    def look(page: Page, name: str) -> None:
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
        assert reached or name in ("finish", "away")

    every_page(window, look)


def test_it_names_pictures_without_telling_anything(window, every_page):
    names: set[str] = set()

    def look(page: Page, name: str) -> None:
        if name == "trial":
            names.update(page.locator("img").evaluate_all("all => all.map((i) => i.alt)"))
            names.update(
                page.locator(".answer").evaluate_all(
                    "all => all.map((b) => b.ariaLabel || b.innerText)"
                )
            )

    every_page(window, look)
    assert names == {
        "The picture that gives the style", "", "Left picture", "Right picture", "No difference"
    }  # fmt: skip
