"""A study rehearsed: simulated participants take part through the server, not around it."""

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
from studies.simulation.bot import Robot
from studies.simulation.simulate import Behaviour


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing: a rehearsal makes thousands of requests."""


@contextmanager
def own_server() -> Iterator[str]:
    """Serve this installation on loopback for a while; gives the address."""
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
    progress: Callable[[], None] | None = None,
) -> tuple[int, int]:
    """Let simulated participants take part over HTTP; give (answers, how many left early).

    Only their taste is taken from the truth: whichever trial a page shows, they prefer by the
    utilities of its stimuli. Attentive ones know the right answers of control trials. `seed`
    decides what each of them is like; who gets which trial depends on who comes first.
    """
    trials = study.questions_per_person
    generators = np.random.default_rng(seed).spawn(participants)
    stays = [behaviour.stay(trials, generator) for generator in generators]

    def take_part(number: int) -> int:
        generator = generators[number]

        def choose(trial: str, turn: int) -> tuple[str, int]:
            return _choice(trial, utilities, behaviour, generator, turn / trials), (
                behaviour.response_ms(generator)
            )

        try:
            return Robot(origin).take_part(study.simulated_url, choose, stays[number])
        finally:
            connections.close_all()
            if progress is not None:
                progress()

    with ThreadPoolExecutor(at_once) as pool:
        answers = sum(pool.map(take_part, range(participants)))
    return answers, sum(stay is not None for stay in stays)


def _choice(
    key: str,
    utilities: Mapping[str, float],
    behaviour: Behaviour,
    generator: np.random.Generator,
    tired: float,
) -> str:
    trial = Trial.objects.select_related("left", "right").get(public_id=key)
    assert trial.left and trial.right
    left, right = (utilities[one.public_id.hex] for one in (trial.left, trial.right))
    if trial.expected:
        left, right = (50.0, 0.0) if trial.expected == Choice.LEFT else (0.0, 50.0)
    prefers_left = generator.random() < behaviour.prefers_left(left, right, tired)
    return Choice.LEFT if prefers_left else Choice.RIGHT
