"""Progress of a study towards the votes that it wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.models import Cohort, Participant, TrialOutcome

if TYPE_CHECKING:
    from studies.models import Study


@dataclass(frozen=True)
class StudyProgress:
    """Votes and people of a study, so far and wanted. Excluded sessions count for neither."""

    votes: int
    votes_wanted: int
    finished: int
    """People who finished, and whose votes count."""
    people_wanted: int
    present: int
    """People who answer at the moment."""
    replaced: int
    """People whose votes do not count, so that others take their places."""

    @property
    def percent(self) -> int:
        """The share of the votes that is stored; 0 for a draft."""
        return round(100 * self.votes / self.votes_wanted) if self.votes_wanted else 0


def progress_of(study: Study) -> StudyProgress:
    """The progress of a study among people."""
    assignments = study.assignments.filter(cohort=Cohort.PEOPLE)
    people = study.participants.filter(cohort=Cohort.PEOPLE)
    states = Participant.State
    present = people.present(Cohort.PEOPLE)
    return StudyProgress(
        votes=assignments.filter(trial__outcome=TrialOutcome.VOTED).count(),
        votes_wanted=assignments.count(),
        finished=present.filter(state=states.FINISHED).count(),
        people_wanted=study.participant_target,
        present=present.filter(state=states.ACTIVE).count(),
        replaced=people.exclude(excluded="").exclude(state=states.SCREENED_OUT).count(),
    )
