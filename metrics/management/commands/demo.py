"""Run the whole platform once: pictures, stimuli, measurements, votes, calibrations, report.

The participants are simulated, and every page and file says so: they prefer what the published
models of Yeh et al. 2020 predict. Each step calls a command of the platform, which keeps the
results of an earlier run and adds missing ones.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db.models import QuerySet
from PIL import Image

from common.command import InputCommand
from common.pictures import write_png
from metrics.calibration.presets import preset
from metrics.calibration.score import score
from metrics.measurements.table import statistics_frame, usual_instruments
from studies.models import Study
from studies.planning.opening import open_study
from studies.simulation.simulate import simulate
from transfer.batches.import_pictures import store_picture
from transfer.models import Batch, Picture
from transfer.samples.contents import sample_contents
from transfer.samples.styles import sample_styles

BATCH = "demo"
SOURCE = "demo: "  # prefix of the source of every picture of the demo
PICTURES = 4  # contents, and as many styles
METHODS = ("gatys", "gatys-cov", "cross-layer")
SIZE = 192  # pixels wide
ITERATIONS = 60  # enough for a visible style at this size; a study uses the methods' defaults
STYLE_WEIGHT = 300.0  # the default needs more iterations to restore the content
PARTICIPANTS, TRIALS = 40, 40
STUDIES = {"E": "demo E-test", "C": "demo C-test"}
PRESETS = {"E": "wacv2020-E", "C": "wacv2020-C"}
ADDRESS = "127.0.0.1:8000"


class Command(InputCommand):
    """`manage.py demo`."""

    help = (
        "Make pictures, stimuli, simulated votes, calibrations and the EC report, then serve the "
        "site (DEMO_SERVE=0: stop after the report). A repeated run makes only what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        serve = os.environ.get("DEMO_SERVE", "1") not in ("0", "no", "false", "off")
        parser.add_argument("--no-serve", dest="serve", action="store_false", default=serve)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run each step and print its time."""
        report = settings.DATA_DIR / "reports" / "demo"
        for title, step in (
            ("database", self._database),
            ("pictures", self._pictures),
            ("stimuli", self._stimuli),
            ("measurements", self._measurements),
            ("votes of simulated participants", self._votes),
            ("calibrations", self._calibrations),
            ("report", lambda: self._report(report)),
        ):
            began = time.monotonic()
            self.stderr.write(f"— {title}")
            step()
            self.stderr.write(f"  {title}: {time.monotonic() - began:.1f} s")
        name, password = _login()
        self.stdout.write(f"report: {report / 'index.html'}")
        self.stdout.write(f"login: {name}, password: {password}")
        if options["serve"]:
            self.stdout.write(f"site: http://{ADDRESS}/ (Ctrl-C stops it)")
            self.stdout.flush()
            _serve()

    def _database(self) -> None:
        call_command("migrate", verbosity=0)
        _login()

    def _pictures(self) -> None:
        if _pictures("content").count() == _pictures("style").count() == PICTURES:
            return
        with tempfile.TemporaryDirectory() as folder:
            for role, samples in (("content", sample_contents()), ("style", sample_styles())):
                for sample in samples:
                    path = Path(folder) / f"{sample.name}.png"
                    write_png(Image.fromarray(sample.pixels), path)
                    source = f"{SOURCE}{sample.source}"
                    store_picture(path, role, licence=sample.licence, source=source)

    def _stimuli(self) -> None:
        call_command(
            "generate",
            name=BATCH,
            methods=list(METHODS),
            contents=[picture.sha256 for picture in _pictures("content")],
            styles=[picture.sha256 for picture in _pictures("style")],
            size=SIZE,
            iterations=ITERATIONS,
            style_weight=[STYLE_WEIGHT],
            measure=False,
        )

    def _measurements(self) -> None:
        call_command("measure", batch=BATCH)

    def _votes(self) -> None:
        stimuli = Batch.objects.get(name=BATCH).stimuli.all()
        statistics = statistics_frame(stimuli, usual_instruments(stimuli))
        for kind, name in STUDIES.items():
            if not Study.objects.filter(name=name).exists():
                call_command("study", "create", name, kind=kind, batch=[BATCH], enlarge=True)
            study = Study.objects.get(name=name)
            if study.state == Study.State.DRAFT:
                open_study(study)
            done = study.participants.count()
            if done < PARTICIPANTS:
                # The presets name no instrument; the simulation uses them as ground truth.
                scores = score(preset(PRESETS[kind]), statistics)
                truth = {str(stimulus): value for stimulus, value in scores.items()}
                simulate(study, truth, PARTICIPANTS - done, TRIALS, seed=1 + done)

    def _calibrations(self) -> None:
        for kind, name in STUDIES.items():
            call_command("calibrate", study=[name], target=kind, include_simulated=True)

    def _report(self, folder: Path) -> None:
        call_command("report", batch=BATCH, out=folder)


def _pictures(role: str) -> QuerySet[Picture]:
    return Picture.objects.filter(role=role, source__startswith=SOURCE)


def _login() -> tuple[str, str]:
    """Name and password of the demo's researcher, who is created once.

    The password is stored in the data folder, readable by its owner only.
    """
    path = settings.DATA_DIR / "demo-login"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    password = path.read_text()
    user, made = get_user_model().objects.get_or_create(username="demo")
    if made:
        user.set_password(password)
        user.save()
    return user.get_username(), password


def _serve() -> None:
    """Serve the site and run a worker for batches launched there, until Ctrl-C."""
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    server = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", ADDRESS, "--threads", "4"]
    with subprocess.Popen([*manage, "worker"]) as worker:  # noqa: S603
        try:
            subprocess.run(server, check=False, cwd=settings.BASE_DIR)  # noqa: S603
        except KeyboardInterrupt:
            pass
        finally:
            worker.send_signal(signal.SIGTERM)
