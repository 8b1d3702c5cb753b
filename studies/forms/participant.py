"""Forms that participants' browsers send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from studies.models import Choice
from studies.sessions.questionnaire import AGES, LONGEST_COMMENT, QUESTIONS, SILENT, VISION

_SCREEN = ("width", "height", "pixel_ratio", "orientation", "layout")


class ScreenForm(forms.Form):
    """The window of a browser: size in CSS pixels, device pixels per CSS pixel."""

    width = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    height = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    pixel_ratio = forms.FloatField(required=False, min_value=0, max_value=100)

    def screen(self) -> dict[str, Any]:
        """The properties that were sent and are valid."""
        sent = {name: self.cleaned_data.get(name) for name in _SCREEN}
        return {name: value for name, value in sent.items() if value not in (None, "")}


class ConsentForm(ScreenForm):
    """The answer to the consent page; "cannot": the participant has no suitable window."""

    consent = forms.ChoiceField(choices=[(word, word) for word in ("yes", "no", "cannot")])
    orientation = forms.CharField(required=False, max_length=30)


class QuestionnaireForm(forms.Form):
    """The questions after the last trial, none of which has to be answered."""

    def __init__(self, names: Iterable[str], data: Mapping[str, Any] | None = None) -> None:
        """Ask the questions with these names, in their order."""
        super().__init__(data, label_suffix="")
        made = {
            "age": _one_of(AGES),
            "vision": _one_of(VISION),
            "comment": forms.CharField(
                max_length=LONGEST_COMMENT,
                widget=forms.Textarea(attrs={"rows": 4, "maxlength": LONGEST_COMMENT}),
                help_text=gettext_lazy("Please write nothing that points to you."),
            ),
        }
        for name in names:
            field = made[name]
            field.required, field.label = False, gettext_lazy(QUESTIONS[name])
            self.fields[name] = field


def _one_of(answers: Mapping[str, str]) -> forms.ChoiceField:
    offered = [(value, gettext_lazy(text)) for value, text in (*answers.items(), ("", SILENT))]
    return forms.ChoiceField(choices=offered, widget=forms.RadioSelect)


class TrialForm(forms.Form):
    """The id of a trial."""

    trial = forms.UUIDField()


class VoteForm(TrialForm, ScreenForm):
    """An answer to a trial."""

    choice = forms.ChoiceField(choices=Choice.choices)
    client_uuid = forms.UUIDField()
    response_ms = forms.IntegerField(required=False, min_value=0, max_value=24 * 3600 * 1000)
    hidden_ms = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    layout = forms.ChoiceField(required=False, choices=[("beside", ""), ("stacked", "")])

    def is_answer(self) -> bool:
        """Whether the form answers a trial. Invalid measurements, such as those after a change of
        the clock, are left out of the answer and do not make it invalid.
        """
        self.full_clean()
        return not self.errors.keys() & {"trial", "choice", "client_uuid"}

    def answer(self) -> dict[str, Any]:
        """The arguments of studies.sessions.voting.vote_and_continue."""
        sent = self.cleaned_data
        return {
            "trial": sent["trial"],
            "choice": sent["choice"],
            "client_uuid": sent["client_uuid"],
            "response_ms": sent.get("response_ms"),
            "hidden_ms": sent.get("hidden_ms"),
            "screen": self.screen(),
        }
