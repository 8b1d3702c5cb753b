"""Simulated participants who take part through the server."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import nullcontext

from studies.management.actions.action import Action, Options, study_of
from studies.management.actions.behaviour import (
    add_behaviour,
    behaviour_of,
    progress,
    utilities_of,
)
from studies.simulation.rehearsal import own_server, rehearse


def _add_arguments(parser: ArgumentParser) -> None:
    add_behaviour(parser)
    parser.add_argument("--server", metavar="URL", help="default: one of its own")
    parser.add_argument("--at-once", type=int, default=4, help="how many side by side")


def _run(options: Options) -> str:
    study = study_of(options["study"])
    study.open()
    utilities, behaviour = utilities_of(options), behaviour_of(options)
    people = options["participants"]
    server = nullcontext(options["server"].rstrip("/")) if options["server"] else own_server()
    with server as origin, progress(options) as one_more:
        told = (study, origin, utilities, people, options["seed"], behaviour)
        answers, left = rehearse(*told, options["at_once"], one_more)
    return (
        f"{answers} simulated answers over HTTP by {people} participants in study '{study}'; "
        f"{left} left early"
    )


ACTION = Action("the same over HTTP, page by page", _add_arguments, _run)
