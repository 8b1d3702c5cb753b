"""What participants' browsers send."""

from __future__ import annotations

from typing import Any

from django import forms

from studies.models import Choice

_MEASURES = ("width", "height", "pixel_ratio", "orientation", "layout")


class ScreenForm(forms.Form):
    """The window that something was sent from: CSS pixels, device pixels per CSS pixel."""

    width = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    height = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    pixel_ratio = forms.FloatField(required=False, min_value=0, max_value=100)

    def screen(self) -> dict[str, Any]:
        """What is known of the window."""
        sent = {name: self.cleaned_data.get(name) for name in _MEASURES}
        return {name: value for name, value in sent.items() if value not in (None, "")}


class ConsentForm(ScreenForm):
    """The answer to the consent page; "cannot": the window does not do, and will not."""

    consent = forms.ChoiceField(choices=[(word, word) for word in ("yes", "no", "cannot")])
    orientation = forms.CharField(required=False, max_length=30)


class TrialForm(forms.Form):
    """Which trial a browser speaks of."""

    trial = forms.UUIDField()


class VoteForm(TrialForm, ScreenForm):
    """What a browser sends as an answer."""

    choice = forms.ChoiceField(choices=Choice.choices)
    client_uuid = forms.UUIDField()
    response_ms = forms.IntegerField(required=False, min_value=0, max_value=24 * 3600 * 1000)
    layout = forms.ChoiceField(required=False, choices=[("beside", ""), ("stacked", "")])

    def is_answer(self) -> bool:
        """Whether it answers a trial. A clock that was turned back sends nonsense beside it."""
        self.full_clean()
        return not self.errors.keys() & {"trial", "choice", "client_uuid"}
