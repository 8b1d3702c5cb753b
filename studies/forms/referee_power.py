"""The planner's question on the referee: does the study tell two statistics apart?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from common.errors import InputError
from studies.planning.statistics_provider import Detection, LikenessHere, detection_of

if TYPE_CHECKING:
    from django.http import QueryDict

    from studies.planning.sample_size import Workload


def _percent(label: str, value: float, least: float, most: float, said: str) -> forms.FloatField:
    return forms.FloatField(
        label=label, initial=value, min_value=least, max_value=most, help_text=said
    )


class RefereePowerForm(forms.Form):
    """Two statistics that the votes of the planned study are to tell apart."""

    difference = _percent(
        "Difference in votes predicted, %", 5, 0.1, 100, "For example 70 % against 65 %: 5."
    )
    discordance = _percent(
        "Votes that only one of the two predicts, %", 30, 0.1, 100,
        "About 50 for unrelated statistics, 20 to 30 for similar ones.",
    )  # fmt: skip
    compared = forms.IntegerField(
        label="Statistics judged together", initial=2, min_value=2, max_value=1000,
        help_text="More of them need more votes: all are tested at once.",
    )  # fmt: skip
    power = _percent("Power, %", 80, 1, 99.9, "How often a true difference is to be found.")
    of_people = forms.FloatField(
        label="Correlation within a person", initial=0.01, min_value=0, max_value=0.99,
        help_text="Of the difference of the two, between votes of one person.",
    )  # fmt: skip
    of_stimuli = forms.FloatField(
        label="Correlation within a stimulus", initial=0.05, min_value=0, max_value=0.99,
        help_text="Between votes on one stimulus; 0 asks about these stimuli alone.",
    )  # fmt: skip

    detection: Detection
    """Set where the form is valid and a study is planned."""

    def __init__(
        self, sent: QueryDict, workload: Workload | None, likeness: LikenessHere | None = None
    ) -> None:
        """Fill missing values from the defaults.

        `workload` is the study that is planned; without one nothing is computed. The defaults of
        the correlations are those of `likeness`; without it they are assumed.
        """
        self.workload, self.likeness = workload, likeness
        usual = {name: field.initial for name, field in self.base_fields.items()}
        if likeness is not None:
            usual |= {
                "of_people": round(likeness.people, 3),
                "of_stimuli": round(likeness.stimuli, 3),
            }
        super().__init__({name: sent.get(name, value) for name, value in usual.items()})

    def clean(self) -> dict[str, Any]:
        """Compute the power of the planned study, and the people that the asked one takes."""
        asked = self.cleaned_data
        if self.errors or self.workload is None:
            return asked
        try:
            self.detection = detection_of(
                self.workload.participants,
                asked["power"] / 100,
                difference=asked["difference"] / 100,
                discordance=asked["discordance"] / 100,
                votes=self.workload.trials,
                stimuli=self.workload.stimuli,
                people_correlation=asked["of_people"],
                stimuli_correlation=asked["of_stimuli"],
                statistics=asked["compared"],
            )
        except InputError as error:
            raise forms.ValidationError(str(error)) from None
        return asked
