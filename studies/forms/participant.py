"""Forms that participants' browsers send."""

from __future__ import annotations

from typing import Any

from django import forms

from studies.models import Choice

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
