"""The settings of a study: one declaration for the form, the command line and the study's page.

A new setting is a field of `Study`, its migration, and a line of SETTINGS. Session rules and screen
requirements are declared in studies/rules and need no line here.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.db import models

from studies.design import DESIGNS
from studies.models import Study
from studies.rules.declaration import Declaration
from studies.rules.screen_requirements import ScreenRequirements
from studies.rules.session_rules import SessionRules
from studies.sessions.completion_codes import ENDINGS


@dataclass(frozen=True)
class Setting:
    """A field of `Study` that researchers set."""

    name: str
    section: str
    """Heading of the form; empty: the form does not have it."""
    label: str
    help_text: str = ""
    option: str = ""
    """Option of `manage.py study create`; empty: the command declares its own."""
    option_help: str = ""
    row: bool = False
    """Whether the study's page lists the value under the label."""
    empty: str = "–"
    """What the page shows for an empty value."""
    choices: Sequence[tuple[str, str]] = ()
    """Stored values and their labels, where the field of `Study` has none."""


LANGUAGES = [("", "the one that each browser asks for"), *settings.LANGUAGES]
_DESIGNS = [(name, rule.label) for name, rule in DESIGNS.items()]
SETTINGS = (
    Setting("name", "Question", "Name",
            "For you and your colleagues. Participants never see it."),
    Setting("title", "Question", "Title for participants", option="--title",
            option_help="shown to participants in place of the name"),
    Setting("kind", "Question", "Question"),
    Setting("language", "Question", "Language of participants’ pages", option="--language",
            option_help="of participants' pages; default: that of each browser", row=True,
            empty="that of each browser", choices=LANGUAGES),
    Setting("batches", "Question", "Stimuli from"),
    Setting("scope", "Question", "The two pictures of a pair", option="--scope",
            option_help="what a pair shares"),
    Setting("ties_allowed", "Question", "Participants may answer “no difference”",
            option="--ties", row=True),
    Setting("design", "Design", "Selection of pairs", option="--design", choices=_DESIGNS),
    Setting("trials_per_participant", "Design", "Trials per participant", option="--trials"),
    Setting("participant_target", "Design", "Participants", option="--participants"),
    Setting("votes_per_pair", "Design", "Votes per pair",
            "On average at least four; fewer votes per pair mean more pairs.",
            option="--votes-per-pair"),
    Setting("seed", "", "Seed of the random numbers", option="--seed"),
    Setting("enlarge", "Screen", "Enlarge small pictures to fill their place",
            "Otherwise every picture is shown at its own size.", option="--enlarge"),
    Setting("recruiter", "Participants", "Participants come from", option="--recruiter", row=True),
    Setting("id_secret", "Participants", "Secret of signed ids",
            "The service adds signature=HMAC-SHA256(secret, id) to the link, in hexadecimal; links "
            "without a valid one are refused. Empty: ids are not signed.", option="--id-secret",
            option_help="shared with the recruitment service, which signs the ids in links"),
    Setting("returning", "Participants", "Returning participants", option="--returning", row=True),
)  # fmt: skip
"""Every setting, in the order of the form."""

DECLARATIONS: tuple[tuple[str, str, type[Declaration]], ...] = (
    ("rules", "Control trials, breaks and exclusions", SessionRules),
    ("required_screen", "Screen", ScreenRequirements),
)
"""Fields of `Study` with a declaration: field, section of the form, class."""

_FURTHER = tuple(("Participants", name) for name in (*(f"code_{e}" for e in ENDINGS), "consent"))
"""Section and name of form fields that are no fields of `Study`."""
_ORDER = ("Question", "Design", "Control trials, breaks and exclusions", "Screen", "Participants")
STEPS = (
    ("Question and pictures", ("Question",)),
    ("Plan", ("Design", "Control trials, breaks and exclusions")),
    ("Participants", ("Participants", "Screen")),
)
"""The steps of the form, with the headings of each."""
SELDOM = frozenset(
    {
        "language", "scope", "ties_allowed", "design", "gold_misses", "trap_misses",
        "fastest_median_ms", "pause_not_loaded_percent", "pause_gold_missed_percent", "enlarge",
        "least_width", "stack", "least_height", "least_pixel_ratio", "orientation", "id_secret",
        "returning", "change_last",
        *(f"code_{ending}" for ending in ENDINGS if ending != "completed"),
    }
)  # fmt: skip
"""Fields that the form folds under *More*, because their defaults suit most studies."""


def sections() -> dict[str, list[str]]:
    """Heading of the form → the names of its fields, in their order."""
    declared = [
        (section, name)
        for _, section, declaration in DECLARATIONS
        for name in declaration.json_names().values()
    ]
    set_directly = [(setting.section, setting.name) for setting in SETTINGS]
    every = [*declared, *set_directly, *_FURTHER]
    return {title: [name for section, name in every if section == title] for title in _ORDER}


def declaration_fields(declaration: type[Declaration]) -> dict[str, forms.Field]:
    """A form field for every value of a declaration, by its JSON name."""
    return {name: _form_field(declaration, key) for key, name in declaration.json_names().items()}


def _form_field(declaration: type[Declaration], key: str) -> forms.Field:
    field = declaration.model_fields[key]
    common: dict[str, Any] = {
        "label": field.title, "help_text": field.description or "", "required": False,
    }  # fmt: skip
    if choices := declaration.choices(key):
        return forms.ChoiceField(choices=[(word, word or "either") for word in choices], **common)
    kind = declaration.type_of(key)
    if kind is bool:
        return forms.BooleanField(**common)
    number = forms.IntegerField if kind is int else forms.FloatField
    return number(min_value=0, max_value=100_000, **common)


def add_options(parser: ArgumentParser) -> None:
    """Declare an option for every setting, rule and screen requirement."""
    for setting in SETTINGS:
        if setting.option:
            field = Study._meta.get_field(setting.name)
            assert isinstance(field, models.Field)
            choices = [value for value, _ in setting.choices or field.choices or () if value]
            _add_option(parser, setting.option, _type_of(field), choices, dest=setting.name,
                        help=setting.option_help or None)  # fmt: skip
    for _, _, declaration in DECLARATIONS:
        for key, name in declaration.json_names().items():
            described = declaration.model_fields[key].title
            words = [word for word in declaration.choices(key) if word]
            _add_option(parser, f"--{name.replace('_', '-')}", declaration.type_of(key), words,
                        help=described and described.lower().replace("%", "%%"))  # fmt: skip


def _type_of(field: models.Field[Any, Any]) -> type:
    if isinstance(field, models.BooleanField):
        return bool
    return int if isinstance(field, models.IntegerField) else str


def _add_option(
    parser: ArgumentParser, option: str, kind: type, choices: Sequence[str], **further: Any
) -> None:
    if kind is bool:
        parser.add_argument(option, action="store_const", const=True, **further)
    elif choices:
        parser.add_argument(option, choices=choices, **further)
    else:
        parser.add_argument(option, type=kind, metavar="TEXT" if kind is str else "N", **further)


def declarations(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Fields of `Study` with a declaration, from values by JSON name; empty values are "off".

    Raises:
        InputError: a value is out of range.

    """
    return {
        field: declaration.of(
            {name: given[name] for name in declaration.json_names().values() if given.get(name)}
        ).declared()
        for field, _, declaration in DECLARATIONS
    }


def rows(study: Study) -> list[tuple[str, str]]:
    """The settings that the study's page lists: label, and value in words."""
    return [(setting.label, _in_words(study, setting)) for setting in SETTINGS if setting.row]


def _in_words(study: Study, setting: Setting) -> str:
    value = getattr(study, setting.name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    field = Study._meta.get_field(setting.name)
    assert isinstance(field, models.Field)
    words = dict([*setting.choices, *(field.flatchoices or ())])
    return setting.empty if value == "" else str(words.get(value, value))
