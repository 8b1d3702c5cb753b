"""The actions `export`, `bundle`, `codebook` and `import`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from common.atomic import replace_file, write_bytes, write_text
from common.tables import to_csv
from studies.exchange.bundle import LEAVE_OUT, REFUSE, write_bundle
from studies.exchange.columns import PICTURES, STIMULI, VOTES, codebook_csv, codebook_markdown
from studies.exchange.export import to_parquet, votes_frame
from studies.exchange.import_votes import import_votes
from studies.exchange.licences import LICENCES
from studies.management.actions.action import Action, Options, study_of, takes_study
from studies.models import Study, Vote

_TABLES = (
    ("VOTES.csv, VOTES.parquet", VOTES),
    ("STIMULI.csv", STIMULI),
    ("PICTURES.csv", PICTURES),
)


def _add_import(parser: ArgumentParser) -> None:
    """Options of `study import`."""
    parser.add_argument("file", type=Path, help="CSV, Parquet, or a bundle")
    parser.add_argument("--name", default="", help="of the new study; default: as in the file")
    parser.add_argument("--kind", default="", choices=["", *Study.Kind.values],
                        help="what was asked, where the file does not say it")  # fmt: skip


def _add_export(parser: ArgumentParser) -> None:
    """Options of `study export`."""
    parser.add_argument("study", nargs="+", help="names or numbers")
    parser.add_argument("--out", type=Path, required=True, help="FILE.csv or FILE.parquet")


def _add_bundle(parser: ArgumentParser) -> None:
    """Options of `study bundle`."""
    takes_study(parser)
    parser.add_argument("--out", type=Path, required=True, help="FILE.zip")
    parser.add_argument("--licence", required=True, choices=list(LICENCES),
                        help="of the tables and texts; pictures keep their own")  # fmt: skip
    parser.add_argument("--refuse", action="store_true",
                        help="write nothing if a picture may not be published (default: leave such "
                        "pictures out, with the stimuli made from them)")  # fmt: skip
    parser.add_argument("--permitted", action="append", default=[], metavar="LICENCE",
                        help="a licence of pictures, as stated, that permits publication; may be "
                        "given several times")  # fmt: skip


def _add_codebook(parser: ArgumentParser) -> None:
    """Options of `study codebook`."""
    parser.add_argument("--out", type=Path, required=True, help="FILE.md or FILE.csv")


def _export(options: Options) -> str:
    out: Path = options["out"]
    frame = votes_frame([study_of(name) for name in options["study"]])
    data = to_parquet(frame) if out.suffix == ".parquet" else to_csv(frame).encode()
    write_bytes(data, out)
    return f"{len(frame)} votes in {out}"


def _bundle(options: Options) -> str:
    study, out = study_of(options["study"]), options["out"]
    with replace_file(out) as file:
        otherwise = REFUSE if options["refuse"] else LEAVE_OUT
        done = write_bundle(
            study, file, options["licence"], otherwise=otherwise, permitted=options["permitted"]
        )
    if not done.left_out and not done.stimuli_left_out:
        return f"{out} is written"
    names = ", ".join(done.left_out) or "no picture"
    return (
        f"{out} is written; left out, since they may not be published: {names}; and "
        f"{done.stimuli_left_out} of {len(done.stimuli)} stimuli"
    )


def _codebook(options: Options) -> str:
    out: Path = options["out"]
    text = codebook_csv(_TABLES) if out.suffix == ".csv" else codebook_markdown(_TABLES)
    write_text(text, out)
    return f"{out} is written"


def _import(options: Options) -> str:
    study = import_votes(options["file"], name=options["name"], kind=options["kind"])
    votes = Vote.objects.filter(trial__participant__study=study).count()
    people = study.participants.count()
    return f"study {study.pk} '{study}': {votes} votes of {people} participants"


EXPORT = Action("write votes as CSV or Parquet", _add_export, _export)
BUNDLE = Action("write an archive to publish", _add_bundle, _bundle)
CODEBOOK = Action("write what the columns mean", _add_codebook, _codebook)
IMPORT = Action("votes of others, as a closed study", _add_import, _import)
