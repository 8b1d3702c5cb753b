"""Every figure of the monitor against counts by hand."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from studies.exchange.export import votes_frame
from studies.models import Cohort, Participant, Trial, Vote
from studies.monitoring.pausing import thresholds
from studies.monitoring.summary import summarise
from studies.planning.opening import open_study

pytestmark = pytest.mark.django_db
AGO = timedelta(hours=2)
SHOWN = {"stimulus": "", "sha256": ""}
SNAPSHOT = {
    "left": SHOWN, "right": SHOWN, "question": {"version": 1}, "rule": {"name": "x", "version": 1}
}  # fmt: skip


def person(study, *trials, **fields):
    """A participant with trials: (kind, pair, choice, milliseconds, further fields)."""
    who = Participant.objects.create(study=study, rules_version="1.1", **fields)
    for position, (kind, pair, choice, ms, *more) in enumerate(trials, 1):
        known = dict(*more)
        late = known.pop("late", "")
        trial = Trial.objects.create(
            participant=who, position=position, kind=kind, pair=pair,
            reference=pair.reference, left=pair.first, right=pair.second,
            outcome="voted" if choice else "could not load", lease_until=timezone.now(),
            snapshot=SNAPSHOT, **{"first_left": True, **known},
        )  # fmt: skip
        if choice:
            Vote.objects.create(
                trial=trial, choice=choice, response_ms=ms, excluded=late, client_uuid=uuid.uuid4()
            )
    return who


@pytest.fixture
def told(draft):
    """Five people, a pilot participant, and a simulated one."""
    study = draft(
        votes_per_pair=2,
        ties_allowed=True,
        rules={"gold": 1, "traps": 1, "pause_not_loaded_percent": 40},
    )
    open_study(study)
    a, b, c, d = study.pairs.order_by("pk")[:4]
    right, left = {"expected": "right"}, {"expected": "left"}
    person(study,
           ("real", a, "left", 900), ("real", b, "left", 1100), ("real", c, "right", 700),
           ("gold", a, "right", 100, right), ("trap", a, "left", 100, left),
           ("repeat", a, "right", 100, {"first_left": False}),  # the same stimulus again
           ("repeat", b, "right", 100),  # the other one
           state="finished")  # fmt: skip
    person(study,
           ("real", a, "left", 2000), ("real", b, "tie", 3000), ("real", c, "", None),
           ("gold", b, "left", 100, left),
           state="finished")  # fmt: skip
    person(study,
           ("real", a, "right", 10), ("real", d, "right", 10), ("gold", a, "right", 10, left),
           state="finished", excluded="missed gold trials")  # fmt: skip
    person(study, ("real", a, "left", 1300, {"late": "late"}), ("real", d, "left", None))
    person(study, ("real", c, "right", 1500), ("real", a, "", None), last_seen=timezone.now() - AGO)
    person(study, ("real", b, "left", 1), ("gold", b, "left", 1, right), cohort=Cohort.PILOT)
    person(study, ("real", b, "right", 2), cohort=Cohort.SIMULATED, state="finished")
    return study


def test_its_counts_are_those_made_by_hand(told):
    seen = summarise(told)
    # a: 2 votes that count, b: 2, c: 2, d: 1; the other 8 of 12 pairs none.
    assert seen.votes_by_pair == {0: 8, 1: 1, 2: 3}
    assert seen.dropout_by_trial == {1: 1}
    # 700 900 1100 1500 2000 3000; one vote has no time.
    assert seen.median_ms == 1300
    assert seen.left[0] == pytest.approx(4 / 6)  # left of a, b, a, d; right of c, c; one tie
    assert seen.gold_passed[0] == pytest.approx(2 / 3)
    assert seen.attention_checks_passed[0] == 1
    assert seen.repeats_agreed[0] == 1 / 2
    assert seen.not_loaded[0] == pytest.approx(2 / 18)  # 7 + 3 + 3 + 2 + 1 answers, 2 failures
    assert seen.excluded == {"missed gold trials": 1}
    assert seen.dropped == {"late": 1, "missed gold trials": 2}
    assert seen.rules == {"1.1": 5}
    assert [(t.percent, t.trials, t.limit) for t in thresholds(told)] == [
        (pytest.approx(100 * 2 / 18), 18, 40),
        (pytest.approx(100 / 3), 3, 0),
    ]


def test_it_excludes_the_votes_that_the_export_excludes(told):
    table = votes_frame([told])
    people = table[(table["kind"] == "real") & ~table["simulated"] & (table["excluded"] != "pilot")]
    left_out = people.loc[people["excluded"] != "", "excluded"]
    assert dict(Counter(left_out)) == summarise(told).dropped


def test_it_keeps_the_cohorts_apart(told):
    assert summarise(told, Cohort.SIMULATED).votes_by_pair == {0: 11, 1: 1}
    assert summarise(told, Cohort.SIMULATED).left[0] == 0
    assert summarise(told, Cohort.PILOT).gold_passed[0] == 0


def test_it_counts_at_every_request(told):
    Vote.objects.filter(excluded="late").update(excluded="")
    Participant.objects.update(last_seen=timezone.now())
    seen = summarise(told)
    assert seen.votes_by_pair == {0: 8, 1: 1, 2: 2, 3: 1}
    assert seen.dropped == {"missed gold trials": 2}
    assert seen.dropout_by_trial == {}


def test_it_shows_the_rules_and_their_exclusions(told, researcher):
    page = researcher.get(f"/studies/{told.pk}/monitor/").content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert "Version 1.1, fixed when the study opened. 5 sessions with version 1.1." in text
    assert "late 1 missed gold trials 2" in text
    assert "11&nbsp;% of the latest 18 trials could not load their pictures;" in text
    assert "the study pauses above 40&nbsp;%." in text
    assert "33&nbsp;% of the latest 3 gold trials were missed; no limit." in text


@pytest.mark.browser
def test_it_fits_desktops_and_phones(told, window, researcher_page, live_server):
    from tests.width import expect_fits

    window.goto(f"{live_server}/studies/{told.pk}/monitor/")
    window.get_by_role("heading", name="Excluded").wait_for()
    expect_fits(window, window.viewport_size["width"])
