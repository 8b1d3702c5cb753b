"""Forms of the pages of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from metrics.ecspace.grid import BINS
from metrics.models import Calibration
from metrics.presentation.choosing import TARGETS, Choice, fits
from metrics.presentation.scoring import Scoring
from studies.models import Study
from transfer.models import Batch

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

_BINS = {
    "independent": "independent thirds of E and C (the paper's)",
    "nested": "thirds of C within each third of E (equal cells)",
}


class ModelSelect(forms.Select):
    """A list of models in which those that cannot be used are disabled."""

    unusable: Collection[str] = ()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """One option; disabled if its model scores none of the stimuli."""
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.unusable:
            option["attrs"]["disabled"] = True
        return option


class SpaceForm(forms.Form):
    """The choice of batches, models and kind of cells.

    Attributes:
        unusable: models that score none of the stimuli: label, and why in words.

    """

    batch = forms.ModelMultipleChoiceField(
        Batch.objects.all(),
        label="Batches",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: those of the models.",
    )
    e = forms.CharField(label="E-model", required=False, widget=ModelSelect)
    c = forms.CharField(label="C-model", required=False, widget=ModelSelect)
    bins = forms.ChoiceField(label="Cells", choices=[(name, _BINS[name]) for name in BINS])

    def __init__(
        self,
        *args: Any,
        choice: Choice | None = None,
        among: QuerySet[Calibration] | None = None,
        **kwargs: Any,
    ) -> None:
        """Offer models, if a choice says for which stimuli.

        Args:
            args: of Django's forms.
            choice: what is shown.
            among: the calibrations that the user may see.
            kwargs: of Django's forms.

        """
        super().__init__(*args, **kwargs)
        self.unusable: list[tuple[str, str]] = []
        if choice is not None:
            for target in TARGETS:
                self._offer(target, choice, among)

    def _offer(self, target: str, choice: Choice, among: QuerySet[Calibration] | None) -> None:
        widget = self.fields[target.lower()].widget
        assert isinstance(widget, ModelSelect)
        shown = choice.scorings[target]
        widget.choices = [("", f"the newest that fits: {_label(shown)}")]
        unusable = []
        for fit in fits(target, choice.measured, among):
            widget.choices.append((fit.scoring.key, _label(fit.scoring)))
            if fit.reason:
                unusable.append(fit.scoring.key)
                self.unusable.append((_label(fit.scoring), fit.reason))
        widget.unusable = unusable


MOST_DRAWS = 5000
"""Bootstrap draws by the form; the command takes more."""


class CalibrateForm(forms.Form):
    """The choice of votes to fit, and how they are fitted."""

    study = forms.ModelChoiceField(
        Study.objects.none(),
        label="Votes of",
        help_text="Takes seconds, or minutes for 10,000 votes that a statistic separates.",
    )
    include_simulated = forms.BooleanField(
        required=False,
        label="Include simulated votes (the model is then marked as simulated)",
    )
    name = forms.CharField(
        required=False, max_length=200, help_text="Empty: made from the name of the study."
    )
    terms = forms.CharField(
        required=False,
        max_length=200,
        help_text="Such as E1, E3. Empty: the best of all combinations is selected.",
    )
    method = forms.ChoiceField(
        label="Fit",
        required=False,
        choices=[
            ("auto", "maximum likelihood, or Firth’s where votes are separated"),
            ("ml", "maximum likelihood"),
            ("firth", "Firth’s penalised likelihood"),
        ],
    )
    ties = forms.ChoiceField(
        required=False,
        choices=[
            ("drop", "left out and counted"),
            ("half", "half a vote for either side"),
            ("davidson", "a third outcome (Davidson’s model)"),
        ],
    )
    cluster = forms.ChoiceField(
        label="Votes may be correlated",
        required=False,
        choices=[
            ("participant", "within a participant"),
            ("participant+content", "within a participant and within a content"),
            ("participant+style", "within a participant and within a style"),
            ("none", "never (for comparison only)"),
        ],
    )
    replicates = forms.IntegerField(
        label="Bootstrap draws",
        required=False,
        initial=1000,
        min_value=0,
        max_value=MOST_DRAWS,
        help_text="Of participants, for intervals; 0: none.",
    )
    seed = forms.IntegerField(
        required=False,
        initial=0,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Of folds and bootstrap draws.",
    )

    MAIN = ("study", "include_simulated")
    MORE = ("name", "terms", "method", "ties", "cluster", "replicates", "seed")

    def __init__(self, user: AbstractBaseUser | AnonymousUser, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        study = self.fields["study"]
        assert isinstance(study, forms.ModelChoiceField)
        study.queryset = Study.objects.visible_to(user)

    def clean_terms(self) -> list[str]:
        """The terms, separated by commas or blanks."""
        terms: str = self.cleaned_data["terms"]
        return terms.replace(",", " ").split()

    def options(self) -> dict[str, Any]:
        """The options of `fit_calibration` that are given; others keep its defaults."""
        names = ("include_simulated", *self.MORE)
        given = {name: self.cleaned_data[name] for name in names}
        return {name: value for name, value in given.items() if value not in ("", None, [])}

    def main_fields(self) -> list[forms.BoundField]:
        """The fields that everybody needs."""
        return [self[name] for name in self.MAIN]

    def more_fields(self) -> list[forms.BoundField]:
        """The fields in the fold."""
        return [self[name] for name in self.MORE]

    def is_changed(self) -> bool:
        """Whether an option in the fold differs from its default, or is refused."""
        return bool(set(self.MORE) & {*self.changed_data, *self.errors}) and self.is_bound


class RefereeForm(forms.Form):
    """The choice of votes by which statistics are judged."""

    study = forms.ModelChoiceField(
        Study.objects.none(), label="Votes of", help_text="Takes some seconds."
    )
    include_simulated = forms.BooleanField(
        required=False, label="Include simulated votes (the answer is then marked as simulated)"
    )

    def __init__(self, user: AbstractBaseUser | AnonymousUser, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        study = self.fields["study"]
        assert isinstance(study, forms.ModelChoiceField)
        study.queryset = Study.objects.visible_to(user)


def _label(shown: Scoring) -> str:
    if shown.calibration is None:
        return f"{shown.label} (published)"
    return f"{shown.label} (simulated votes)" if shown.simulated else shown.label
