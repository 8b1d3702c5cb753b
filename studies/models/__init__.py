"""Tables of studies: studies, pairs, assignments, participants, trials and votes."""

from studies.models.assignments import Assignment, Pair
from studies.models.choices import Choice, Cohort, TrialKind, TrialOutcome
from studies.models.consent import ConsentText
from studies.models.participant import Participant
from studies.models.study import Study
from studies.models.trial import Trial, Vote

__all__ = [
    "Assignment",
    "Choice",
    "Cohort",
    "ConsentText",
    "Pair",
    "Participant",
    "Study",
    "Trial",
    "TrialKind",
    "TrialOutcome",
    "Vote",
]
