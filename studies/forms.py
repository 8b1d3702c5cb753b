"""Forms of the researcher's and the participants' pages."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms

from studies.design import DESIGNS
from studies.models import Choice, Study
from studies.rules import Rules
from transfer.models import Batch, Stimulus

CONSENT = """\
In this study you see a picture at the top of the page and two pictures below it. Each time you \
choose one of the two. There are no right or wrong answers: we want to know what you see.

Taking part is voluntary. You may stop at any time by closing the page, without giving a reason.

We store your choices and how long they took. We store neither your name nor your address on the \
internet. The choices are analysed together with those of others, and may be published without \
anything that points to you.
"""


def _rule(label: str, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=0, max_value=100_000, initial=0, required=False
    )


class StudyForm(forms.ModelForm[Study]):
    """Create a study in draft."""

    batches = forms.ModelMultipleChoiceField(
        Batch.objects.none(), widget=forms.CheckboxSelectMultiple, label="Stimuli from"
    )
    design = forms.ChoiceField(
        choices=[(name, rule.label) for name, rule in DESIGNS.items()], label="Choice of pairs"
    )
    consent = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12}),
        initial=CONSENT,
        label="Consent text",
        help_text="Participants read it before anything else. Say who you are and whom to ask.",
    )

    training = _rule("Training trials", "They come first and never count.")
    gold = _rule(
        "Gold trials", "One picture clearly belongs elsewhere. Who misses one is left out."
    )
    traps = _rule("Traps", "They say which picture to choose. Who misses one is left out.")
    repeats = _rule("Repeats", "Pairs shown again, sides swapped, to measure agreement.")
    fastest_median_ms = _rule(
        "Fastest median response, ms", "Who is faster is left out; 0: nobody."
    )
    break_every = _rule("A break after every … questions", "0: no break.")

    class Meta:
        model = Study
        fields = (
            "name",
            "title",
            "kind",
            "batches",
            "scope",
            "design",
            "trials_per_participant",
            "participant_target",
            "votes_per_pair",
            "recruiter",
            "returning",
            "least_width",
            "ties_allowed",
            "enlarge",
        )
        labels = {
            "title": "Title for participants",
            "kind": "Question",
            "scope": "The two pictures of a pair",
            "participant_target": "Participants",
            "votes_per_pair": "Votes per pair",
            "recruiter": "Participants come from",
            "returning": "People who come back",
            "least_width": "Least width of the window",
            "ties_allowed": "Participants may answer “no difference”",
            "enlarge": "Enlarge small pictures to fill their place",
        }
        help_texts = {
            "name": "For you and your colleagues. Participants never see it.",
            "votes_per_pair": "On average at least four; fewer votes a pair mean more pairs.",
            "least_width": "In CSS pixels; 0 lets phones in, which show the pictures stacked.",
            "enlarge": "Otherwise every picture is shown at its own size.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the batches that have something to show."""
        super().__init__(*args, **kwargs)
        done = Stimulus.objects.filter(state=Stimulus.State.DONE)
        offered = Batch.objects.filter(pk__in=done.values("batch"))
        self.fields["batches"].queryset = offered  # type: ignore[attr-defined]
        for name in ("trials_per_participant", "participant_target", "votes_per_pair"):
            self.fields[name].min_value = 1  # type: ignore[attr-defined]
            self.fields[name].widget.attrs["min"] = 1
            self.fields[name].validators.append(forms.IntegerField(min_value=1).validators[0])

    def save(self, commit: bool = True) -> Study:
        """Save the study together with its rules and its consent text."""
        names = {rule.name for rule in fields(Rules)} & set(self.cleaned_data)
        given = {name: self.cleaned_data[name] or 0 for name in names}
        self.instance.rules = Rules.of(given).declared()
        study = super().save(commit)
        study.set_consent(self.cleaned_data["consent"])
        return study


class ConsentForm(forms.Form):
    """The answer to the consent page, and the window it was given in."""

    consent = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
    width = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    height = forms.IntegerField(required=False, min_value=0, max_value=100_000)
    pixel_ratio = forms.FloatField(required=False, min_value=0, max_value=100)
    orientation = forms.CharField(required=False, max_length=30)

    def screen(self) -> dict[str, Any]:
        """The size of the window in CSS pixels, and its device pixels per CSS pixel."""
        names = ("width", "height", "pixel_ratio", "orientation")
        sent = {name: self.cleaned_data.get(name) for name in names}
        return {name: value for name, value in sent.items() if value not in (None, "")}


class VoteForm(forms.Form):
    """What a browser sends as an answer."""

    trial = forms.UUIDField()
    choice = forms.ChoiceField(choices=Choice.choices)
    client_uuid = forms.UUIDField()
    # A clock that was turned back sends nonsense: the answer counts, its time does not.
    response_ms = forms.IntegerField(required=False, min_value=0, max_value=24 * 3600 * 1000)


class TrialForm(forms.Form):
    """Which trial a browser speaks of."""

    trial = forms.UUIDField()
