"""Templates for new studies: values of the form that suit a purpose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Values of the form of a study. Fields that it does not name keep theirs."""

    key: str
    label: str
    purpose: str
    values: Mapping[str, str | int | bool]

    @property
    def as_json(self) -> str:
        """The values for the script of the form."""
        return json.dumps(dict(self.values))


PRESETS = (
    Preset(
        "pilot",
        "Quick pilot",
        "A few colleagues and short sessions without control trials, to try pictures and question.",
        {
            "recruiter": "link",
            "trials_per_participant": 8,
            "participant_target": 6,
            "votes_per_pair": 4,
            "training": 1,
            "gold": 0,
            "traps": 0,
            "repeats": 0,
            "break_every": 0,
        },
    ),
    Preset(
        "paper",
        "The paper’s E-test",
        "The question of Yeh et al. 2020 with a forced choice: which of two stimuli of one style "
        "carries it better? The numbers of people and votes are ours: the paper states none.",
        {
            "kind": "E",
            "scope": "both",
            "ties_allowed": False,
            "design": "balanced",
            "trials_per_participant": 40,
            "participant_target": 40,
            "votes_per_pair": 4,
            "training": 5,
            "gold": 1,
            "traps": 1,
            "repeats": 4,
        },
    ),
    Preset(
        "prolific",
        "Prolific study",
        "Ids and return by Prolific, one gold trial and one attention check a session (ITU-T "
        "P.808), breaks, and a pause when pictures fail. Prolific’s codes go into step 3.",
        {
            "recruiter": "prolific",
            "returning": "resume",
            "trials_per_participant": 40,
            "participant_target": 40,
            "votes_per_pair": 4,
            "training": 5,
            "gold": 1,
            "traps": 1,
            "repeats": 4,
            "break_every": 20,
            "pause_not_loaded_percent": 20,
        },
    ),
)
"""Every template, in the order of the page."""


def preset(key: str) -> Preset | None:
    """The template with a key; None if there is none."""
    return next((one for one in PRESETS if one.key == key), None)
