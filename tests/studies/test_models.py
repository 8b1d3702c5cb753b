"""Studies in the database: plans, places, positions, and one vote per trial."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.errors import InputError
from studies.models import Choice, Cohort, Participant, Study, Trial, TrialOutcome, Vote
from studies.monitoring.summary import cohort_counts
from studies.planning.allocation import ensure_assignments, items_of
from studies.planning.opening import close_study, open_study, set_consent
from studies.sessions.enrolment import enrol
from studies.sessions.errors import FullError, NotOpenError
from studies.sessions.next_trial import current_trial, history_of
from studies.sessions.trial_content import picture_url, trial_of_picture
from studies.sessions.voting import record_load_failure, record_vote
from tests.studies.world import batch_of
from transfer.models import Stimulus

pytestmark = pytest.mark.django_db


def answer(participant: Participant, choice: str = "left") -> Vote | None:
    trial = current_trial(participant)
    return record_vote(trial, choice, uuid.uuid4(), 900) if trial else None


def answer_all(participant: Participant) -> int:
    count = 0
    while answer(participant):
        count += 1
    return count


def test_it_asks_pairs_that_share_content_and_style(study):
    # Four groups of three, and two rounds of one pair connect each of them.
    assert study.pairs.count() == 8
    for pair in study.pairs.all():
        assert pair.first.content_id == pair.second.content_id
        assert set(pair.first.styles.all()) == set(pair.second.styles.all())
        assert pair.reference in pair.first.styles.all()
        assert pair.first.method != pair.second.method


def test_it_puts_the_content_on_top_of_a_c_test(draft):
    study = draft(kind="C")
    open_study(study)
    for pair in study.pairs.all():
        assert pair.reference_id == pair.first.content_id == pair.second.content_id


def test_stimuli_of_one_reference_may_be_compared(draft):
    study = draft(scope=Study.Scope.REFERENCE, design="full", participant_target=40)
    open_study(study)
    # Each of two styles has 2 contents × 3 methods.
    assert study.pairs.count() == 2 * 15
    assert any(pair.first.content_id != pair.second.content_id for pair in study.pairs.all())


def test_it_leaves_mixtures_of_styles_out_of_e_tests(draft, batch):
    mixture = batch.stimuli.first()
    mixture.styles.set(batch.stimuli.last().styles.all() | mixture.styles.all())
    study = draft()
    assert mixture.pk not in {item.key for item in items_of(study)}


def test_opening_fixes_stimuli_and_plan(study, batch):
    before = list(study.assignments.values_list("pair_id", "first_left"))
    extra = batch.stimuli.first()
    styles = list(extra.styles.all())
    extra.pk, extra.public_id, extra.recipe_key, extra.method = None, uuid.uuid4(), "new", "wct"
    extra.save()
    extra.styles.set(styles)
    ensure_assignments(study, Cohort.SIMULATED, study.votes_wanted)
    simulated = study.assignments.filter(cohort=Cohort.SIMULATED)
    assert list(simulated.values_list("pair_id", "first_left")) == before
    assert not study.pairs.filter(second=extra).exists()


def test_the_plan_is_continued_without_changes(study):
    before = list(study.assignments.values_list("rank", "pair_id", "first_left"))
    ensure_assignments(study, Cohort.PEOPLE, study.votes_wanted + 7)
    after = list(study.assignments.values_list("rank", "pair_id", "first_left"))
    assert after[: len(before)] == before
    assert len(after) == len(before) + 7


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"trials_per_participant": 13}, "nobody sees a pair twice"),
        (
            {"participant_target": 1, "trials_per_participant": 5, "design": "full"},
            "never compared",
        ),
        ({"participant_target": 1, "trials_per_participant": 4}, "never compared .*: use "),
    ],
)
def test_it_refuses_an_infeasible_plan(draft, fields, said):
    study = draft(**fields)
    with pytest.raises(InputError, match=said):
        open_study(study)
    study.refresh_from_db()
    assert study.state == Study.State.DRAFT
    assert not study.assignments.exists()


def test_it_refuses_a_study_in_which_nothing_can_be_compared(draft):
    study = draft()
    Stimulus.objects.update(state=Stimulus.State.PENDING)
    with pytest.raises(InputError, match="nothing to compare"):
        open_study(study)


def test_it_names_methods_that_are_never_compared(draft, batch):
    # A content of its own for two further methods: nothing joins them with the rest.
    content = batch.stimuli.last().content
    for stimulus in batch.stimuli.filter(content=content):
        stimulus.method = "other " + stimulus.method
        stimulus.save()
    with pytest.raises(InputError, match="cross-layer, gatys, universal"):
        open_study(draft())


def test_it_stays_closed(study):
    close_study(study)
    with pytest.raises(InputError, match="is closed"):
        open_study(study)
    with pytest.raises(NotOpenError):
        enrol(study)


def test_a_draft_or_paused_study_admits_no_participants(draft, study):
    with pytest.raises(NotOpenError):
        enrol(draft())
    Study.objects.filter(pk=study.pk).update(paused_because="too few votes load")
    with pytest.raises(NotOpenError):
        enrol(study)


def test_it_gives_every_pair_equally_many_votes_and_both_sides(study):
    participants = [enrol(study) for _ in range(4)]
    for _ in range(6):  # all participants at the same time
        for participant in participants:
            assert answer(participant)
    votes = Counter(trial.pair_id for trial in Trial.objects.all())
    left = Counter(trial.pair_id for trial in Trial.objects.filter(first_left=True))
    assert sum(votes.values()) == 24
    assert max(votes.values()) - min(votes.values()) <= 1
    assert all(abs(2 * left[pair] - votes[pair]) <= 1 for pair in votes)
    for participant in participants:
        sides = [trial.first_left for trial in participant.trials.all()]
        assert abs(2 * sum(sides) - len(sides)) <= 1
        pairs = [trial.pair_id for trial in participant.trials.all()]
        assert len(set(pairs)) == len(pairs)
        participant.refresh_from_db()
        assert participant.state == Participant.State.FINISHED


def test_it_shows_the_same_trial_until_it_is_answered(study):
    participant = enrol(study)
    first = current_trial(participant)
    assert current_trial(participant) == first
    assert first is not None
    record_vote(first, "right", uuid.uuid4())
    assert current_trial(participant) != first


def test_it_never_records_a_second_vote(study):
    trial = current_trial(enrol(study))
    once, again = uuid.uuid4(), uuid.uuid4()
    vote = record_vote(trial, "left", once, 800)
    assert record_vote(trial, "left", once, 800) == vote
    assert record_vote(trial, "right", again, 10).choice == Choice.LEFT
    assert Vote.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(trial=trial, choice="right", client_uuid=again)


def test_a_trial_keeps_what_it_showed(study):
    trial = current_trial(enrol(study))
    left = trial.left
    assert trial.snapshot["left"] == {"stimulus": left.public_id.hex, "sha256": left.sha256}
    assert trial.snapshot["reference"]["sha256"] == trial.reference.sha256
    assert trial.snapshot["rule"] == {"name": "balanced", "version": 1, "scope": "both"}
    assert "style" in trial.snapshot["question"]["text"]
    Stimulus.objects.filter(pk=left.pk).update(sha256="changed")
    trial.refresh_from_db()
    assert trial.snapshot["left"]["sha256"] == left.sha256


def test_an_abandoned_assignment_goes_to_another_participant(study):
    gone, here = enrol(study), enrol(study)
    trial = current_trial(gone)
    Trial.objects.filter(pk=trial.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    taken = current_trial(here)
    assert taken.pair_id == trial.pair_id
    trial.refresh_from_db()
    assert trial.outcome == TrialOutcome.EXPIRED
    # The late answer is kept, and does not count.
    assert record_vote(trial, "left", uuid.uuid4()).excluded == "late"
    assert record_vote(taken, "left", uuid.uuid4()).excluded == ""


def test_a_late_participant_keeps_an_assignment_that_is_still_free(study):
    participant = enrol(study)
    trial = current_trial(participant)
    Trial.objects.filter(pk=trial.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    assert current_trial(participant) == trial
    assert record_vote(trial, "left", uuid.uuid4()).excluded == ""


def test_a_load_failure_releases_the_assignment(study):
    participant = enrol(study)
    trial = current_trial(participant)
    record_load_failure(trial)
    after = current_trial(participant)
    assert after.pair_id != trial.pair_id
    assert history_of(participant).answered == 0
    assert study.assignments.free().filter(pair=trial.pair).exists()


def test_it_admits_no_more_people_than_it_wants(study):
    for _ in range(4):
        enrol(study)
    with pytest.raises(FullError):
        enrol(study)
    # A participant left long ago: the place is free again.
    left = study.participants.first()
    Participant.objects.filter(pk=left.pk).update(last_seen=timezone.now() - timedelta(hours=2))
    enrol(study)
    with pytest.raises(FullError):
        enrol(study)


def test_it_counts_only_people_as_people(study):
    ensure_assignments(study, Cohort.SIMULATED, 6)
    answer_all(enrol(study, cohort=Cohort.SIMULATED))
    row = {"cohort": "simulated", "participants": 1, "finished": 1, "votes": 6}
    assert cohort_counts(study) == [row]
    counted = Study.objects.with_votes().get(pk=study.pk)
    assert (counted.people_votes, counted.simulated_votes) == (0, 6)
    assert study.assignments.filter(cohort=Cohort.PEOPLE).free().count() == study.votes_wanted


def test_a_returning_person_is_recognised_by_a_hash(study):
    participant = enrol(study, "prolific-4711", external_session="1")
    assert enrol(study, " prolific-4711 ", external_session="1") == participant
    assert "4711" not in participant.external_id
    assert len(participant.external_id) == 64
    assert enrol(study, "prolific-4712") != participant


def test_a_session_ends_early_without_new_pairs(draft):
    study = draft(participant_target=2, trials_per_participant=12, votes_per_pair=1)
    open_study(study)
    first = enrol(study, trial_kinds=["real"] * 30)
    assert answer_all(first) <= study.pairs.count()
    first.refresh_from_db()
    assert first.state == Participant.State.FINISHED


def test_every_assignment_is_answered_although_people_leave(draft):
    study = draft(participant_target=10, trials_per_participant=6)
    open_study(study)
    generator = __import__("random").Random(3)
    for _ in range(60):
        try:
            participant = enrol(study)
        except FullError:
            break
        stay = 6 if generator.random() > 0.4 else generator.randint(0, 5)
        for _ in range(stay):
            answer(participant)
        if stay < 6:
            current_trial(participant)
            past = timezone.now() - timedelta(hours=1)
            participant.trials.filter(outcome="").update(lease_until=past)
            Participant.objects.filter(pk=participant.pk, state="active").update(last_seen=past)
    votes = Counter(Vote.objects.values_list("trial__pair_id", flat=True))
    wanted, pairs = study.votes_wanted, study.pairs.count()
    assert sum(votes.values()) == wanted
    assert set(votes.values()) <= {wanted // pairs, -(-wanted // pairs)}


def test_it_keeps_every_version_of_the_consent(study):
    set_consent(study, "A new text.")
    set_consent(study, "A new text.")
    assert [text.version for text in study.consent_texts.all()] == [1, 2]
    assert enrol(study).consent_version == 2


def test_urls_cannot_be_guessed(study):
    trial = current_trial(enrol(study))
    url = picture_url(trial, "left")
    assert trial.left.public_id.hex not in url
    assert trial.left.method not in url
    key = url.rstrip("/").split("/")[-1]
    assert trial_of_picture(key) == (trial, "left")
    with pytest.raises(signing.BadSignature):
        trial_of_picture(key[:-1] + ("a" if key[-1] != "a" else "b"))


def test_it_connects_many_references(db):
    batch = batch_of(contents=3, styles=2, methods=("a", "b", "c", "d"))
    study = Study.objects.create(
        name="many", kind="C", trials_per_participant=10, participant_target=10
    )
    study.batches.add(batch)
    open_study(study)
    assert study.assignments.count() == 100
    assert study.pairs.count() >= 6 * 4
