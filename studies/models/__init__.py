"""The records of studies: studies, their plan, participants, trials and votes."""

from studies.models.assignments import Pair, Slot
from studies.models.choices import Choice, Cohort, Outcome, TrialKind
from studies.models.consent import ConsentText
from studies.models.participant import Participant
from studies.models.study import Study
from studies.models.trial import Trial, Vote

__all__ = [
    "Choice",
    "Cohort",
    "ConsentText",
    "Outcome",
    "Pair",
    "Participant",
    "Slot",
    "Study",
    "Trial",
    "TrialKind",
    "Vote",
]
