"""Only the person who began a session continues it: an id alone gives no access."""

from __future__ import annotations

import hmac
import uuid

import pytest
from django.test import Client

from studies.models import Participant, Study, Vote
from studies.planning.opening import open_study
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from tests.studies.sessions.test_recruitment import answer_all, consent

pytestmark = pytest.mark.django_db
ID = "60a1b2c3d4e5f60718293a4b"
OWN = f"?PROLIFIC_PID={ID}&STUDY_ID=1&SESSION_ID=2"
FOREIGN = [
    f"?PROLIFIC_PID={ID}",
    f"?PROLIFIC_PID={ID}&SESSION_ID=guess",
    f"?PROLIFIC_PID={ID}&STUDY_ID=1",
    f"?workerId={ID}",
    f"?participant=%20{ID}%20",
]


def rows() -> list[dict[str, object]]:
    return list(Participant.objects.order_by("pk").values())


@pytest.fixture(params=["resume", "restart", "block"])
def study(request: pytest.FixtureRequest, draft) -> Study:
    made = draft(returning=request.param, recruiter="prolific", codes={"completed": "C0MP"})
    open_study(made)
    return made


@pytest.fixture(params=["begun", "finished"])
def victim(request: pytest.FixtureRequest, study: Study) -> Client:
    """A person who began, or finished, in another browser."""
    browser = Client()
    consent(browser, study, OWN)
    participant = Participant.objects.get()
    if request.param == "finished":
        answer_all(participant)
    else:
        record_vote(current_trial(participant), "left", uuid.uuid4())
    return browser


@pytest.mark.parametrize("query", FOREIGN)
def test_a_foreign_id_gives_no_access_and_changes_nothing(study, victim, query) -> None:
    before, votes = rows(), Vote.objects.count()
    stranger = Client()
    answer = consent(stranger, study, query)
    text = answer.content.decode()
    assert answer.status_code == 200 and "A session has begun with this id" in text
    participant = Participant.objects.get()
    assert not {participant.token, participant.code, "C0MP"} & set(text.replace('"', " ").split())
    assert participant.token not in text and "C0MP" not in text and "/stop/" not in text
    assert not any(key.startswith("study-") for key in stranger.cookies)
    assert rows() == before and Vote.objects.count() == votes


def test_a_foreign_id_does_not_reveal_the_progress(study, victim) -> None:
    texts = []
    for _ in range(2):
        page = consent(Client(), study, FOREIGN[0]).content.decode()
        texts.append(page)
        participant = Participant.objects.get()
        if participant.state == "active":
            answer_all(participant)
    assert texts[0] == texts[1]


@pytest.mark.parametrize("draft_returning", ["resume"])
def test_the_person_continues_by_cookie_or_submission(draft, draft_returning) -> None:
    study = draft(returning=draft_returning)
    open_study(study)
    browser = Client()
    own = consent(browser, study, OWN)["Location"]
    assert consent(Client(), study, OWN)["Location"] == own  # another browser, the same submission
    for query in ("?PROLIFIC_PID=" + ID, OWN.replace("SESSION_ID=2", "SESSION_ID=3"), ""):
        answer = browser.get(study.entry_url + query)
        if answer.status_code == 200:
            answer = consent(browser, study, query)
        assert answer["Location"] == own
    assert Participant.objects.count() == 1


def test_two_people_at_one_computer_are_two(draft) -> None:
    study = draft()
    open_study(study)
    browser = Client()
    first = consent(browser, study, "?PROLIFIC_PID=first")["Location"]
    assert consent(browser, study, "?PROLIFIC_PID=second")["Location"] != first
    # The browser remembers the second person; the first has only an id.
    text = consent(browser, study, "?PROLIFIC_PID=first").content.decode()
    assert "A session has begun with this id" in text


def test_other_and_forged_cookies_give_no_access(draft) -> None:
    study, other = draft(), draft()
    for one in (study, other):
        open_study(one)
    consent(Client(), study, OWN)
    browser = Client()
    consent(browser, other, "?PROLIFIC_PID=else")
    browser.cookies[f"study-{study.pk}"] = browser.cookies[f"study-{other.pk}"].value
    text = consent(browser, study, "?PROLIFIC_PID=" + ID).content.decode()
    assert "A session has begun with this id" in text


SECRET = "a shared secret"


def signed(person: str, secret: str = SECRET) -> str:
    signature = hmac.new(secret.encode(), person.encode(), "sha256").hexdigest()
    return f"?PROLIFIC_PID={person}&signature={signature}"


def test_a_study_with_a_secret_accepts_signed_ids_only(draft) -> None:
    study = draft(id_secret=SECRET)
    open_study(study)
    bad = ["", f"?PROLIFIC_PID={ID}", signed(ID, "guess"), signed("another").replace("another", ID)]
    for query in (*bad, f"?PROLIFIC_PID={ID}&signature="):
        address = study.entry_url + query
        for answer in (Client().get(address), Client().post(address, {"consent": "yes"})):
            assert "This link is not complete" in answer.content.decode()
    assert not Participant.objects.exists()
    assert consent(Client(), study, signed(ID)).status_code == 303
    assert Client().get(study.pilot_url).status_code == 200


def test_a_signed_id_opens_its_session_in_every_browser(draft) -> None:
    study = draft(id_secret=SECRET)
    open_study(study)
    own = consent(Client(), study, signed(ID))["Location"]
    start, _, signature = signed(ID).rpartition("=")
    assert consent(Client(), study, f"{start}={signature.upper()}")["Location"] == own
    assert consent(Client(), study, signed("another"))["Location"] != own


def test_the_secret_is_shown_to_those_who_run_the_study_alone(researcher, draft) -> None:
    study = draft(id_secret=SECRET)
    open_study(study)
    for address in (study.entry_url, study.get_absolute_url()):
        assert SECRET not in researcher.get(address).content.decode()
    archive = researcher.get(f"/studies/{study.pk}/bundle.zip", {"licence": "CC0-1.0"})
    assert SECRET.encode() not in b"".join(archive.streaming_content)
