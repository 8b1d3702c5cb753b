"""The action `simulate`: rows of simulated participants, without HTTP."""

from __future__ import annotations

from argparse import ArgumentParser

from studies.management.actions.action import Action, Options, study_of
from studies.management.actions.behaviour import (
    add_behaviour,
    behaviour_of,
    progress_bar,
    utilities_of,
)
from studies.simulation.simulate import simulate


def _add_arguments(parser: ArgumentParser) -> None:
    add_behaviour(parser)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--rounds", action="store_true", help="choose pairs by the votes so far")


def _run(options: Options) -> str:
    study = study_of(options["study"])
    utilities, behaviour = utilities_of(options), behaviour_of(options)
    with progress_bar(options) as advance:
        votes = simulate(
            study,
            utilities,
            options["participants"],
            options["trials"],
            options["seed"],
            behaviour,
            advance,
            rounds=options["rounds"],
        )
    return f"{votes} simulated votes in study '{study}'"


ACTION = Action("votes by simulated participants", _add_arguments, _run)
