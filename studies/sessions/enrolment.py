"""Who may begin with a study, and who goes on where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from studies.design.session import session_plan
from studies.models.choices import Cohort, Outcome, TrialKind
from studies.models.participant import Participant
from studies.models.tokens import hashed
from studies.sessions.errors import BegunError, FullError, NotOpenError

if TYPE_CHECKING:
    from studies.models.study import Study


@transaction.atomic
def admit(
    study: Study,
    external_id: str = "",
    known: Participant | None = None,
    *,
    external_study: str = "",
    external_session: str = "",
    **details: Any,
) -> Participant:
    """Let somebody begin who has just consented; who began before goes on instead.

    Args:
        study: what they want to take part in.
        external_id: an id that names the person elsewhere; it is stored hashed.
        known: the session that their browser remembers, where they came without an id.
        external_study: the name of the study on the recruitment service.
        external_session: the person's submission there; it is stored hashed.
        details: further fields of the participant.

    Raises:
        NotOpenError: the study is not open.
        FullError: every place is taken.
        BegunError: the person began before, and the study lets nobody return.

    """
    # The lock lets people who arrive together be counted one after the other.
    study = type(study).objects.select_for_update().get(pk=study.pk)
    cohort = details.setdefault("cohort", Cohort.PEOPLE)
    if refusal := study.gate.refusal(details.get("screen", {})):
        return turn_away(study, refusal, **details)
    if digest := _digest(external_id):
        known = study.participants.filter(external_id=digest).first()
    if known is not None and not _begins_anew(known):
        known.come_again(external_study, _digest(external_session))
        return known
    pilot = cohort == Cohort.PILOT
    if study.state != study.State.OPEN or (study.paused_because and not pilot):
        raise NotOpenError
    if cohort == Cohort.PEOPLE and not has_room(study):
        raise FullError
    if cohort != Cohort.PEOPLE:
        # Only people have a quota: for others there is always more than one of them needs.
        spare = 4 * study.questions_per_person
        study.want_votes(cohort, study.slots_taken(cohort) + spare)
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
    if not participant.plan:
        rules = study.declared
        participant.plan = session_plan(
            study.trials_per_participant,
            training=rules.training,
            gold=rules.gold,
            traps=rules.traps,
            repeats=rules.repeats,
            generator=np.random.default_rng(participant.public_id.int),
        )
    participant.save()
    if known is not None:
        known.hand_over(participant)
    return participant


def turn_away(study: Study, refusal: str, **details: Any) -> Participant:
    """Leave a row of somebody whose window did not do, so that reports can count them."""
    state = Participant.State.TURNED_AWAY
    return Participant.objects.create(study=study, state=state, excluded=refusal, **details)


def _digest(external_id: str) -> str:
    return hashed(external_id) if external_id.strip() else ""


def _begins_anew(known: Participant) -> bool:
    """Whether somebody who comes back begins a new session in place of the one they have.

    Raises:
        BegunError: the study lets nobody return.

    """
    study = known.study
    if known.state == Participant.State.FINISHED:
        return False
    if study.returning == study.Returning.BLOCK:
        raise BegunError
    if study.returning == study.Returning.RESTART and study.state == study.State.OPEN:
        known.let_go("began anew")
        return True
    return False


def has_room(study: Study) -> bool:
    """Whether one more person is wanted: more votes are open than people on their way will give.

    So places of people who left, or whose votes do not count, are given again until every vote
    that is wanted is in, and never more places than that.
    """
    open_votes: int = study.slots.filter(cohort=Cohort.PEOPLE).unanswered().count()
    states = Participant.State
    here = study.participants.present(Cohort.PEOPLE).filter(state=states.ACTIVE)
    real = Q(trials__kind=TrialKind.REAL, trials__outcome=Outcome.VOTED)
    given = here.aggregate(people=Count("pk", distinct=True), votes=Count("trials", filter=real))
    owed: int = given["people"] * study.trials_per_participant - given["votes"]
    return open_votes > owed
