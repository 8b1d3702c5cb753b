"""The form that imports votes."""

from __future__ import annotations

from django import forms

from studies.models import Study


class ImportVotesForm(forms.Form):
    """A file of votes, and what it may not say itself."""

    votes = forms.FileField(
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.gz,.parquet,.zip"}),
        help_text="CSV, Parquet, or a bundle. Needed are the columns participant, stimulus_left, "
        "stimulus_right and choice, or those of pwcmp.",
    )
    name = forms.CharField(
        required=False, max_length=200, help_text="Of the new study. Empty: as in the file."
    )
    kind = forms.ChoiceField(
        required=False,
        label="What was asked",
        choices=[("", "as the file says"), *Study.Kind.choices],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.label_suffix = ""
