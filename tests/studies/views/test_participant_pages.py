"""Participants' pages through Django's client: position, idempotence, and blindness."""

from __future__ import annotations

import re
import uuid
from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from studies.models import Cohort, Participant, Study, Trial, Vote
from studies.planning.allocation import ensure_assignments
from studies.planning.opening import close_study, open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.trial_content import picture_url
from studies.sessions.voting import record_vote
from transfer.models import Picture, Stimulus

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def person() -> Client:
    """A participant with a fresh browser and CSRF checks."""
    return Client(enforce_csrf_checks=True)


def csrf(response) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', response.content.decode())[1]


def begin(person: Client, study: Study) -> str:
    page = person.get(study.entry_url)
    answer = person.post(study.entry_url, {"consent": "yes", "csrfmiddlewaretoken": csrf(page)})
    assert answer.status_code == 303
    return answer["Location"]


def trial_on(response) -> str:
    return re.search(r'name="trial" value="([\w-]+)"', response.content.decode())[1]


def without_csrf(response) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def send(person: Client, address: str, page, choice="left", headers=None, **changes):
    fields = {
        "trial": trial_on(page),
        "choice": choice,
        "client_uuid": uuid.uuid4(),
        "response_ms": 700,
        "csrfmiddlewaretoken": csrf(page),
        **changes,
    }
    return person.post(f"{address}vote/", fields, headers=headers)


def test_a_session_from_consent_to_the_code(person, study):
    address = begin(person, study)
    for number in range(6):
        page = person.get(address)
        assert f'value="{number}"' in page.content.decode()
        answer = send(person, address, page)
        assert (answer.status_code, answer["Location"]) == (303, address)
    end = person.get(address).content.decode()
    participant = Participant.objects.get()
    assert participant.code in end
    assert Vote.objects.count() == 6
    assert participant.consent_version == 1


def test_the_script_gets_the_next_page(person, study):
    address = begin(person, study)
    page = person.get(address)
    for number in range(6):
        sent = {"client_uuid": uuid.uuid4(), "headers": SCRIPT}
        answers = [send(person, address, page, **sent) for _ in range(2)]  # the second: sent again
        assert [answer.status_code for answer in answers] == [200, 200]
        assert Vote.objects.count() == number + 1
        bodies = [without_csrf(answer) for answer in (*answers, person.get(address))]
        assert bodies[0] == bodies[1] == bodies[2]
        page = answers[1]
    assert Participant.objects.get().code in page.content.decode()


def test_the_script_gets_a_break_if_one_is_due(person, draft):
    study = draft(rules={"break_every": 2})
    open_study(study)
    address = begin(person, study)
    page = send(person, address, person.get(address), headers=SCRIPT)
    rest = send(person, address, page, headers=SCRIPT)
    assert f'action="{address}on/"' in rest.content.decode()
    assert not Trial.objects.filter(outcome="").exists()


def test_it_does_not_begin_without_consent(person, study):
    page = person.get(study.entry_url)
    answer = person.post(study.entry_url, {"csrfmiddlewaretoken": csrf(page)})
    assert answer.status_code == 200
    assert not Participant.objects.exists()


def test_the_studys_link_leads_back_to_the_session(person, study):
    address = begin(person, study)
    assert person.get(study.entry_url)["Location"] == address
    again = person.post(
        study.entry_url, {"consent": "yes", "csrfmiddlewaretoken": csrf(person.get(address))}
    )
    assert again["Location"] == address
    assert Participant.objects.count() == 1


def test_repeated_or_stale_answers_are_not_second_votes(person, study):
    address = begin(person, study)
    page = person.get(address)
    client_uuid = uuid.uuid4()
    for _ in range(3):
        assert send(person, address, page, client_uuid=client_uuid).status_code == 303
    after = person.get(address)
    assert send(person, address, page, "right").status_code == 303
    assert trial_on(person.get(address)) == trial_on(after)
    assert list(Vote.objects.values_list("choice", flat=True)) == ["left"]


def test_it_asks_for_a_token_against_forged_answers(person, study):
    address = begin(person, study)
    page = person.get(address)
    assert send(person, address, page, csrfmiddlewaretoken="forged").status_code == 403
    assert not Vote.objects.exists()


def test_it_refuses_answers_to_trials_of_others(person, study):
    address = begin(person, study)
    other = current_trial(enrol(study))
    page = person.get(address)
    assert send(person, address, page, trial=other.public_id).status_code == 404
    assert send(person, address, page, trial=uuid.uuid4()).status_code == 404
    assert send(person, address, page, choice="both").status_code == 400
    assert not Vote.objects.exists()


def test_an_answer_with_an_invalid_time_counts(person, study):
    address = begin(person, study)
    send(person, address, person.get(address), response_ms="-5")
    assert Vote.objects.get().response_ms is None


def test_it_replaces_a_trial_that_could_not_load(person, study):
    address = begin(person, study)
    page = person.get(address)
    fields = {"trial": trial_on(page), "csrfmiddlewaretoken": csrf(page)}
    assert person.post(f"{address}unloadable/", fields).status_code == 303
    assert trial_on(person.get(address)) != trial_on(page)
    assert not Vote.objects.exists()


def test_it_answers_unknown_addresses_with_not_found(person, study):
    for address in ("/studies/join/x/", "/studies/take/x/", "/studies/picture/x/"):
        assert person.get(address).status_code == 404


def test_the_exit_page_says_that_a_study_is_not_open_or_full(person, draft, study):
    assert "not open" in person.get(draft().entry_url).content.decode()
    for _ in range(4):
        enrol(study)
    assert "places are taken" in person.get(study.entry_url).content.decode()
    assert study.participants.count() == 4


def test_it_needs_no_login_and_hides_researchers_pages(person, study):
    assert person.get(study.entry_url).status_code == 200
    for address in ("/studies/", "/studies/new/", f"/studies/{study.pk}/VOTES.csv"):
        assert person.get(address)["Location"].startswith("/login/")


def test_it_gives_every_picture_one_encoding_without_metadata(person, study):
    stimulus = Stimulus.objects.first()
    noted = BytesIO()
    with Image.open(stimulus.path) as image:
        image.save(noted, "JPEG", comment=b"made by gatys")
    stimulus.path.write_bytes(noted.getvalue())
    import hashlib

    Stimulus.objects.filter(pk=stimulus.pk).update(
        sha256=hashlib.sha256(noted.getvalue()).hexdigest()
    )
    ensure_assignments(study, Cohort.SIMULATED, 12)
    participant = enrol(study, cohort=Cohort.SIMULATED, trial_kinds=["real"] * 8)
    seen = set()
    while (trial := current_trial(participant)) is not None:
        for place in ("reference", "left", "right"):
            answer = person.get(picture_url(trial, place))
            assert answer["Content-Type"] == "image/png"
            assert b"gatys" not in answer.content
            with Image.open(BytesIO(answer.content)) as image:
                assert (image.format, image.mode, image.info) == ("PNG", "RGB", {})
                assert image.size == (96, 64)
        seen |= {trial.left_id, trial.right_id}
        record_vote(trial, "left", uuid.uuid4())
    assert stimulus.pk in seen


def test_it_shows_both_pictures_at_the_size_of_the_smaller_one(person, study):
    trial = current_trial(enrol(study))
    Stimulus.objects.filter(pk=trial.right_id).update(width=48)
    for place, size in (("left", (48, 32)), ("right", (48, 32)), ("reference", (96, 64))):
        answer = person.get(picture_url(trial, place))
        with Image.open(BytesIO(answer.content)) as image:
            assert image.size == size


def test_it_does_not_show_a_picture_that_was_changed(person, study):
    trial = current_trial(enrol(study))
    trial.left.path.write_bytes(trial.right.path.read_bytes())
    assert person.get(picture_url(trial, "left")).status_code == 404


def test_no_response_of_a_session_reveals_a_method(person, study):
    Study.objects.filter(pk=study.pk).update(name="gatys against universal")
    responses = [person.get(study.entry_url)]
    address = begin(person, study)
    while True:
        page = person.get(address)
        responses.append(page)
        if 'name="trial"' not in page.content.decode():
            break
        for link in re.findall(r'(?:src|href)="(/studies/[^"]+)"', page.content.decode()):
            responses.append(person.get(link))
        responses.append(send(person, address, page))
    assert len(responses) == 1 + 6 * 6 + 1
    secrets = {"gatys", "cross-layer", "universal", "batch 1", "study 1"}
    secrets |= set(Picture.objects.values_list("name", flat=True))
    for row in (*Stimulus.objects.all(), *Picture.objects.all()):
        secrets |= {row.sha256, row.file.name.rsplit("/", 1)[-1]}
        if isinstance(row, Stimulus):
            secrets |= {row.public_id.hex, str(row.public_id)}
    for response in responses:
        told = str(response.headers).encode() + response.content
        told += str(response.cookies).encode()
        for secret in secrets:
            assert secret.encode() not in told


def test_pages_are_never_cached(person, study):
    address = begin(person, study)
    for page in (person.get(address), person.get(study.entry_url)):
        assert "no-store" in page["Cache-Control"]


def test_it_ends_a_session_when_the_study_closes(person, study):
    address = begin(person, study)
    send(person, address, person.get(address))
    close_study(study)
    answered = person.get(address)  # the trial on the page may still be answered
    if 'name="trial"' in answered.content.decode():
        send(person, address, answered)
    assert Participant.objects.get().code in person.get(address).content.decode()


def test_it_does_not_assign_trials_to_those_who_finished(study):
    participant = enrol(study)
    while (trial := current_trial(participant)) is not None:
        record_vote(trial, "left", uuid.uuid4())
    assert Trial.objects.count() == 6
    assert current_trial(participant) is None
