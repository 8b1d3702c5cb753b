"""A bot that takes part in a study over HTTP, page by page, as a browser does.

It fills the forms of the pages with their CSRF tokens, keeps cookies, fetches every picture before
it answers, and follows redirects. Choices come from a callback.
"""

from __future__ import annotations

import http.client
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from common.errors import InputError

WINDOW = {"width": "1280", "height": "800", "pixel_ratio": "1", "orientation": "landscape"}
_SCRIPT = {"X-Requested-With": "fetch"}  # as in trial.js: the response to a vote is the next page
_TIMEOUT = 60
_PNG = b"\x89PNG\r\n\x1a\n"

Choose = Callable[[str, int], tuple[str, int]]
"""(id of the trial, its number from 1) → (choice, response time in milliseconds)."""


@dataclass
class Bot:
    """A session at the server `origin`, such as http://127.0.0.1:8000."""

    origin: str
    cookies: dict[str, str] = field(default_factory=dict)

    def take_part(self, entry: str, choose: Choose, stay: int | None = None) -> int:
        """Complete a session, from consent to the last page.

        Args:
            entry: the path of the study's link.
            choose: returns the answers.
            stay: the number of answers after which it leaves; None: it completes the session.

        Returns:
            The number of answers.

        Raises:
            InputError: the server refused a request, or sent a page without a next step.

        """
        consent = self._get(entry)
        consented = {"consent": "yes", **WINDOW, **_token(consent)}
        address, page = self._post(entry, consented)
        answers = 0
        while answers != stay:
            if trial := _value("trial", page):
                self._fetch_pictures(page)
                choice, response_ms = choose(trial, answers + 1)
                vote = {"trial": trial, "choice": choice, "response_ms": str(response_ms)}
                vote |= {"client_uuid": str(uuid.uuid4()), **_token(page)}
                page = self._send("POST", f"{address}vote/", urlencode(vote), _SCRIPT)[1].decode()
                answers += 1
            elif f'action="{address}on/"' in page:
                address, page = self._post(f"{address}on/", _token(page))
            elif onward := _onward(page, address):
                page = self._get(onward)
            else:
                break
        return answers

    def _fetch_pictures(self, page: str) -> None:
        """Fetch the three pictures of a trial."""
        pictures = re.findall(r'<img src="([^"]+)"', page)
        if len(pictures) != 3 or not all(
            self._send("GET", p)[1].startswith(_PNG) for p in pictures
        ):
            raise InputError(
                "a trial did not show three pictures: open the study's pilot link in a browser"
            )

    def _get(self, path: str) -> str:
        return self._send("GET", path)[1].decode()

    def _post(self, path: str, sent: Mapping[str, str]) -> tuple[str, str]:
        """Send a form and follow the redirect; returns the address and the page there."""
        location, _ = self._send("POST", path, urlencode(sent))
        address = urlsplit(location).path
        return address, self._get(address)

    def _send(
        self, verb: str, path: str, body: str = "", extra: Mapping[str, str] | None = None
    ) -> tuple[str, bytes]:
        """Send one request; returns the address of its redirect, or its own, and the body."""
        parts = urlsplit(self.origin)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=_TIMEOUT)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if verb == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
            headers |= {"Referer": self.origin + path, **(extra or {})}
        try:
            connection.request(verb, path, body or None, headers)
            answer = connection.getresponse()
            said = answer.read()
        except OSError as error:
            raise InputError(f"{self.origin} does not answer ({error}): start it first") from error
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        if answer.status not in ((302, 303) if verb == "POST" and not extra else (200,)):
            raise InputError(f"{verb} {path.split('/')[2]}: the server answered {answer.status}")
        return answer.headers.get("Location", path), said


def _value(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    return found[1] if found else ""


def _onward(page: str, address: str) -> str:
    """The address of the link that leads from the instructions or a feedback to the next page."""
    found = re.search(rf'class="go[^"]*" href="({re.escape(address)}(\?begun=1)?)"', page)
    return found[1] if found else ""


def _token(page: str) -> dict[str, str]:
    return {"csrfmiddlewaretoken": _value("csrfmiddlewaretoken", page)}
