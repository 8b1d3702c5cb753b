"""Forms of the researcher's and the participants' pages."""

from __future__ import annotations

from typing import Any

from django import forms

from studies.design import DESIGNS
from studies.models import Choice, Study
from transfer.models import Batch, Stimulus

CONSENT = """\
In this study you see a picture at the top of the page and two pictures below it. Each time you \
choose one of the two. There are no right or wrong answers: we want to know what you see.

Taking part is voluntary. You may stop at any time by closing the page, without giving a reason.

We store your choices and how long they took. We store neither your name nor your address on the \
internet. The choices are analysed together with those of others, and may be published without \
anything that points to you.
"""


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
            "ties_allowed",
            "enlarge",
        )
        labels = {
            "title": "Title for participants",
            "kind": "Question",
            "scope": "The two pictures of a pair",
            "participant_target": "Participants",
            "votes_per_pair": "Votes per pair",
            "ties_allowed": "Participants may answer “no difference”",
            "enlarge": "Enlarge small pictures to fill their place",
        }
        help_texts = {
            "name": "For you and your colleagues. Participants never see it.",
            "votes_per_pair": "On average at least four; fewer votes a pair mean more pairs.",
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
        """Save the study together with its consent text."""
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
