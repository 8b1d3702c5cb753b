"""The action `rehearse`: simulated participants who take part over HTTP."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import nullcontext

from studies.management.actions.action import Action, Options, study_of
from studies.management.actions.behaviour import (
    add_behaviour,
    behaviour_of,
    progress_bar,
    utilities_of,
)
from studies.planning.opening import open_study
from studies.simulation.rehearsal import own_server, rehearse


def _add_arguments(parser: ArgumentParser) -> None:
    add_behaviour(parser)
    parser.add_argument("--server", metavar="URL", help="default: one of its own")
    parser.add_argument("--at-once", type=int, default=4, help="number of sessions at once")


def _run(options: Options) -> str:
    study = study_of(options["study"])
    open_study(study)
    utilities, behaviour = utilities_of(options), behaviour_of(options)
    people = options["participants"]
    server = nullcontext(options["server"].rstrip("/")) if options["server"] else own_server()
    with server as origin, progress_bar(options) as advance:
        given = (study, origin, utilities, people, options["seed"], behaviour)
        answers, left = rehearse(*given, options["at_once"], advance)
    return (
        f"{answers} simulated answers over HTTP by {people} participants in study '{study}'; "
        f"{left} left early"
    )


ACTION = Action("simulated participants over HTTP, page by page", _add_arguments, _run)
