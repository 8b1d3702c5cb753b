"""Which licences of pictures let anybody publish them, and publish what was made from them.

A picture's licence is a text that a researcher wrote. Only texts that name a known licence count;
remarks may follow in parentheses, as in `CC BY 4.0 (Jane Doe)`. The names are those of SPDX
(spdx.org/licenses), also with blanks, and addresses of Creative Commons.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}
"""Licences that the tables and texts of a bundle may be published under, by their SPDX names."""

NOT_STATED = "its licence is not stated"
NOT_KNOWN = "its licence is not known to permit publication"
NO_CHANGES = "the licence of a picture that it was made from forbids adaptations"
MADE_FROM = "a picture that it was made from may not be published"

_VERSION = r"(?:[- ]?v?\d\.\d)?(?:[- ](?:de|deed|international|unported|universal))?"
_PUBLIC = rf"cc[- ]?0|cc[- ]zero|pdm|public[- ]domain(?:[- ]mark)?|pddl|{LICENCES['CC0-1.0']}"
_CC = r"cc[- ]by(?P<kind>(?:[- ](?:nc|sa|nd))*)"
_URL = r"https?://creativecommons\.org/licenses/by(?P<url>(?:-(?:nc|sa|nd))*)/\d\.\d/?"
_OTHER = r"odbl|mit|bsd-[23]-clause|apache-2\.0"
_KNOWN = re.compile(rf"(?:(?:{_PUBLIC}|{_CC}|{_OTHER}){_VERSION}|{_URL})(?: ?\(.*\))?")


@dataclass(frozen=True)
class Permission:
    """What may be published of a picture.

    Attributes:
        obstacle: why the picture itself may not be published; empty if it may.
        adaptation_obstacle: why what was made from it may not be published.

    """

    obstacle: str = ""
    adaptation_obstacle: str = ""


def permission(licence: str, permitted: Collection[str] = ()) -> Permission:
    """What a licence permits.

    Args:
        licence: as the researcher stated it.
        permitted: further licences, as stated, under which the researcher may publish, such as a
            permission by the artist.

    """
    if not licence.strip():
        return Permission(NOT_STATED, MADE_FROM)
    if licence in permitted:
        return Permission()
    known = _KNOWN.fullmatch(" ".join(licence.casefold().split()))
    if known is None:
        return Permission(NOT_KNOWN, MADE_FROM)
    if "nd" in (known["kind"] or known["url"] or ""):
        return Permission(adaptation_obstacle=NO_CHANGES)
    return Permission()


def together(licences: Iterable[str]) -> str:
    """All licences that hold for a work, in a text: each once, joined by ` and `."""
    return " and ".join(sorted(set(licences)))
