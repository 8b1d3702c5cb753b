"""The form of a study: all settings in draft, completion codes at any time."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from common.errors import InputError
from studies.forms.settings import (
    DECLARATIONS,
    SELDOM,
    SETTINGS,
    STEPS,
    declaration_fields,
    declarations,
    sections,
)
from studies.models import Study
from studies.planning.allocation import check_size, finished_in
from studies.planning.opening import set_consent
from studies.planning.outline import outline
from studies.rules.questions import CONSENT
from studies.rules.session_rules import SessionRules
from studies.sessions.completion_codes import ENDINGS
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studies.planning.feasibility import Objection
    from studies.planning.outline import Outline

ADVISED = {
    "training": 5, "gold": 1, "traps": 1, "repeats": 4, "instructions": True, "feedback": True,
}  # fmt: skip
"""Initial values of a new study, as in the toolkits of ITU-T P.808 and P.910: five training trials,
one gold trial and one attention check a session. Repeats are a tenth of forty trials, our choice.
"""

CODES = {
    "completed": "Code: completed",
    "attention": "Code: attention checks missed",
    "screened_out": "Code: screen not suitable",
    "no_consent": "Code: no consent",
    "full": "Code: study full",
    "not_loaded": "Code: images failed",
}
"""Ending → the label of its code."""

_LABELS = {setting.name: setting.label for setting in SETTINGS}
_HELP = {setting.name: setting.help_text for setting in SETTINGS}
_NOT_NEGATIVE = ("trials_per_participant", "participant_target", "votes_per_pair")


@dataclass(frozen=True)
class Entry:
    """A field of the form with the objections to its value."""

    field: forms.BoundField
    objections: Sequence[Objection] = ()


@dataclass(frozen=True)
class Section:
    """Fields under a heading; those that few studies change are folded."""

    title: str
    usual: list[Entry] = attribute(default_factory=list)
    seldom: list[Entry] = attribute(default_factory=list)

    @property
    def unfolded(self) -> bool:
        """Whether a folded field needs attention."""
        return any(entry.field.errors or entry.objections for entry in self.seldom)


class CodesForm(forms.ModelForm[Study]):
    """The recruitment service and the completion codes."""

    plan: Outline | None = None
    """The plan for the values of the form, where the page shows it."""

    class Meta:
        model = Study
        fields = ("recruiter",)
        labels = _LABELS
        help_texts = _HELP

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
                help_text="Empty: a different one for each person."
                if ending == "completed"
                else "",
                error_messages={"invalid": "Use letters, digits, - and _ only."},
            )

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Headings with their fields."""
        here = {
            title: [name for name in names if name in self.fields]
            for title, names in sections().items()
        }
        return [(title, [self[name] for name in names]) for title, names in here.items() if names]

    def steps(self) -> list[tuple[str, list[Section]]]:
        """The steps of the form that have fields: their titles and sections."""
        named = dict(self.sections())
        said = self.plan.objections if self.plan else ()
        made = []
        for title, headings in STEPS:
            here = [Section(heading) for heading in headings if heading in named]
            for section in here:
                for bound in named[section.title]:
                    entry = Entry(bound, [one for one in said if one.field == bound.name])
                    (section.seldom if bound.name in SELDOM else section.usual).append(entry)
            made += [(title, here)] if here else []
        return made

    def save(self, commit: bool = True) -> Study:
        """Save the study with its codes."""
        given = {ending: self.cleaned_data[f"code_{ending}"] for ending in ENDINGS}
        self.instance.codes = {ending: code for ending, code in given.items() if code}
        return super().save(commit)


class StudyForm(CodesForm):
    """Create a study in draft, or change one."""

    consent = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12}),
        label="Consent text",
        help_text="Participants read it before anything else. Say who you are and whom to ask. "
        "The text given here is shown in the participant’s language, your own as you write it.",
    )

    class Meta(CodesForm.Meta):
        fields = tuple(setting.name for setting in SETTINGS if setting.section)  # type: ignore[assignment]
        widgets = {"batches": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the batches with finished stimuli, and the values declared so far."""
        super().__init__(*args, **kwargs)
        done = Stimulus.objects.filter(state=Stimulus.State.DONE)
        offered = Batch.objects.filter(pk__in=done.values("batch"))
        self.fields["batches"].queryset = offered  # type: ignore[attr-defined]
        for name in _NOT_NEGATIVE:
            self.fields[name].min_value = 1  # type: ignore[attr-defined]
            self.fields[name].widget.attrs["min"] = 1
            self.fields[name].validators.append(forms.IntegerField(min_value=1).validators[0])
        for setting in SETTINGS:
            if setting.choices:
                self.fields[setting.name] = forms.ChoiceField(
                    choices=setting.choices,
                    label=setting.label,
                    required="" not in dict(setting.choices),
                )
        declared: dict[str, Any] = {}
        for field, _, declaration in DECLARATIONS:
            self.fields |= declaration_fields(declaration)
            declared |= declaration.of(getattr(self.instance, field)).model_dump(by_alias=True)
        advised = {} if self.instance.pk else ADVISED
        self.initial = {**declared, **advised, **self.initial}
        self.initial["consent"] = self.instance.consent.text if self.instance.pk else CONSENT

    def clean(self) -> dict[str, Any]:
        """Refuse a study that is too large to be planned, or has the name of another of its owner.

        Others' studies do not matter: the form must not tell whether they exist.
        """
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        of_owner = Study.objects.filter(created_by=self.instance.created_by)
        if of_owner.filter(name=cleaned.get("name", "")).exclude(pk=self.instance.pk).exists():
            self.add_error("name", "Study with this Name already exists.")
        try:
            trials, people = cleaned["trials_per_participant"], cleaned["participant_target"]
            rules = declarations(cleaned)["rules"]
            check_size(trials, people, SessionRules.of(rules).controls)
        except KeyError:
            pass  # a value is missing, which the form says already
        except InputError as error:
            self.add_error(None, str(error))
        return cleaned

    def planned(self) -> Outline | None:
        """The plan for the values that were sent; None if they do not determine one.

        Nothing is stored.
        """
        cleaned, rules = self.cleaned_data, set(SessionRules.json_names().values())
        needed = {"kind", "batches", "scope", "design", *_NOT_NEGATIVE}
        if (
            not needed <= cleaned.keys()
            or rules & self.errors.keys()
            or NON_FIELD_ERRORS in self.errors
        ):
            return None
        study = copy(self.instance)
        study.rules = declarations(cleaned)["rules"]
        return outline(study, finished_in(cleaned["batches"]))

    def save(self, commit: bool = True) -> Study:
        """Save the study with its rules, its screen requirements and its consent text."""
        for field, declared in declarations(self.cleaned_data).items():
            setattr(self.instance, field, declared)
        study = super().save(commit)
        set_consent(study, self.cleaned_data["consent"])
        return study


class NewStudyForm(StudyForm):
    """Create a study in draft, and the other test with the same settings where it is wanted.

    An EC space needs both: votes of an E-test and of a C-test.
    """

    both_tests = forms.BooleanField(
        required=False,
        label="Also create the other test (E or C) with the same settings",
        help_text="An EC space needs the votes of both.",
    )

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Headings with their fields; the other test stands under the question."""
        first, *rest = super().sections()
        return [(first[0], [*first[1], self["both_tests"]]), *rest]
