"""Session rules: control trials, exclusions, breaks and pauses, declared before a study opens.

They are stored as JSON with the study and fixed when it opens. Every participant carries their
version: that of this module and that of the study's declaration, as in "1.3". Failing a control
trial excludes data; it never decides about payment, and no row is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from studies.rules.declaration import Declaration

VERSION = 1
"""Version of the meaning of the rules: raise it whenever `exclusion` judges differently."""


def _rule(label: str, help_text: str, *, alias: str | None = None) -> Any:
    return Field(
        0,
        ge=0,
        alias=alias,
        title=label,
        description=help_text,
        json_schema_extra={"use": "a whole number of at least 0"},
    )


def _switch(label: str, help_text: str) -> Any:
    return Field(
        False, title=label, description=help_text, json_schema_extra={"use": "true or false"}
    )


class SessionRules(Declaration):
    """Composition of a session, and when its data are excluded. 0 turns a rule off.

    Title and description of a field are its label and help in the form of a study.
    """

    noun: ClassVar[str] = "rule"

    training: int = _rule("Training trials", "They come first and are never analysed.")
    """Trials at the start that make participants familiar with the question."""
    gold: int = _rule("Gold trials", "One of the two pictures belongs to another reference.")
    """Trials with an obvious answer: one picture belongs to another reference."""
    gold_misses: int = _rule("Gold trials that may be missed", "More misses exclude the session.")
    """Wrong answers to gold trials that are tolerated."""
    attention_checks: int = _rule(
        "Attention checks", "Trials that say which picture to choose.", alias="traps"
    )
    """Trials that say which picture to choose."""
    attention_check_misses: int = _rule(
        "Attention checks that may be missed", "More misses exclude the session.",
        alias="trap_misses",
    )  # fmt: skip
    """Wrong answers to attention checks that are tolerated."""
    repeats: int = _rule("Repeats", "Pairs shown again, sides swapped, to measure consistency.")
    """Real trials shown a second time with sides swapped, to measure self-consistency."""
    fastest_median_ms: int = _rule(
        "Fastest median response, ms", "Faster sessions are excluded; 0: none."
    )
    """Sessions with a shorter median response time are excluded."""
    break_every: int = _rule("A break after every … questions", "0: no break.")
    """Number of answers between two breaks."""
    pause_not_loaded_percent: int = _rule(
        "Pause when more than … % of trials fail to load", "Of the latest 50 trials; 0: never."
    )
    """The study pauses when more of the latest trials could not load their pictures."""
    pause_gold_missed_percent: int = _rule(
        "Pause when more than … % of gold trials are missed", "Of the latest 50; 0: never."
    )
    """The study pauses when more of the latest gold trials were missed."""

    instructions: bool = _switch(
        "Instructions with an example",
        "A page before the first trial, with the study’s own pictures.",
    )
    """A page before the first trial explains the question with an example."""
    feedback: bool = _switch(
        "Practice with feedback",
        "In training trials one picture belongs to another reference, and the answer is shown.",
    )
    """Training trials have an obvious answer, which is shown after the participant's own."""
    change_last: bool = _switch(
        "Participants may change their last answer", "The earlier answer stays on record."
    )
    """The answer to the trial before the current one may be changed."""
    ask_age: bool = _switch("Ask for the age group", "At the end, never required.")
    ask_vision: bool = _switch("Ask about eyesight", "At the end, never required.")
    ask_comment: bool = _switch(
        "Ask for a comment", "At the end, never required; deleted 90 days after the study closed."
    )

    @property
    def questionnaire(self) -> tuple[str, ...]:
        """The questions after the last trial: any of age, vision and comment."""
        names = ("age", "vision", "comment")
        return tuple(name for name in names if getattr(self, f"ask_{name}"))

    @property
    def pairs_for_training(self) -> int:
        """The number of pairs that training takes from a participant's real trials.

        Practice with feedback needs none of them: it shows pairs that no real trial asks about.
        """
        return 0 if self.feedback else self.training

    @property
    def controls(self) -> int:
        """The number of trials in a session that are not real."""
        return self.training + self.gold + self.attention_checks + self.repeats


@dataclass(frozen=True)
class SessionRecord:
    """The properties of a session that exclusions depend on."""

    gold_wrong: int
    attention_checks_wrong: int
    median_ms: float | None


MISSED_ATTENTION_CHECKS = "missed traps"
"""The reason under which it is stored and exported."""


def exclusion(rules: SessionRules, record: SessionRecord) -> str:
    """The reason why a session is excluded, by the first rule that it fails; empty if by none."""
    if rules.attention_checks and record.attention_checks_wrong > rules.attention_check_misses:
        return MISSED_ATTENTION_CHECKS
    if rules.gold and record.gold_wrong > rules.gold_misses:
        return "missed gold trials"
    if record.median_ms is not None and record.median_ms < rules.fastest_median_ms:
        return "answered too fast"
    return ""
