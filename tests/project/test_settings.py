"""Settings from environment variables, in a process of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import environment
from config.database import database
from tests.project.commands import ROOT, manage, python

SHOW = """
import json
from config import settings as s
print(json.dumps({k: getattr(s, k) for k in dir(s) if k.isupper()}, default=str))
"""


def settings_with(**variables: str) -> dict[str, object]:
    answer = python("-c", SHOW, **variables)
    assert answer.returncode == 0, answer.stderr
    shown = json.loads(answer.stdout)
    assert isinstance(shown, dict)
    return shown


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("DEBUG", "maybe", "1, true, yes, on or 0, false, no, off"),
        ("PRODUCTION", "2", "1, true, yes, on or 0, false, no, off"),
        ("BEHIND_PROXY", "nginx", "1, true, yes, on or 0, false, no, off"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR"),
        ("TASK_BACKEND", "celery", "database, immediate, ray"),
        ("STORAGE_URL", "ftp://x/y", "use s3://BUCKET or s3://BUCKET/PREFIX"),
        ("LOG_FORMAT", "xml", "use one of plain, json"),
        ("PROCESSES", "0", "a whole number of at least 1"),
        ("TIME_ZONE", "Mars/Olympus", "UTC or a name such as Europe/Berlin"),
        ("TIME_ZONE", "../etc/passwd", "UTC or a name such as Europe/Berlin"),
        ("CSRF_TRUSTED_ORIGINS", "study.example.org", "https://study.example.org"),
        ("DATABASE_URL", "mysql://h/n", "postgres://USER:PASSWORD@HOST:PORT/NAME"),
        ("LARGEST_UPLOAD", "0", "a whole number of at least 1"),
        ("LARGEST_UPLOAD", "1 GB", "a whole number of at least 1"),
        ("ECSPACE_DATA", "/proc/nowhere", "a directory that this user can make"),
    ],
)
def test_it_stops_the_start_if_a_value_is_not_accepted(
    name: str, value: str, accepted: str
) -> None:
    answer = manage("check", **{name: value})
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert f"{name}={value!r}" in answer.stderr
    assert accepted in answer.stderr


def test_it_refuses_debug_pages_in_production() -> None:
    answer = manage("check", DEBUG="yes", PRODUCTION="yes")
    assert answer.returncode == 2
    assert "DEBUG=no" in answer.stderr


@pytest.mark.parametrize(
    ("value", "meant"),
    [("1", True), ("YES", True), ("on", True), ("0", False), ("Off", False), ("", True)],
)
def test_it_reads_a_flag(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("A_FLAG", value)
    assert environment.flag("A_FLAG", True) is meant


def test_it_reads_a_list_without_its_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", " a.org , b.org,, ")
    assert environment.names("HOSTS", ["c.org"]) == ["a.org", "b.org"]


def test_sqlite_in_the_data_folder_is_the_default(tmp_path: Path) -> None:
    odd = tmp_path / "100% #1?"  # characters that mean something in an address
    shown = settings_with(ECSPACE_DATA=str(odd))
    assert shown["DATABASES"]["default"]["NAME"] == str(odd / "ecspace.sqlite3")  # type: ignore[index]
    assert shown["MEDIA_ROOT"] == str(odd / "media")


def test_it_reads_a_postgres_address(tmp_path: Path) -> None:
    settings = database("postgres://ada:s%40crét@db.example.org:5433/ecspace", tmp_path / "x")
    assert settings["ENGINE"] == "django.db.backends.postgresql"
    assert (settings["USER"], settings["PASSWORD"]) == ("ada", "s@crét")
    assert (settings["HOST"], settings["PORT"]) == ("db.example.org", 5433)
    assert settings["NAME"] == "ecspace"
    assert "init_command" not in settings.get("OPTIONS", {})


def test_it_reads_an_absolute_sqlite_address(tmp_path: Path) -> None:
    settings = database(f"sqlite:///{tmp_path}/study.sqlite3", tmp_path / "x")
    assert settings["NAME"] == f"{tmp_path}/study.sqlite3"
    assert "synchronous=FULL" in settings["OPTIONS"]["init_command"]


@pytest.mark.parametrize(
    "url",
    ["postgres://", "postgres://ada:hidden@h:port/n", "sqlite:///relative.db", "nonsense"],
)
def test_it_refuses_a_url_without_showing_the_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="use postgres://USER") as caught:
        database(url, tmp_path / "x")
    assert "hidden" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.django_db(transaction=True)
def test_it_runs_sqlite_so_that_votes_survive_a_power_cut() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (2,)  # FULL
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (20_000,)


def test_it_passes_the_deployment_checks_in_production() -> None:
    answer = manage("check", "--deploy", "--fail-level", "WARNING", PRODUCTION="yes")
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_it_serves_securely_in_production() -> None:
    plain, production = settings_with(), settings_with(PRODUCTION="yes")
    for name in (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
    ):
        assert production[name] and not plain[name]
    assert "SECURE_PROXY_SSL_HEADER" not in production
    assert "SECURE_PROXY_SSL_HEADER" in settings_with(BEHIND_PROXY="yes")


def test_it_starts_without_torch_and_other_heavy_libraries() -> None:
    code = (
        "import os, sys, django\n"
        "django.setup()\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        "heavy = {'torch', 'torchvision', 'statsmodels', 'sklearn', 'skimage', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = python("-c", code)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]"


def test_it_keeps_the_default_secret_key_outside_the_repository(tmp_path: Path) -> None:
    answer = python(
        "-c",
        "from config import settings; print(settings.SECRET_KEY)",
        HOME=str(tmp_path),
        SECRET_KEY_FILE="",
    )
    key = tmp_path / ".config" / "ecspace" / "secret_key"
    assert answer.stdout.strip() == key.read_text()
    assert not key.is_relative_to(ROOT)
