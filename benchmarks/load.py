"""Fifty people vote at once: gunicorn on two cores, on SQLite (synchronous FULL) and on PostgreSQL.

A vote is the POST of an answer, whose response is the page of the next trial, as for participants'
browsers; it lasts from the first byte sent to the last byte received. Pictures are fetched at a
session's first trial and count as cached after that. People vote at a steady pace slightly above
the target.

The ratio of `load/…/votes` is our throughput ÷ the target's; of `load/…/p95` our time ÷ the
target's; of `load/…/cpu` the server's processor time of a vote ÷ the target's. `load/…/tool` is
the share of the machine that the load tool itself used. Only the time after all have begun is
measured. Any error, and any vote lost or doubled, stops the benchmark.

LOAD_SECONDS (60), LOAD_PEOPLE (50) and LOAD_PACE (seconds between a person's votes) change the run,
LOAD_WORKERS and LOAD_THREADS override gunicorn.conf.py. PostgreSQL is included if TEST_POSTGRES_URL
names a server: `FSYNC=on .ci/with-postgres make bench NAMES=load` starts one. All traffic stays on
127.0.0.1.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
P95_MS = 150.0
CPU_MS = 12.0
TARGETS = {"sqlite": 40.0, "postgres": 60.0}
"""Target of votes per second."""
BEGINNING = 15
"""Seconds in which the people arrive, one after the other."""
_TICKS = os.sysconf("SC_CLK_TCK")


def benchmarks() -> Iterator[dict[str, object]]:
    for database in TARGETS:
        if database == "postgres" and not os.environ.get("TEST_POSTGRES_URL"):
            continue
        yield from measured(database)


def measured(database: str) -> Iterator[dict[str, object]]:
    """One run against one database."""
    folder = Path(tempfile.mkdtemp(prefix="ecspace-load-"))
    try:
        with database_url(database, folder) as url:
            environment = {
                **os.environ,
                "DATABASE_URL": url,
                "ECSPACE_DATA": str(folder),
                "SECRET_KEY_FILE": str(folder / "key"),
                "OMP_NUM_THREADS": "1",
            }
            found = run(environment, folder, TARGETS[database])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, ours, reference, unit in (
        ("votes", found["votes_per_second"], TARGETS[database], "votes/s, ours ÷ target"),
        ("p95", found["p95_ms"], P95_MS, "ms"),
        ("cpu", found["cpu_ms"], CPU_MS, "ms of the server per vote"),
        ("tool", found["tool_share"], 1.0, "of the machine's cores"),
    ):
        yield {
            "name": f"load/{database}/{name}",
            "ratio": ours / reference,
            "ours": ours,
            "reference": reference,
            "unit": unit,
        }


def run(environment: dict[str, str], folder: Path, target: float) -> dict[str, float]:
    """Set up a study, serve it, let people vote, and count."""
    python("manage.py", "migrate", "--verbosity", "0", environment=environment)
    address = python("-m", "benchmarks._load_world", "make", environment=environment).strip()
    people = int(os.environ.get("LOAD_PEOPLE", "50"))
    seconds = max(10, int(os.environ.get("LOAD_SECONDS", "60")))
    # a tenth above the target
    pace = os.environ.get("LOAD_PACE") or str(people / (1.1 * target))
    with server(environment) as (process, port):
        tool = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", "benchmarks/_load_people.py", "--headless",
             "--only-summary", "--skip-log", "--users", str(people),
             "--spawn-rate", str(people / BEGINNING),
             "--run-time", f"{BEGINNING + seconds}s", "--stop-timeout", "10",
             "--host", f"http://127.0.0.1:{port}"],
            cwd=ROOT,
            env={**environment, "LOAD_ENTRY": address, "LOAD_PACE": pace,
                 "LOAD_OUT": str(folder / "votes.json")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(BEGINNING + 2)  # the tool itself needs time to start
        began, before = time.time(), cpu_seconds(process.pid)
        tool_before = cpu_seconds(tool.pid)
        time.sleep(seconds - 4)
        ended, server_seconds = time.time(), cpu_seconds(process.pid) - before
        tool_seconds = cpu_seconds(tool.pid) - tool_before
        complaints = tool.communicate()[1].decode()
    said: dict[str, Any] = json.loads((folder / "votes.json").read_text())
    if said["errors"]:
        raise RuntimeError(f"{len(said['errors'])} errors, the first: {said['errors'][0]}")
    python("-m", "benchmarks._load_world", "check", str(folder / "votes.json"),
           environment=environment)  # fmt: skip
    times = sorted(ms for at, ms in said["times_ms"] if began <= at < ended)
    if not times:
        raise RuntimeError(f"nobody voted: {complaints[-300:]}")
    return {
        "votes_per_second": len(times) / (ended - began),
        "p95_ms": times[int(0.95 * (len(times) - 1))],
        "cpu_ms": 1000 * server_seconds / len(times),
        "tool_share": tool_seconds / (ended - began) / (os.cpu_count() or 1),
    }


@contextmanager
def server(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The site with its production server, on a free port of this machine."""
    port = free_port()
    options = {"--workers": "LOAD_WORKERS", "--threads": "LOAD_THREADS"}
    changed = [
        part
        for option, name in options.items()
        if name in os.environ
        for part in (option, os.environ[name])
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket",
         "--bind", f"127.0.0.1:{port}", *changed],
        cwd=ROOT, env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=30).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process, port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


@contextmanager
def database_url(database: str, folder: Path) -> Iterator[str]:
    """A fresh database of its own."""
    if database == "sqlite":
        yield f"sqlite:///{folder}/load.sqlite3"
        return
    import psycopg

    server_url = os.environ["TEST_POSTGRES_URL"]
    name = f"ecspace_load_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of its children so far."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def python(*arguments: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-500:]}")
    return done.stdout
