"""Responses to a crawler in the place of a participant never reveal what is compared."""

from __future__ import annotations

import base64
import re
import struct
from urllib.parse import unquote

import pytest
from playwright.sync_api import Route, expect

from studies.models import Participant, Study, TrialKind
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.trial_content import picture_url
from tests.studies.session import answer, consent, ready
from transfer.models import Batch, Picture, Stimulus

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CONTROLS = {"training": 1, "gold": 1, "traps": 1, "repeats": 1, "break_every": 7}


def secrets() -> set[str]:
    """Texts that would reveal to participants what is compared."""
    told = {"gatys", "cross-layer", "universal", "repeat_of"}
    told |= {str(value) for value in Study.objects.values_list("name", "design").get()}
    told |= set(Batch.objects.values_list("name", flat=True))
    for row in (*Stimulus.objects.all(), *Picture.objects.all()):
        told |= {row.sha256, row.file.name, row.file.name.rsplit("/", 1)[-1]}
        told |= {row.public_id.hex, str(row.public_id)} if isinstance(row, Stimulus) else {row.name}
    return told


def decoded(text: str) -> str:
    """A text with its base64 parts decoded."""
    plain = [text, unquote(text)]
    for run in re.findall(r"[A-Za-z0-9_-]{8,}", text):
        padded = run + "=" * (-len(run) % 4)
        plain.append(
            base64.urlsafe_b64decode(padded).decode("latin-1") if len(run) % 4 != 1 else ""
        )
    return "\n".join(plain)


def chunks(png: bytes) -> list[str]:
    """The types of a PNG's chunks: text, time and profile would be chunks of their own."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    kinds, place = [], 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kinds.append(png[place + 4 : place + 8].decode())
        place += 12 + length
    return kinds


def test_no_response_of_a_session_reveals_a_method(window, live_server, draft):
    page = window
    study = draft(name="gatys against universal", trials_per_participant=10, rules=CONTROLS)
    open_study(study)
    responses: list[tuple[str, dict[str, str], str, bytes]] = []

    def record(route: Route) -> None:
        response = route.fetch(max_redirects=0)
        headers = "\n".join(f"{h['name']}: {h['value']}" for h in response.headers_array)
        responses.append((route.request.url, response.headers, headers, response.body()))
        route.fulfill(response=response)

    page.context.route("**/*", record)
    consent(page, live_server, study)
    for number in range(14):
        if number and number % 7 == 0:
            page.get_by_role("button", name="Continue").click()
        ready(page, number)
        answer(page, "Left")
    expect(page.get_by_text(Participant.objects.get().code)).to_be_visible()
    kinds = set(Participant.objects.get().trials.values_list("kind", flat=True))
    assert kinds == set(TrialKind.values)

    hidden = {secret.lower() for secret in secrets()}
    pictures: set[str] = set()
    for url, headers, lines, body in responses:
        told = decoded(url) + decoded(lines) + body.decode("latin-1")
        if "text/html" in headers.get("content-type", ""):
            told += decoded(body.decode())
            assert not re.search(r"\b(gold|trap|repeat|training|expected)\b", body.decode())
        if "/static/" in url:  # the same for everybody, whatever is shown
            told = url
        assert not {secret for secret in hidden if secret in told.lower()}, url
        if "/picture/" in url:
            pictures.add(url)  # one that was fetched ahead is requested again without a cache
            assert headers["content-type"] == "image/png"
            assert set(chunks(body)) <= {"IHDR", "IDAT", "IEND"}
            assert not headers.keys() & {"etag", "last-modified", "content-disposition"}
    assert len(pictures) == 3 * 14
    cookies = decoded(str(page.context.cookies()))
    assert not {secret for secret in hidden if secret in cookies.lower()}


def test_a_stimulus_has_another_url_in_every_trial(study):
    addresses: list[str] = []
    for _ in range(3):
        trial = current_trial(enrol(study))
        addresses += [picture_url(trial, place) for place in ("reference", "left", "right")]
    assert len(set(addresses)) == len(addresses)
