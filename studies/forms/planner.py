"""The form of the planner: the size of a study before it exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from common.errors import InputError
from studies.design import blocks_of
from studies.models import Study
from studies.planning.allocation import (
    finished_in,
    items_among,
    items_of,
    planned_votes,
    study_blocks,
)
from studies.planning.forecast import Forecast, forecast
from studies.planning.remedies import check_feasibility
from studies.planning.sample_size import (
    ADVISED_MEETINGS,
    ADVISED_VOTES_PER_PAIR,
    SECONDS_PER_TRIAL,
    StudySize,
    Workload,
    trials_within,
    votes_per_pair,
    workload,
)
from studies.planning.statistics_provider import coefficients_of
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import QueryDict

    from studies.design import Block, Pair

SPREADS = {"E1": 1.0, "E2": 1.0, "E3": 1.0, "C": 0.1}
"""Assumed standard deviations of differences: C lies between 0 and 1, E does not."""
CORRELATION = 0.6
MOST_VOTES = 20_000
"""Largest number of votes of a draft for which the page computes, because any link can request
it."""
MOST_STIMULI = 100_000

SECTIONS = {
    "Stimuli": ("stimuli", "kind", "scope", "references", "each", "meetings"),
    "Session": ("votes_per_pair", "trials", "minutes", "seconds", "controls", "dropout"),
    "Pay": ("hourly_pay", "fee"),
    "Assumed differences": (*(f"spread_{term}" for term in SPREADS), "correlation"),
}
"""Heading → its fields, in their order."""


def _whole(label: str, value: int, least: int, most: int, said: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, initial=value, min_value=least, max_value=most, help_text=said
    )


def _number(
    label: str, value: float, least: float, most: float, said: str = ""
) -> forms.FloatField:
    return forms.FloatField(
        label=label, initial=value, min_value=least, max_value=most, help_text=said
    )


class PlannerForm(forms.Form):
    """The size of a study that does not exist yet."""

    stimuli = forms.ChoiceField(label="Stimuli", required=False)
    kind = forms.ChoiceField(
        label="Question", choices=Study.Kind.choices, initial="E",
        help_text="A draft study has its own, and its own selection of pairs.",
    )  # fmt: skip
    scope = forms.ChoiceField(
        label="The two pictures of a pair", choices=Study.Scope.choices, initial=Study.Scope.BOTH
    )
    references = _whole(
        "Groups of stimuli", 20, 1, 10_000, "Two stimuli meet within their group only."
    )
    each = _whole("Stimuli in each group", 14, 2, 10_000)
    meetings = _whole(
        "Others that each stimulus meets", ADVISED_MEETINGS, 1, 10_000, "At most all of its group."
    )
    votes_per_pair = _number(
        "Votes per pair", ADVISED_VOTES_PER_PAIR, 0.1, 10_000, "On average, at least 4 are advised."
    )
    trials = forms.IntegerField(
        label="Trials per person", min_value=1, max_value=10_000, required=False, initial=60,
        help_text="Real trials. Empty: as many as fit into the minutes.",
    )  # fmt: skip
    minutes = forms.FloatField(
        label="Minutes per person", min_value=1, max_value=600, required=False,
        help_text="Only where trials are left empty.",
    )  # fmt: skip
    seconds = _number("Seconds per trial", SECONDS_PER_TRIAL, 0.5, 600)
    controls = _whole(
        "Control trials per person", 4, 0, 1_000, "Training, gold, attention checks and repeats."
    )
    dropout = _number("Leave early or are excluded, %", 15, 0, 95, "They are paid, and replaced.")
    hourly_pay = _number("Pay per hour", 12, 0, 1_000_000, "In any currency.")
    fee = _number("Fee of the recruitment service, %", 33, 0, 1_000, "Of the pay.")
    correlation = _number("Correlation of any two", CORRELATION, 0, 0.95)

    def __init__(self, sent: QueryDict, user: AbstractBaseUser | AnonymousUser) -> None:
        """Fill missing values from the chosen study, or else from the defaults."""
        self.drafts = Study.objects.visible_to(user).filter(state=Study.State.DRAFT)
        done = Stimulus.objects.filter(state=Stimulus.State.DONE)
        self.batches = Batch.objects.filter(pk__in=done.values("batch"))
        self.blocks: list[Block] = []
        self.asked: list[Pair] = []
        usual = {name: field.initial for name, field in self.base_fields.items()}
        usual |= {f"spread_{term}": value for term, value in SPREADS.items()}
        usual |= self._as_in_study(sent.get("stimuli", ""))
        super().__init__({name: sent.get(name, value) for name, value in usual.items()})
        for term, value in SPREADS.items():
            label = f"Deviation of differences in {term}"
            self.fields[f"spread_{term}"] = _number(label, value, 1e-6, 1e6)
        choices = [
            ("", "as given by the numbers below"),
            ("Batches", [(f"batch:{batch.pk}", str(batch)) for batch in self.batches]),
            ("Draft studies", [(f"study:{study.pk}", str(study)) for study in self.drafts]),
        ]
        self.fields["stimuli"].choices = [choice for choice in choices if choice[1]]  # type: ignore[attr-defined]

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Headings with their fields."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS.items()]

    def clean(self) -> dict[str, Any]:
        """Compute the workload and the forecast."""
        asked = self.cleaned_data
        if self.errors:
            return asked
        try:
            self.workload, self.forecast = self._answer(asked)
        except InputError as error:
            raise forms.ValidationError(str(error)) from None
        return asked

    workload: Workload
    """Set where the form is valid."""
    forecast: Forecast
    """Set where the form is valid."""

    def _answer(self, asked: dict[str, Any]) -> tuple[Workload, Forecast]:
        controls, seconds = asked["controls"], asked["seconds"]
        if (asked["trials"] is None) == (asked["minutes"] is None):
            raise InputError("give either the trials or the minutes per person: one of the two")
        trials = asked["trials"] or trials_within(asked["minutes"], controls, seconds)
        if asked["stimuli"]:
            asked["kind"], self.blocks = self._chosen(asked)
            groups = tuple(map(len, self.blocks))
        else:
            if asked["each"] * asked["references"] > MOST_STIMULI:
                raise InputError(f"use at most {MOST_STIMULI} stimuli in all groups together")
            groups = (asked["each"],) * asked["references"]
        size = StudySize(
            groups, asked["votes_per_pair"], trials, seconds, asked["meetings"], controls,
            asked["hourly_pay"], asked["fee"] / 100, asked["dropout"] / 100, len({*self.asked}),
        )  # fmt: skip
        required = workload(size)
        spreads = {term: asked[f"spread_{term}"] for term in coefficients_of(asked["kind"])}
        return required, forecast(
            required, asked["kind"], self.blocks, spreads, asked["correlation"], self.asked
        )

    def _chosen(self, asked: dict[str, Any]) -> tuple[str, list[Block]]:
        what, _, pk = asked["stimuli"].partition(":")
        if what == "study":
            study = self.drafts.get(pk=pk)
            if study.votes_wanted > MOST_VOTES:
                raise InputError(
                    f"this draft wants {study.votes_wanted} votes, and the planner computes at "
                    f"most {MOST_VOTES}: leave the stimuli empty and give numbers"
                )
            if asked["meetings"] == self._as_in_study(asked["stimuli"])["meetings"]:
                items = items_of(study)
                planned = planned_votes(study, study_blocks(study, items))
                check_feasibility(study, items, planned)
                self.asked = [vote.pair for vote in planned]
            return study.kind, study_blocks(study)
        items = items_among(finished_in(self.batches.filter(pk=pk)), asked["kind"])
        across = asked["scope"] == Study.Scope.REFERENCE
        return asked["kind"], blocks_of(items, across=across)

    def _as_in_study(self, chosen: str) -> dict[str, Any]:
        what, _, pk = chosen.partition(":")
        study = self.drafts.filter(pk=pk).first() if what == "study" and pk.isdecimal() else None
        if study is None or study.votes_wanted > MOST_VOTES:
            return {}
        stimuli, votes = sum(map(len, study_blocks(study))), planned_votes(study)
        pairs = len({vote.pair for vote in votes})
        return {
            "kind": study.kind,
            "scope": study.scope,
            "meetings": max(1, round(2 * pairs / stimuli)) if stimuli else ADVISED_MEETINGS,
            "votes_per_pair": votes_per_pair(len(votes), pairs) if pairs else study.votes_per_pair,
            "trials": study.trials_per_participant,
            "controls": study.session_rules.controls,
        }
