"""Many jobs that take no time: workers that hurry do nothing twice, and do not lock each other out.

What the ledger costs is measured by benchmarks/tiny_jobs.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transfer.batches.installations import Shared, new_database
from tests.transfer.outages.conftest import DRAIN
from tests.transfer.outages.crew import PATIENCE, Crew, log_of

pytestmark = pytest.mark.parametrize(
    "jobs", [80, pytest.param(2000, marks=pytest.mark.chaos)], ids=["few", "many"]
)


@pytest.fixture
def on_postgres(drawn: Path, tmp_path: Path) -> Iterator[Shared]:
    with new_database(os.environ["TEST_POSTGRES_URL"]) as url:
        made = Shared(tmp_path / "data", url)
        made.set_up(drawn)
        yield made


@pytest.fixture
def on_sqlite(drawn: Path, tmp_path: Path) -> Shared:
    made = Shared(tmp_path / "data")
    made.set_up(drawn)
    return made


def check_that_nothing_is_done_twice(crew: Crew, made: Shared, jobs: int, workers: int) -> None:
    weights = map(str, range(1, jobs // 4 + 1))  # two contents in two styles
    crew.run(
        made, "generate", "--name", "tiny", "--methods", "gatys", "--size", "64", "--chunk", "1",
        "--no-measure", "--queue", "--style-weight", *weights,
    )  # fmt: skip
    done = made.folder / "done"
    trouble = ("instant_pictures", str(done), workers)
    started = [
        crew.start(made, *DRAIN, "--only", "stimuli", trouble=trouble) for _ in range(workers)
    ]
    for process in started:
        process.join(PATIENCE)
    said = log_of(made).read_text()
    assert [process.exitcode for process in started] == [0] * workers, said[-2000:]
    lines = done.read_text().splitlines()
    assert len(lines) == len(set(lines)) == jobs
    assert made.states() and set(made.ask("SELECT state, attempt FROM transfer_stimulus")) == {
        ("done", 1)
    }
    assert "locked" not in said and "Traceback" not in said
    counted = made.ask("SELECT worker, count(*) FROM transfer_stimulus GROUP BY worker")
    assert len(counted) == workers, counted


@pytest.mark.postgres
def test_two_workers_on_postgres(crew: Crew, on_postgres: Shared, jobs: int) -> None:
    check_that_nothing_is_done_twice(crew, on_postgres, jobs, workers=2)


def test_four_workers_on_sqlite(crew: Crew, on_sqlite: Shared, jobs: int) -> None:
    check_that_nothing_is_done_twice(crew, on_sqlite, jobs, workers=4)
