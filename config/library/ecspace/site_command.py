"""The commands `site` and `manage`: the site of this installation, and Django's command line."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model

from common.console import say
from common.errors import InputError
from config.__main__ import main as django_command

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `site` and `manage`."""
    site = subparsers.add_parser("site", help="serve the site, with a worker, until Ctrl-C")
    site.add_argument(
        "--bind",
        default="127.0.0.1:8000",
        metavar="ADDRESS:PORT",
        help="default: %(default)s",
    )
    site.add_argument(
        "--no-worker",
        dest="worker",
        action="store_false",
        help="make and measure nothing: workers run elsewhere",
    )
    site.set_defaults(answer=_site)
    manage = subparsers.add_parser(
        "manage",
        help="a command of the site, such as createsuperuser, demo, generate, study or backup",
        add_help=False,
    )
    manage.add_argument("arguments", nargs=argparse.REMAINDER)
    manage.set_defaults(answer=lambda options: _manage(options.arguments))


def _site(options: argparse.Namespace) -> None:
    django_command(["ecspace manage", "migrate", "--verbosity", "0"])
    say(f"site: http://{options.bind}/ (Ctrl-C stops it); data: {settings.DATA_DIR}")
    if not get_user_model().objects.exists():
        say("there is no account yet: make one with `ecspace manage createsuperuser`")
    # SIGTERM, of systemd or a container, ends it as Ctrl-C does.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    commands = [_server(options.bind)]
    if options.worker:
        commands.append([*settings.MANAGE, "worker"])
    running = [subprocess.Popen(one, start_new_session=True) for one in commands]  # noqa: S603
    try:
        code = running[0].wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        for process in running:
            process.terminate()  # the server after open requests, the worker after its chunk
        for process in running:
            process.wait()
        signal.signal(signal.SIGTERM, before)
    if code:
        raise InputError(
            f"the site has stopped, see above: is {options.bind} in use by another program?"
        )


def _server(bind: str) -> list[str]:
    """The web server's command, with the settings of gunicorn.conf.py."""
    return [
        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", bind),
        *("--worker-class", "config.buffering_worker.BufferingWorker"),
        *("--workers", "2", "--threads", "2", "--keep-alive", "15", "--no-control-socket"),
        *("--logger-class", "config.access_log.AccessLog"),
    ]


def _manage(arguments: list[str]) -> None:
    django_command(["ecspace manage", *arguments])
