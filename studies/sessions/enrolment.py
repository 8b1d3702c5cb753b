"""Enrolment and resumption: who begins a session, and who continues an earlier one."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from studies.design.session import trial_kinds
from studies.models import Cohort, Participant, Study, TrialKind, TrialOutcome
from studies.models.tokens import hashed
from studies.planning.allocation import ensure_assignments
from studies.sessions.errors import BegunError, FullError, NotOpenError, UnprovenError
from studies.sessions.finishing import exclude


@transaction.atomic
def enrol(
    study: Study,
    external_id: str = "",
    known: Participant | None = None,
    *,
    external_study: str = "",
    external_session: str = "",
    signed: bool = False,
    **details: Any,
) -> Participant:
    """Begin a session for a person who has just consented, or return the earlier one.

    Args:
        study: the study to take part in.
        external_id: an id that identifies the person elsewhere; it is stored hashed.
        known: the session that the person's browser remembers.
        external_study: the id of the study on the recruitment service.
        external_session: the person's submission there; it is stored hashed.
        signed: whether the recruitment service has signed the id, which shows whose it is.
        details: further fields of the participant.

    Returns:
        The participant; in the state SCREENED_OUT where the window fails a requirement.

    Raises:
        NotOpenError: the study is not open.
        FullError: every place is taken.
        BegunError: the person began before, and the study refuses returning participants.
        UnprovenError: a session has begun with the id, in another browser and for another
            submission: an id alone, which others may know, gives no access to a session.

    """
    # The lock counts people who arrive together one after the other.
    study = Study.objects.select_for_update().get(pk=study.pk)
    cohort = details.setdefault("cohort", Cohort.PEOPLE)
    if refusal := study.screen_requirements.refusal(details.get("screen", {})):
        return record_screen_out(study, refusal, **details)
    if digest := _digest(external_id):
        earlier = study.participants.filter(external_id=digest).first()
        if not signed:
            _check_owner(earlier, known, _digest(external_session))
        known = earlier
    if known is not None and not _begins_anew(known):
        _update_submission(known, external_study, _digest(external_session))
        return known
    pilot = cohort == Cohort.PILOT
    if study.state != study.State.OPEN or (study.paused_because and not pilot):
        raise NotOpenError
    if cohort == Cohort.PEOPLE and not has_room(study):
        raise FullError
    if cohort != Cohort.PEOPLE:
        _provide_assignments(study, cohort)
    participant = Participant(
        study=study,
        external_id=digest,
        external_study=external_study,
        external_session=_digest(external_session),
        consent_version=study.consent.version,
        consented_at=timezone.now(),
        rules_version=study.rules_in_force,
        **details,
    )
    if not participant.trial_kinds:
        rules = study.session_rules
        participant.trial_kinds = trial_kinds(
            study.trials_per_participant,
            training=rules.training,
            gold=rules.gold,
            attention_checks=rules.attention_checks,
            repeats=rules.repeats,
            generator=np.random.default_rng(participant.public_id.int),
        )
    participant.save()
    if known is not None:
        known.replaced_by = participant
        known.save(update_fields=["replaced_by"])
    return participant


def record_screen_out(study: Study, refusal: str, **details: Any) -> Participant:
    """Record a screened-out participant, for the counts of the monitor."""
    state = Participant.State.SCREENED_OUT
    return Participant.objects.create(study=study, state=state, excluded=refusal, **details)


def admits(study: Study) -> bool:
    """Whether one more person could begin now."""
    return study.state == study.State.OPEN and not study.paused_because and has_room(study)


def has_room(study: Study) -> bool:
    """Whether more votes are wanted than the present participants still owe.

    Places of participants who left, or whose votes are excluded, become free again until every
    vote that is wanted is stored.
    """
    open_votes: int = study.assignments.filter(cohort=Cohort.PEOPLE).unanswered().count()
    states = Participant.State
    here = study.participants.present(Cohort.PEOPLE).filter(state=states.ACTIVE)
    real = Q(trials__kind=TrialKind.REAL, trials__outcome=TrialOutcome.VOTED)
    given = here.aggregate(people=Count("pk", distinct=True), votes=Count("trials", filter=real))
    owed: int = given["people"] * study.trials_per_participant - given["votes"]
    return open_votes > owed


def resumes(participant: Participant) -> bool:
    """Whether a returning person continues this session, and does not begin a new one."""
    study = participant.study
    resume = study.returning == study.Returning.RESUME
    return resume or participant.state == Participant.State.FINISHED


def _provide_assignments(study: Study, cohort: str) -> None:
    """Give a cohort without a quota more free assignments than one session needs."""
    taken = study.assignments.filter(cohort=cohort).taken().count()
    ensure_assignments(study, cohort, taken + 4 * study.questions_per_person)


def _digest(external_id: str) -> str:
    return hashed(external_id) if external_id.strip() else ""


def _check_owner(
    earlier: Participant | None, remembered: Participant | None, external_session: str
) -> None:
    """Check that a session of an id is the browser's own, or that of the same submission.

    Raises:
        UnprovenError: it is neither.

    """
    if earlier is None or earlier == remembered:
        return
    if not external_session or earlier.external_session != external_session:
        raise UnprovenError


def _begins_anew(known: Participant) -> bool:
    """Whether a returning person begins a new session; their earlier one is then replaced.

    Raises:
        BegunError: the study refuses returning participants.

    """
    study = known.study
    if known.state == Participant.State.FINISHED:
        return False
    if study.returning == study.Returning.BLOCK:
        raise BegunError
    if study.returning == study.Returning.RESTART and study.state == study.State.OPEN:
        _replace(known)
        return True
    return False


def _replace(known: Participant) -> None:
    """Close a session in favour of a new one of the same person, and exclude its votes."""
    known.state = Participant.State.REPLACED
    known.external_id = known.external_session = known.external_study = ""
    exclude(known, "began anew")
    waiting = known.trials.filter(outcome=TrialOutcome.WAITING)
    waiting.update(outcome=TrialOutcome.SKIPPED)
    known.save()


def _update_submission(known: Participant, external_study: str, external_session: str) -> None:
    """Update the submission of a person who returns in mid-session with another one."""
    begun = known.state == Participant.State.ACTIVE
    if begun and external_session and external_session != known.external_session:
        known.external_study, known.external_session = external_study, external_session
        known.save(update_fields=["external_study", "external_session"])
