"""Rehearsal of a study: simulated participants take part over HTTP, through the server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections

from studies.models import Choice, Study, Trial
from studies.simulation.bot import Bot
from studies.simulation.simulate import Behaviour


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Log nothing: a rehearsal makes thousands of requests."""


@contextmanager
def own_server() -> Iterator[str]:
    """Serve this installation on a free loopback port; yields the address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def rehearse(
    study: Study,
    origin: str,
    utilities: Mapping[str, float],
    participants: int,
    seed: int,
    behaviour: Behaviour,
    at_once: int = 4,
    on_participant: Callable[[], None] | None = None,
) -> tuple[int, int]:
    """Run sessions of simulated participants over HTTP.

    They choose by the utilities of the stimuli that a page shows; attentive ones give the right
    answers to control trials. `seed` determines the behaviour of each participant, but not the
    trials, which depend on the order of the requests.

    Returns:
        The number of answers, and the number of participants who left early.

    """
    trials = study.questions_per_person
    generators = np.random.default_rng(seed).spawn(participants)
    stays = [behaviour.answers_before_leaving(trials, generator) for generator in generators]

    def take_part(number: int) -> int:
        generator = generators[number]

        def choose(trial: str, number: int) -> tuple[str, int]:
            return _choice(trial, utilities, behaviour, generator, number / trials), (
                behaviour.response_ms(generator)
            )

        try:
            return Bot(origin).take_part(study.simulated_url, choose, stays[number])
        finally:
            connections.close_all()
            if on_participant is not None:
                on_participant()

    with ThreadPoolExecutor(at_once) as pool:
        answers = sum(pool.map(take_part, range(participants)))
    return answers, sum(stay is not None for stay in stays)


def _choice(
    key: str,
    utilities: Mapping[str, float],
    behaviour: Behaviour,
    generator: np.random.Generator,
    progress: float,
) -> str:
    trial = Trial.objects.select_related("left", "right").get(public_id=key)
    assert trial.left and trial.right
    left, right = (utilities[one.public_id.hex] for one in (trial.left, trial.right))
    if trial.expected:
        left, right = (50.0, 0.0) if trial.expected == Choice.LEFT else (0.0, 50.0)
    prefers_left = generator.random() < behaviour.prefers_left(left, right, progress)
    return Choice.LEFT if prefers_left else Choice.RIGHT
