"""The form of a study: all of it in draft, its codes at any time."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms
from django.conf import settings

from studies.design import DESIGNS
from studies.models import Study
from studies.rules.questions import CONSENT
from studies.rules.screen_requirements import ORIENTATIONS, Gates
from studies.rules.session_rules import Rules
from studies.sessions.completion_codes import ENDINGS
from transfer.models import Batch, Stimulus

SECTIONS = {
    "Question": ("name", "title", "kind", "language", "batches", "scope", "ties_allowed"),
    "Plan": (
        "design", "trials_per_participant", "participant_target", "votes_per_pair", "break_every",
    ),
    "Control trials and exclusions": (
        "training", "gold", "gold_misses", "traps", "trap_misses", "repeats", "fastest_median_ms",
        "pause_not_loaded_percent", "pause_gold_missed_percent",
    ),
    "Screen": (
        "least_width", "stack", "least_height", "least_pixel_ratio", "orientation", "enlarge",
    ),
    "Participants": (
        "recruiter", "returning", *(f"code_{ending}" for ending in ENDINGS), "consent",
    ),
}  # fmt: skip
"""Heading → its fields, in their order."""

RULES = {
    "training": ("Training trials", "They come first and never count."),
    "gold": ("Gold trials", "One picture clearly belongs elsewhere."),
    "gold_misses": ("Gold trials that may be missed", "Who misses more is left out."),
    "traps": ("Traps", "They say which picture to choose."),
    "trap_misses": ("Traps that may be missed", "Who misses more is left out."),
    "repeats": ("Repeats", "Pairs shown again, sides swapped, to measure agreement."),
    "fastest_median_ms": ("Fastest median response, ms", "Who is faster is left out; 0: nobody."),
    "break_every": ("A break after every … questions", "0: no break."),
    "pause_not_loaded_percent": (
        "Pause when more than … % of pictures do not load", "Of the latest 50 trials; 0: never.",
    ),
    "pause_gold_missed_percent": (
        "Pause when more than … % of gold trials are missed", "Of the latest 50; 0: never.",
    ),
}  # fmt: skip
"""Rule → its label and what it does."""

ADVISED = {"training": 5, "gold": 1, "traps": 1, "repeats": 4}
"""What the form of a new study starts from: as in the toolkits of ITU-T P.808 and P.910, five clips
of training, one gold and one trap a session; repeats are a tenth of forty trials, our choice."""

CODES = {
    "completed": "Code for who finished",
    "attention": "Code for who missed the traps",
    "screened_out": "Code for who has no suitable screen",
    "no_consent": "Code for who does not consent",
    "full": "Code for who came too late",
    "not_loaded": "Code for whom no picture loads",
}
"""Ending → the label of its code."""


class CodesForm(forms.ModelForm[Study]):
    """Where people come from, and what they are sent back with."""

    class Meta:
        model = Study
        fields = ("recruiter",)
        labels = {"recruiter": "Participants come from"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add a field for every ending."""
        super().__init__(*args, **kwargs)
        for ending, label in CODES.items():
            self.fields[f"code_{ending}"] = forms.RegexField(
                r"^[\w-]+$",
                label=label,
                max_length=40,
                required=False,
                initial=self.instance.codes.get(ending, ""),
                help_text=""
                if ending != "completed"
                else "Empty: everybody gets one of their own.",
                error_messages={"invalid": "Use letters, digits, - and _ only."},
            )

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings."""
        here = {title: [name for name in names if name in self.fields]
                for title, names in SECTIONS.items()}  # fmt: skip
        return [(title, [self[name] for name in names]) for title, names in here.items() if names]

    def save(self, commit: bool = True) -> Study:
        """Save the study together with its codes."""
        given = {ending: self.cleaned_data[f"code_{ending}"] for ending in ENDINGS}
        self.instance.codes = {ending: code for ending, code in given.items() if code}
        return super().save(commit)


class StudyForm(CodesForm):
    """Create a study in draft, or change one."""

    batches = forms.ModelMultipleChoiceField(
        Batch.objects.none(), widget=forms.CheckboxSelectMultiple, label="Stimuli from"
    )
    design = forms.ChoiceField(
        choices=[(name, rule.label) for name, rule in DESIGNS.items()], label="Choice of pairs"
    )
    language = forms.ChoiceField(
        choices=[("", "the one that each browser asks for"), *settings.LANGUAGES],
        required=False,
        label="Language of participants’ pages",
    )
    consent = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12}),
        label="Consent text",
        help_text="Participants read it before anything else. Say who you are and whom to ask. "
        "This text of ours appears in the participant’s language, your own as you write it.",
    )
    least_height = forms.IntegerField(
        label="Least height of the window", min_value=0, max_value=10_000, required=False
    )
    least_width = forms.IntegerField(
        label="Least width of the window",
        help_text="In CSS pixels; 0 lets phones in, which show the pictures stacked.",
        min_value=0,
        max_value=10_000,
        required=False,
    )
    stack = forms.BooleanField(
        label="Let narrower windows in, and stack the pictures there", required=False
    )
    least_pixel_ratio = forms.FloatField(
        label="Least device-pixel ratio",
        help_text="1 keeps pages out that are zoomed out; 0 lets all in.",
        min_value=0,
        max_value=10,
        required=False,
    )
    orientation = forms.ChoiceField(
        label="Orientation of the screen",
        choices=[(word, word or "either") for word in ORIENTATIONS],
        required=False,
    )

    class Meta(CodesForm.Meta):
        fields = (  # type: ignore[assignment]
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
            "ties_allowed",
            "enlarge",
            "language",
        )
        labels = {
            **CodesForm.Meta.labels,
            "title": "Title for participants",
            "kind": "Question",
            "scope": "The two pictures of a pair",
            "participant_target": "Participants",
            "votes_per_pair": "Votes per pair",
            "returning": "People who come back",
            "ties_allowed": "Participants may answer “no difference”",
            "enlarge": "Enlarge small pictures to fill their place",
        }
        help_texts = {
            "name": "For you and your colleagues. Participants never see it.",
            "votes_per_pair": "On average at least four; fewer votes a pair mean more pairs.",
            "enlarge": "Otherwise every picture is shown at its own size.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the batches that have something to show, and what the study declared so far."""
        super().__init__(*args, **kwargs)
        done = Stimulus.objects.filter(state=Stimulus.State.DONE)
        offered = Batch.objects.filter(pk__in=done.values("batch"))
        self.fields["batches"].queryset = offered  # type: ignore[attr-defined]
        for name in ("trials_per_participant", "participant_target", "votes_per_pair"):
            self.fields[name].min_value = 1  # type: ignore[attr-defined]
            self.fields[name].widget.attrs["min"] = 1
            self.fields[name].validators.append(forms.IntegerField(min_value=1).validators[0])
        for name, (label, help_text) in RULES.items():
            self.fields[name] = forms.IntegerField(
                label=label, help_text=help_text, min_value=0, max_value=100_000, required=False
            )
        declared = {**self.instance.declared.__dict__, **self.instance.gate.__dict__}
        advised = {} if self.instance.pk else ADVISED
        self.initial = {**declared, **advised, **self.initial}
        self.initial["consent"] = self.instance.consent.text if self.instance.pk else CONSENT

    def save(self, commit: bool = True) -> Study:
        """Save the study together with its rules, its gates and its consent text."""
        rules, gates = (
            {field.name: self.cleaned_data[field.name] or field.default for field in fields(kind)
             if field.name in self.cleaned_data}
            for kind in (Rules, Gates)
        )  # fmt: skip
        self.instance.rules = Rules.of(rules).declared()
        self.instance.gates = Gates.of(gates).declared()
        study = super().save(commit)
        study.set_consent(self.cleaned_data["consent"])
        return study
