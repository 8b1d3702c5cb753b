"""The columns of exported tables: the source of the tables and of their codebook.

Columns with the names of pwcmp (Perez-Ortiz and Mantiuk, github.com/mantiuk/pwcmp) repeat ours, so
that its scripts read VOTES.csv unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.tables import rows_to_csv

SCHEMA = 1
"""Version of the columns: raise it whenever a column changes its name or its meaning."""


@dataclass(frozen=True)
class Column:
    """A column: name, type of its values, and their meaning."""

    name: str
    type: str
    """string, boolean, integer, number or timestamp."""
    meaning: str
    values: tuple[str, ...] = ()
    """All possible values, if they can be listed."""
    missing: str = ""
    """The meaning of an empty cell; empty if no cell is empty."""


VOTES = (
    Column("participant", "string", "random id of the participant; it identifies no person"),
    Column("study", "string", "name of the study"),
    Column("trial", "string", "id of the trial"),
    Column("stimulus_left", "string", "id of the stimulus on the left"),
    Column("stimulus_right", "string", "id of the stimulus on the right"),
    Column("choice", "string", "the preferred stimulus", ("left", "right", "tie")),
    Column(
        "kind",
        "string",
        "purpose of the trial; only real trials enter estimates. gold and trap (attention check): "
        "there is a right answer. repeat: an earlier pair again, sides swapped",
        ("real", "training", "gold", "trap", "repeat"),
    ),
    Column("simulated", "boolean", "whether the participant is simulated"),
    Column("excluded", "string", "reason why the vote is excluded", missing="it is included"),
    Column(
        "response_ms",
        "integer",
        "milliseconds from the first paint of the decoded pictures to the answer, by the browser's "
        "clock, without hidden_ms",
        missing="invalid, or not recorded",
    ),
    Column("position", "integer", "position of the trial in the session, from 1"),
    Column("target", "string", "what the study asks for: effectiveness or coherence", ("E", "C")),
    Column("reference", "string", "name of the picture on top", missing="not recorded"),
    Column("expected", "string", "the right answer of a gold trial or attention check",
           ("left", "right"), missing="there is no right answer"),
    Column("received_at", "timestamp", "when the server stored the vote, UTC",
           missing="not recorded, or left out of a published file"),
    Column("rule", "string", "the rule that chose the pair, and its version",
           missing="not recorded"),
    Column("question_version", "integer", "version of the question's text", missing="not recorded"),
    Column("rules_version", "string", "the exclusion rules: version of their meaning, and of the "
           "study's declaration", missing="not recorded"),
    Column("left_sha256", "string", "SHA-256 of the file on the left", missing="not recorded"),
    Column("right_sha256", "string", "SHA-256 of the file on the right", missing="not recorded"),
    Column("observer", "string", "pwcmp's name of participant"),
    Column("session_id", "string", "pwcmp: which of the observer's sessions"),
    Column("scene", "string", "pwcmp: reference, and content where both stimuli share it",
           missing="not recorded"),
    Column("condition_A", "string", "pwcmp: method of the left stimulus, with its weight"),
    Column("condition_B", "string", "pwcmp: method of the right stimulus, with its weight"),
    Column("is_A_selected", "integer", "pwcmp: whether A was preferred", ("0", "1"),
           missing="a tie"),
    Column("schema", "integer", "version of these columns", (str(SCHEMA),)),
    Column("hidden_ms", "integer", "milliseconds for which the page was hidden before the answer, "
           "such as behind another tab; not part of response_ms", missing="not recorded"),
    Column("earlier_choices", "string", "choices that the participant changed later, oldest first, "
           "separated by spaces", missing="the choice was not changed, or not recorded"),
)  # fmt: skip
"""The columns of VOTES.csv and VOTES.parquet, one row per vote."""

QUESTIONNAIRE = (
    Column("participant", "string", "random id of the participant, as in the votes"),
    Column("age", "string", "age group in years", ("18-29", "30-44", "45-59", "60-"),
           missing="not asked, or not answered"),
    Column("vision", "string", "eyesight: normal or corrected, colours, or another way of seeing "
           "less well", ("normal", "colour", "other"), missing="not asked, or not answered"),
)  # fmt: skip
"""The columns of QUESTIONNAIRE.csv, one row per participant who was asked."""

COMMENT = Column("comment", "string", "the participant's comment", missing="none")
"""A further column of the researcher's own file: comments may say who wrote them."""

STIMULI = (
    Column("stimulus", "string", "id of the stimulus, as in the votes"),
    Column("method", "string", "key of the method, or label of an imported stimulus"),
    Column("parameters", "string", "all parameters of the method, as JSON"),
    Column("seed", "integer", "seed of the random numbers"),
    Column("content", "string", "SHA-256 of the content picture", missing="made from styles alone"),
    Column("styles", "string", "SHA-256 of the style pictures, separated by spaces"),
    Column("batch", "string", "batch of the stimulus; its recipe is in RECIPES.json"),
    Column("sha256", "string", "SHA-256 of the file"),
    Column("file", "string", "the picture in this archive", missing="left out"),
    Column("licence", "string", "licences of the pictures it was made from, joined by ` and `: "
           "all of them hold for it"),
    Column("left_out", "string", "why it is not in this archive", missing="it is in the archive"),
)  # fmt: skip
"""The columns of STIMULI.csv in a bundle."""

PICTURES = (
    Column("role", "string", "role of the picture", ("content", "style")),
    Column("name", "string", "name of the picture"),
    Column("licence", "string", "licence, as stated by the researcher", missing="not stated"),
    Column("source", "string", "source of the picture", missing="not stated"),
    Column("sha256", "string", "SHA-256 of the file"),
    Column("file", "string", "the picture in this archive", missing="left out"),
    Column("left_out", "string", "why it is not in this archive", missing="it is in the archive"),
)  # fmt: skip
"""The columns of PICTURES.csv in a bundle."""

_HEAD = ("table", "column", "type", "meaning", "values", "empty")


def as_imported(name: str) -> Column:
    """A further column of imported votes, exported unchanged."""
    return Column(name, "string", "as in the imported votes", missing="as in the imported votes")


def codebook_csv(tables: Iterable[tuple[str, Sequence[Column]]]) -> str:
    """The codebook as a table: one row per column of every table."""
    rows = [[table, *_cells(column)] for table, columns in tables for column in columns]
    return rows_to_csv([_HEAD, *rows])


def codebook_markdown(tables: Iterable[tuple[str, Sequence[Column]]]) -> str:
    """The codebook for reading."""
    lines = [f"# Codebook, schema {SCHEMA}"]
    for table, columns in tables:
        lines += ["", f"## {table}", "", f"| {' | '.join(_HEAD[1:])} |", "| --- " * 5 + "|"]
        lines += [f"| {' | '.join(_cells(column))} |" for column in columns]
    return "\n".join([*lines, ""])


def _cells(column: Column) -> list[str]:
    return [
        column.name,
        column.type,
        column.meaning,
        ", ".join(column.values) or "any",
        column.missing or "never",
    ]
