"""The questions of trials, by kind of study and version.

A wording in use is never changed: it gets a successor with the next version.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_noop


class Question(NamedTuple):
    """A question and the description of its reference picture, in English; pages translate both."""

    text: str
    reference: str


QUESTIONS = {
    ("E", 1): Question(
        gettext_noop("Which picture below carries the style of the picture at the top better?"),
        gettext_noop("The picture that gives the style"),
    ),
    ("C", 1): Question(
        gettext_noop("Which picture below keeps the content of the picture at the top better?"),
        gettext_noop("The picture that gives the content"),
    ),
}
LATEST = {kind: max(version for k, version in QUESTIONS if k == kind) for kind in ("E", "C")}

ATTENTION_CHECKS = {
    "left": gettext_noop(
        "This question checks attention: please choose the left picture "
        "(on a narrow screen, the upper one)."
    ),
    "right": gettext_noop(
        "This question checks attention: please choose the right picture "
        "(on a narrow screen, the lower one)."
    ),
}
"""Questions of attention checks, by the right answer."""

CONSENT = gettext_noop(
    """\
In this study you see a picture at the top of the page and two pictures below it. Each time you \
choose one of the two. There are no right or wrong answers: we want to know what you see.

Taking part is voluntary. You may stop at any time by closing the page, without giving a reason. \
You may also have everything erased that you answered: the link “Stop” below the pictures leads \
there.

We store your choices, how long they took, and the size of your window. We store neither your name \
nor your address on the internet; if a recruitment service sent you, we keep your id there in a \
scrambled form only, so that you can come back, or have your answers erased. The choices are \
analysed together with those of others, and may be published without anything that points to you."""
)
"""The default consent text of a study."""
