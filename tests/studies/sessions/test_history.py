"""The history of a session, and the side of the next trial."""

from __future__ import annotations

import pytest

from studies.models.choices import TrialOutcome
from studies.sessions.history import History, side_in_surplus

VOTED, WAITS, FAILED = TrialOutcome.VOTED, TrialOutcome.WAITING, TrialOutcome.COULD_NOT_LOAD


def past(*outcomes: str, kind: str = "real") -> History:
    """Trials of pairs 10, 20 … with these outcomes, all with their first stimulus on the left."""
    return History((i, 10 * i, True, kind, one) for i, one in enumerate(outcomes, start=1))


def test_an_empty_history():
    empty = History([])
    assert (empty.answered, empty.waits, empty.next_position, empty.seen) == (0, False, 1, [])
    assert empty.side_due is None and not empty.pictures_fail


def test_it_counts_answers_and_knows_every_pair_that_was_shown():
    some = past(VOTED, FAILED, VOTED, WAITS)
    assert (some.answered, some.waits, some.next_position) == (2, True, 5)
    assert some.seen == [10, 20, 30, 40]
    assert History([(1, None, None, "gold", VOTED)]).seen == []


@pytest.mark.parametrize(
    ("outcomes", "fail"),
    [
        ((FAILED, FAILED), False),
        ((FAILED, FAILED, FAILED), True),
        ((FAILED, FAILED, FAILED, WAITS), False),
        ((VOTED, FAILED, FAILED, FAILED), True),
        ((FAILED, FAILED, VOTED, FAILED), False),
    ],
)
def test_it_stops_after_three_consecutive_load_failures(outcomes, fail):
    assert past(*outcomes).pictures_fail is fail


def test_only_answered_real_trials_count_for_the_side():
    assert past(VOTED).side_due is False  # left was shown more often, so right is due
    assert past(FAILED).side_due is None
    assert past(VOTED, kind="training").side_due is None


@pytest.mark.parametrize(
    ("left", "right", "side"),
    [(0, 0, None), (5, 4, None), (6, 4, None), (7, 4, True), (4, 7, False)],
)
def test_a_side_is_in_surplus_only_by_a_clear_margin(left, right, side):
    assert side_in_surplus([True] * left + [False] * right) is side
