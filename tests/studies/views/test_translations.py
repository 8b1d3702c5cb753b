"""Translations of participants' pages: complete, constant in a session, and stored as shown."""

from __future__ import annotations

import gettext
import re
import uuid
from io import BytesIO

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils.translation.template import templatize
from playwright.sync_api import expect

from studies.models import Participant, Trial
from studies.planning.opening import open_study, set_consent
from studies.rules.questions import CONSENT
from studies.sessions.next_trial import current_trial, history_of, take_break
from studies.sessions.voting import record_vote
from tests.conftest import ROOT
from tests.studies.session import begin, ready
from tests.studies.views.test_participant_pages import csrf
from tests.width import expect_fits

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
KEYWORDS = ("gettext", "gettext_noop", "gettext_lazy", "ngettext", "_")
FOLDERS = {"py": ROOT / "studies", "html": ROOT / "templates" / "studies"}


def messages() -> set[str]:
    """Every text of the participants' pages, read from the sources."""
    found = set()
    for suffix, folder in FOLDERS.items():
        for path in folder.rglob(f"*.{suffix}"):
            text = path.read_text()
            source = text
            if suffix == "html":  # calls of gettext, at the places where the template has tags
                source = "\n".join(line.strip() for line in templatize(text).splitlines())
            for _, _, message, _ in extract_python(
                BytesIO(source.encode()), KEYWORDS, (), {"encoding": "utf-8"}
            ):
                found.add(message[0] if isinstance(message, tuple) else message)
    return {message for message in found if message}


def catalogue(language: str):
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def marks(text: str) -> list[str]:
    """The parts of a text that a translation must keep."""
    return sorted(re.findall(r"%\(\w+\)s|<[^>]+>", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_translates_every_text_of_the_participants_pages(language):
    found = {
        message.id[0] if message.pluralizable else message.id: message
        for message in catalogue(language)
        if message.id
    }
    assert len(found) > 60 and found.keys() == messages()
    for english, message in found.items():
        texts = message.string if message.pluralizable else (message.string,)
        assert not message.fuzzy
        for text in texts:
            assert text and marks(text) == marks(english), english
            assert text.count("\n\n") == english.count("\n\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_serves_the_catalogue_as_it_was_last_written(language):
    compiled = gettext.translation("django", ROOT / "locale", [language])
    for message in catalogue(language):
        if message.pluralizable:
            for number, text in ((1, message.string[0]), (2, message.string[-1])):
                assert compiled.ngettext(*message.id, number) == text
        elif message.id:
            assert compiled.gettext(message.id) == message.string


def words(language: str) -> dict[str, str]:
    return {m.id: m.string for m in catalogue(language) if m.id and not m.pluralizable}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("of_study", "of_browser", "spoken"),
    [
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "fr,ja;q=0.7,en;q=0.3", "ja"),
        ("", "fr", "en"),
        ("ja", "de", "ja"),
        ("en", "de", "en"),
    ],
)
def test_the_language_is_the_studys_or_else_the_browsers(draft, of_study, of_browser, spoken):
    study = draft(language=of_study)
    open_study(study)
    person = Client(headers={"Accept-Language": of_browser})
    page = person.get(study.entry_url)
    assert f'<html lang="{spoken}" dir="ltr">' in page.content.decode()
    assert page["Content-Language"] == spoken
    assert "Accept-Language" in page["Vary"]
    if spoken != "en":
        assert words(spoken)["Begin"] in page.content.decode()


@pytest.mark.django_db
def test_a_session_keeps_its_language_and_stores_the_question_asked(draft):
    study = draft(rules={"break_every": 3, "traps": 1})
    set_consent(study, CONSENT.replace("\n", "\r\n"))  # as forms send it
    open_study(study)
    german = words("de")
    person = Client(headers={"Accept-Language": "de"}, enforce_csrf_checks=True)
    page = person.get(study.entry_url)
    seen = [page.content.decode()]
    address = person.post(study.entry_url, {"consent": "yes", "csrfmiddlewaretoken": csrf(page)})[
        "Location"
    ]
    participant = Participant.objects.get()
    assert participant.language == "de"
    while participant.state == Participant.State.ACTIVE:
        # A browser that now asks for Japanese changes nothing in mid-session.
        page = person.get(address, headers={"Accept-Language": "ja"}).content.decode()
        seen.append(page)
        if history_of(participant).break_is_due(participant):
            take_break(participant)
            continue
        trial = current_trial(participant)
        asked = trial.snapshot["question"]
        assert (asked["language"], asked["version"]) == ("de", 1)
        assert asked["text"] in german.values()
        assert f'<h1 id="question">{asked["text"]}</h1>' in page
        record_vote(trial, "left", uuid.uuid4(), 900)
        participant.refresh_from_db()
    seen += [person.get(address).content.decode(), person.get(f"{address}stop/").content.decode()]
    for page in seen:
        assert '<html lang="de"' in page
        text = re.sub(r"<[^>]+>", "\n", page)
        for english in german:
            if len(english) > 12 and english not in german.values():
                assert english not in text
    assert Trial.objects.filter(kind="trap").exists()
    assert german[CONSENT].split("\n")[0] in seen[0]


@pytest.mark.django_db
def test_a_researchers_consent_text_is_not_translated(draft):
    study = draft(language="ja", title="色と形")
    set_consent(study, "ご説明をお読みください。")
    open_study(study)
    page = Client().get(study.entry_url).content.decode()
    assert "ご説明をお読みください。" in page and "色と形" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_it_mirrors_the_pages_for_scripts_from_the_right_but_not_the_answers(
    window, live_server, draft, settings
):
    settings.LANGUAGES = [*settings.LANGUAGES, ("he", "Hebrew")]
    study = draft(language="he", rules={"break_every": 1})
    open_study(study)
    page = window
    width = page.viewport_size["width"]
    page.goto(f"{live_server}{study.entry_url}")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    box, label = (page.locator(f".agree {part}").bounding_box() for part in ("input", "span"))
    assert box["x"] > label["x"]  # the box stands where reading begins
    expect_fits(page, width)
    begin(page, live_server, study)
    left, right = (
        page.locator(f"button[value={side}]").bounding_box() for side in ("left", "right")
    )
    assert left["x"] < right["x"] or left["y"] < right["y"]
    expect_fits(page, width)
    ready(page, 0)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert Trial.objects.get(outcome="voted").answer.choice == "left"
    expect_fits(page, width)
