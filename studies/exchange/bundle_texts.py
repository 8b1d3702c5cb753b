"""The texts of a bundle for its readers: README.md and LICENCE.txt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studies.exchange.licences import LICENCES

if TYPE_CHECKING:
    from studies.exchange.publication import Publication
    from studies.models import Study


def readme(
    study: Study, votes: int, licence: str, publication: Publication, further: Sequence[str]
) -> str:
    """README.md: what is in the archive, and what is not."""
    lines = [
        f"# {study.name}",
        "",
        f"{study.get_kind_display()} {votes} votes, one per row in VOTES.csv and VOTES.parquet.",
        "Rows whose `excluded` is not empty do not count; `simulated` marks bots.",
        "CODEBOOK.md describes every column, STUDY.json the study's settings, RECIPES.json how the",
        "stimuli were made. SHA256SUMS holds the hash of every file.",
        *further,
        "",
        f"Licence of the tables and texts: {licence}, {LICENCES[licence]}. Pictures and stimuli "
        "have",
        "licences of their own: see LICENCE.txt.",
    ]
    if publication.left_out or publication.stimuli_left_out:
        lines += ["", *_left_out(publication)]
    return "\n".join([*lines, ""])


def _left_out(publication: Publication) -> list[str]:
    names = ", ".join(publication.left_out)
    pictures = [f"Pictures left out, since they may not be published: {names}."]
    return [
        *(pictures if names else []),
        f"Stimuli left out with them, or since a licence forbids adaptations: "
        f"{publication.stimuli_left_out} of {len(publication.stimuli)}.",
        "PICTURES.csv and STIMULI.csv hold their SHA-256, and in the column `left_out` why.",
    ]


def licence_text(licence: str) -> str:
    """LICENCE.txt: the licence of the tables, and where those of the pictures are."""
    return (
        f"Tables and texts of this archive: {licence}\n{LICENCES[licence]}\n\n"
        "Pictures in content/ and style/: each under its own licence, in the column `licence` of\n"
        "PICTURES.csv.\n\n"
        "Stimuli in stimuli/: adaptations of these pictures. The column `licence` of STIMULI.csv\n"
        "names the licences of all pictures that a stimulus was made from; all of them hold.\n"
    )
