"""Take the pictures of pages in docs/, with the data of `make demo`.

    ECSPACE_DATA=var python docs/screenshots.py --out docs

With --only study it takes those of a study and its participants, with --only pages the others.

It works on a copy of the data folder: the installation itself is not touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import django
from playwright.sync_api import Browser, Page, expect, sync_playwright

if TYPE_CHECKING:
    from studies.models import Study

ROOT = Path(__file__).resolve().parents[1]
SIZES = (((1280, 800), ""), ((390, 844), "-phone"))
QUESTIONS = 8
PEOPLE = 16
QUALITY = 60  # of pages with many pictures
PATIENCE = 300_000  # milliseconds, on a busy machine


def main() -> None:
    """Copy the data, serve the copy, and take pictures of a session and researchers' pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--only", choices=("study", "pages"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(os.environ.get("ECSPACE_DATA", ROOT / "var"), data)
        os.environ["ECSPACE_DATA"] = str(data)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop running
        sys.path.insert(0, str(ROOT))
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        address = f"127.0.0.1:{_free_port()}"
        server = subprocess.Popen(  # noqa: S603 - our own server
            [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address, "--threads", "4"],
            cwd=ROOT,
            env=os.environ,
        )
        try:
            _take(f"http://{address}", options.out, options.only)
        finally:
            server.terminate()
            server.wait()


def _take(site: str, out: Path, only: str | None) -> None:
    session = _session()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        window = chromium.new_context()
        window.add_cookies([{"name": "sessionid", "value": session, "url": site}])
        page = window.new_page()
        page.set_default_timeout(PATIENCE)
        if only != "study":
            _arrive(page, site)
            _pages(page, site, out)
        if only != "pages":
            _of_a_study(chromium, page, site, out)
        chromium.close()


def _of_a_study(chromium: Browser, page: Page, site: str, out: Path) -> None:
    """The pages of participants, the monitor and the planner."""
    study = _study()
    for (width, height), suffix in SIZES:
        window = chromium.new_context(
            viewport={"width": width, "height": height}, has_touch=bool(suffix)
        )
        _participant(window.new_page(), f"{site}{study.entry_url}", out, suffix)
        window.close()
    watched = _rehearsed(site)
    for name, address in (
        ("monitor", f"{watched.pk}/monitor/?of=simulated"),
        ("planner", f"planner/?stimuli=batch:{study.batches.get().pk}&trials=20"),
    ):
        for (width, height), suffix in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{site}/studies/{address}")
            _keep(page, out / f"study-{name}{suffix}.jpg")


def _pages(page: Page, site: str, out: Path) -> None:
    """The pages of pictures and results, each from the part that shows most."""
    for name, address, part in _addresses():
        for (width, height), suffix in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{site}{address}")
            if page.locator(".plot").count():
                expect(page.locator(".plot[data-ready]").first).to_be_attached()
            if name == "launch":
                _compose(page)
            if part:
                page.locator(part).first.evaluate("part => part.scrollIntoView()")
            page.wait_for_function(_LOADED)
            _keep(page, out / f"page-{name}{suffix}.jpg", QUALITY)


def _compose(page: Page) -> None:
    """Choose two methods and all pictures, and wait for the preview."""
    for method in ("gatys", "adain"):
        page.locator(f"input[name=methods][value={method}]").check()
    for button in page.get_by_role("button", name="All").all():
        button.click()
    expect(page.locator(".launch-bar")).to_contain_text("GB of memory")


_LOADED = """() => [...document.images].every(image => {
  const { top, bottom, width } = image.getBoundingClientRect();
  return !width || bottom < 0 || top > innerHeight || (image.complete && image.naturalWidth);
})"""


def _addresses() -> list[tuple[str, str, str]]:
    """Name, address, and what is scrolled to; empty for the top of the page."""
    from django.urls import reverse

    from metrics.models import Calibration
    from studies.models import Study
    from transfer.models import Batch

    batch = Batch.objects.get(name="demo")
    stimulus = batch.stimuli.filter(method="gatys").first()
    assert stimulus is not None
    compare = f"{reverse('transfer:compare')}?content={stimulus.content_id}"
    study = Study.objects.get(name="demo E-test")
    judged = f"{reverse('metrics:referee')}?study={study.pk}&include_simulated=on"
    calibration = Calibration.objects.filter(target="E").first()
    assert calibration is not None
    return [
        ("home", reverse("home"), ""),
        ("launch", reverse("transfer:launch"), "fieldset:has(input[name=contents])"),
        ("batch", batch.get_absolute_url(), ""),
        ("gallery", f"{batch.get_absolute_url()}?order=-E", ".filters"),
        ("stimulus", stimulus.get_absolute_url(), ""),
        ("compare", compare, ".tools"),
        ("calibration", calibration.get_absolute_url(), ""),
        ("ecspace", reverse("metrics:ecspace"), "#scatter"),
        ("methods", reverse("metrics:ecspace"), ".plot"),
        ("referee", judged, "#ranks"),
    ]


def _participant(page: Page, address: str, out: Path, suffix: str) -> None:
    _arrive(page, address)
    _keep(page, out / f"study-consent{suffix}.jpg")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    for number in range(QUESTIONS):
        if number == QUESTIONS // 2:
            expect(page.get_by_role("heading")).to_have_text("Time for a short break")
            _keep(page, out / f"study-break{suffix}.jpg")
            page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("progressbar")).to_have_attribute("value", str(number))
        left = page.get_by_role("button", name="Left picture")
        expect(left).to_be_enabled()
        page.wait_for_timeout(300)  # longer than the guard against double clicks
        if number == 2:
            page.mouse.move(0, 0)
            _keep(page, out / f"study-trial{suffix}.jpg")
        left.click()
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    _keep(page, out / f"study-finish{suffix}.jpg")


def _arrive(page: Page, address: str) -> None:
    """Open the first page of a server that is just starting."""
    for _ in range(100):
        try:
            page.goto(address)
            return
        except Exception:
            time.sleep(0.2)
    sys.exit(f"no answer from {address}")


def _keep(page: Page, path: Path, quality: int = 72) -> None:
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=path, type="jpeg", quality=quality, animations="disabled")


def _study(**fields: object) -> Study:
    """An open study over the demo's batch."""
    from studies.models import Study
    from studies.planning.opening import open_study, set_consent
    from studies.rules.questions import CONSENT
    from transfer.models import Batch

    values = {
        "name": "Carries the style",
        "kind": "E",
        "trials_per_participant": QUESTIONS,
        "rules": {"break_every": QUESTIONS // 2},
    }
    study = Study.objects.create(**{**values, "enlarge": True, **fields})
    study.batches.add(Batch.objects.get(name="demo"))
    set_consent(study, CONSENT)
    open_study(study)
    return study


def _rehearsed(site: str) -> Study:
    """A study that simulated participants took part in through the server."""
    from studies.simulation.rehearsal import rehearse
    from studies.simulation.simulate import Behaviour

    rules = {"training": 1, "gold": 1, "traps": 1, "repeats": 1, "fastest_median_ms": 300}
    pauses = {"pause_not_loaded_percent": 10, "pause_gold_missed_percent": 30}
    study = _study(name="Keeps the content", kind="C", trials_per_participant=12,
                   rules=rules | pauses)  # fmt: skip
    scores = {s.public_id.hex: int(s.sha256[:4], 16) / 2**14 for s in study.stimuli.all()}
    behaviour = Behaviour(side_bias=0.1, inattention=0.15, dropout=0.2)
    rehearse(study, site, scores, PEOPLE, seed=2, behaviour=behaviour)
    return study


def _session() -> str:
    """A session of a researcher who is logged in."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import (
        BACKEND_SESSION_KEY,
        HASH_SESSION_KEY,
        SESSION_KEY,
        get_user_model,
    )

    user = get_user_model().objects.create_superuser(f"researcher-{uuid.uuid4().hex[:6]}")
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
