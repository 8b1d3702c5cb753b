"""Progress in words: images, images per hour, time left."""

from __future__ import annotations

from io import StringIO

import pytest

from common.progress import Meter, duration, rate


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (11_100, "3 h 5 min")],
)
def test_durations_have_two_units_at_most(seconds, text):
    assert duration(seconds) == text


def test_the_rate_counts_what_was_made():
    assert rate(10, 5, 100.0) == "360 images/hour, 50 s left"
    assert rate(0, 5, 100.0) == "no image yet"
    assert rate(0, 0, 1.0) == "nothing left to do"


def test_without_a_terminal_it_writes_plain_lines():
    stream = StringIO()
    with Meter(4, 1, stream) as meter:
        meter.step(1, 10)
        meter.update(1)
        meter.update(3)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("3 of 4 images, ")
    assert "\r" not in line


def test_on_a_terminal_it_draws_a_bar():
    stream = Terminal()
    with Meter(4, 0, stream) as meter:
        meter.step(3, 10)
        meter.update(2)
    assert "step 3/10" in stream.getvalue()
    assert "2/4 images" in stream.getvalue()


def test_each_task_restarts_the_count():
    stream = StringIO()
    with Meter(stream=stream, unit="picture") as meter:
        meter.report("E", 1, 2)
        meter.report("E", 2, 2)
        meter.report("C", 1, 2)
    tasks = [line.split(",")[0] for line in stream.getvalue().splitlines()]
    assert tasks == ["E: 1 of 2 pictures", "E: 2 of 2 pictures", "C: 1 of 2 pictures"]


def test_it_writes_few_lines_but_always_the_last():
    stream = StringIO()
    with Meter(3, stream=stream, unit="step", every=60) as meter:
        for done in (1, 2, 3):
            meter.update(done)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("3 of 3 steps, ")


def test_a_fast_rate_is_given_per_second():
    assert rate(100, 50, 5.0, "step") == "20 steps/s, 2 s left"


def test_a_task_with_finished_items_is_timed_from_the_previous_report(monkeypatch):
    now = 100.0
    monkeypatch.setattr("common.progress.time.monotonic", lambda: now)
    stream = StringIO()
    with Meter(stream=stream, unit="picture") as meter:
        now = 110.0
        meter.report("E", 1, 2)
        now = 130.0
        meter.report("C", 1, 1)
    first, second = stream.getvalue().splitlines()
    assert first == "E: 1 of 2 pictures, 360 pictures/hour, 10 s left"
    assert second == "C: 1 of 1 pictures, 180 pictures/hour, 0 s left"
