"""Screen requirements before consent: admission, request for another window, exit with a code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from common.errors import InputError
from studies.models import Participant, Trial, Vote
from studies.planning.opening import open_study
from studies.rules.screen_requirements import ScreenRequirements
from studies.sessions.enrolment import has_room
from tests.studies.session import PHONE, WIDE, answer, begin, ready

PHONE_SCREEN = {"width": 390, "height": 844, "pixel_ratio": 3, "orientation": "portrait"}


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        (ScreenRequirements(), ""),
        (ScreenRequirements(least_width=390, least_height=844, least_pixel_ratio=3), ""),
        (ScreenRequirements(least_width=391), "window too narrow"),
        (ScreenRequirements(least_width=391, stack=True), ""),
        (ScreenRequirements(least_height=845, stack=True), "window too low"),
        (ScreenRequirements(least_pixel_ratio=3.5), "too few pixels"),
        (ScreenRequirements(orientation="portrait"), ""),
        (ScreenRequirements(orientation="landscape"), "wrong orientation"),
    ],
)
def test_it_refuses_by_the_first_requirement_that_a_window_fails(gates, said):
    assert gates.refusal(PHONE_SCREEN) == said
    assert gates.refusal({}) == ""  # unknown properties meet every requirement


@given(st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 4000))
def test_a_larger_window_is_never_refused_if_a_smaller_one_is_admitted(least, width, more):
    gates = ScreenRequirements(least_width=least)
    if not gates.refusal({"width": width}):
        assert not gates.refusal({"width": width + more})


@pytest.mark.parametrize(
    "declared",
    [
        {"width": 1},
        {"least_width": -1},
        {"least_width": 1.5},
        {"least_width": True},
        {"stack": 1},
        {"least_pixel_ratio": "2"},
        {"least_pixel_ratio": float("nan")},
        {"orientation": "sideways"},
    ],
)
def test_it_refuses_unknown_requirements(declared):
    with pytest.raises(InputError):
        ScreenRequirements.of(declared)


def test_it_declares_only_requirements_in_force():
    declared = {"least_width": 900, "orientation": "landscape"}
    assert ScreenRequirements.of({**declared, "stack": False}).declared() == declared


@pytest.fixture
def gated(live_server, draft):
    """Make an open study of four trials with screen requirements."""

    def make(**gates: object):
        study = draft(
            trials_per_participant=4, required_screen=gates, codes={"screened_out": "SCR33N"}
        )
        open_study(study)
        return study

    return make


BROWSER = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def browser(test):
    for mark in BROWSER:
        test = mark(test)
    return test


@browser
def test_it_asks_for_a_larger_window_and_continues_automatically(page, live_server, gated):
    study = gated(least_width=1000, least_height=700)
    page.set_viewport_size({"width": 640, "height": 500})
    page.goto(f"{live_server}{study.entry_url}")
    expect(page.get_by_role("heading")).to_have_text("This window is too small")
    expect(page.get_by_text("at least 1000 × 700 pixels; this one has 640 × 500")).to_be_visible()
    expect(page.get_by_role("button", name="Begin")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("heading")).to_have_text("Comparing pictures")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    ready(page, 0)
    screen = Participant.objects.get().screen
    assert (screen["width"], screen["height"], screen["pixel_ratio"]) == (1280, 800, 1)
    assert screen["orientation"] == "landscape"


@browser
def test_participants_without_a_larger_screen_leave_with_a_code(page, live_server, gated):
    study = gated(least_width=1000)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(f"{live_server}{study.entry_url}")
    page.get_by_role("button", name="I cannot do that").click()
    expect(page.get_by_text("SCR33N")).to_be_visible()
    turned_away = Participant.objects.get()
    assert (turned_away.state, turned_away.excluded) == ("turned away", "window too narrow")
    assert turned_away.screen["width"] == PHONE[0]
    assert not Trial.objects.exists()
    assert has_room(study) and study.participants.present("people").count() == 0


@browser
@pytest.mark.parametrize(
    ("gates", "asks"),
    [({"orientation": "landscape"}, "Please turn"), ({"least_pixel_ratio": 2}, "Please zoom in")],
)
def test_it_asks_for_another_orientation_or_resolution(page, live_server, gated, gates, asks):
    study = gated(**gates)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(f"{live_server}{study.entry_url}")
    expect(page.get_by_role("heading")).to_contain_text(asks)
    expect(page.get_by_role("checkbox")).to_be_hidden()


@browser
def test_it_stacks_the_pictures_in_a_narrow_window_if_allowed(page, live_server, gated):
    begin(page, live_server, gated(least_width=1000, stack=True))
    for (width, height), layout in ((WIDE, "beside"), ((900, 1000), "stacked"), (PHONE, "stacked")):
        page.set_viewport_size({"width": width, "height": height})
        left, right = (page.locator(f"button[value={side}] img") for side in ("left", "right"))
        expect(page.locator(".stage.stacked")).to_have_count(1 if layout == "stacked" else 0)
        left, right = left.bounding_box(), right.bounding_box()
        assert (left["x"] == right["x"]) is (layout == "stacked")
        assert (left["width"], left["height"]) == (right["width"], right["height"])
    answer(page, "Left")
    ready(page, 1)
    vote = Vote.objects.get()
    assert vote.screen == {"width": 390, "height": 844, "pixel_ratio": 1, "layout": "stacked"}
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    answer(page, "Left")
    ready(page, 2)
    assert Vote.objects.last().screen["layout"] == "beside"
