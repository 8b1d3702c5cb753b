"""Forms of the pages of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from metrics.calibration.presets import PRESETS
from metrics.ecspace.grid import BINS
from metrics.models import Calibration
from studies.models import Study
from transfer.models import Batch

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

_BINS = {
    "independent": "independent thirds of E and C (the paper's)",
    "nested": "thirds of C within each third of E (equal cells)",
}


class SpaceForm(forms.Form):
    """The choice of batches, models and kind of cells."""

    batch = forms.ModelMultipleChoiceField(
        Batch.objects.all(), label="Batches", widget=forms.CheckboxSelectMultiple
    )
    e = forms.ChoiceField(label="E-model")
    c = forms.ChoiceField(label="C-model")
    bins = forms.ChoiceField(label="Cells", choices=[(name, _BINS[name]) for name in BINS])

    def __init__(self, user: AbstractBaseUser | AnonymousUser, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for target in ("E", "C"):
            rows = Calibration.objects.visible_to(user).filter(target=target)
            published = [(n, f"{n} (published)") for n in PRESETS if PRESETS[n].target == target]
            field = self.fields[target.lower()]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [*((str(row.pk), _label(row)) for row in rows), *published]


class CalibrateForm(forms.Form):
    """The choice of votes to fit."""

    study = forms.ModelChoiceField(
        Study.objects.none(),
        label="Votes of",
        help_text="Takes seconds, or minutes for 10,000 votes that a statistic separates.",
    )
    include_simulated = forms.BooleanField(
        required=False,
        label="Include simulated votes (the model is then marked as simulated)",
    )

    def __init__(self, user: AbstractBaseUser | AnonymousUser, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        study = self.fields["study"]
        assert isinstance(study, forms.ModelChoiceField)
        study.queryset = Study.objects.visible_to(user)


def _label(row: Calibration) -> str:
    return f"{row.name} (simulated votes)" if row.simulated else row.name
