"""A batch that is made and measured while something goes wrong, and how it should look then."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common.checksums import sha256_of
from tests.transfer.batches.installations import JOBS, Made, Shared, draw_pictures
from tests.transfer.outages.crew import Crew, log_of

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "5"))
"""How often each thing goes wrong; those that cost a minute a round do it less often."""
FEW = max(1, ROUNDS // 3) if "CHAOS_ROUNDS" not in os.environ else ROUNDS
GENERATE = (
    "generate", "--name", "trial", "--methods", "adain", "--encoder", "compact", "--size", "64",
    "--chunk", "2", "--weights", "ordinary", "--queue",
)  # fmt: skip
STIMULI = 80
"""Two contents in two styles, at twenty weights; a feed-forward method takes little time."""
DRAIN = ("worker", "--drain", "--processes", "1", "--interval", "0.1")
WORK = ("worker", "--processes", "1", "--interval", "0.1")


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew()
    yield made
    made.end()


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two contents and two styles."""
    folder = tmp_path_factory.mktemp("pictures") / "all"
    return draw_pictures(folder, contents=2, styles=2, annotated=False)


@pytest.fixture(scope="session")
def launched(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the batch waits."""
    made = Shared(tmp_path_factory.mktemp("launched") / "data")
    made.set_up(drawn)
    made.run(*GENERATE)
    return made.folder


@pytest.fixture(scope="session")
def expected(launched: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What one worker makes when nothing goes wrong."""
    calm = Shared(shutil.copytree(launched, tmp_path_factory.mktemp("calm") / "data"))
    calm.run(*DRAIN)
    made = calm.made()
    assert len(made.hashes) == STIMULI and len(made.numbers) == 6 * STIMULI
    return made


@pytest.fixture
def disturbed(launched: Path, tmp_path: Path) -> Shared:
    """An installation on SQLite in which the batch waits."""
    return Shared(shutil.copytree(launched, tmp_path / "data"))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Report a count, also of a test that passes."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}\n")

    return write


def rows(made: Shared, state: str, worker: str = "%") -> int:
    """Stimuli and measurements in a state."""
    query = "SELECT count(*) FROM {} WHERE state = ? AND worker LIKE ?"
    return sum(made.ask(query.format(table), state, worker)[0][0] for table in JOBS)


def finish(crew: Crew, made: Shared) -> None:
    """Do what is left, as an operator would: failed rows are tried again."""
    crew.run(made, *GENERATE, "--retry")
    crew.run(made, *DRAIN)
    crew.run(made, "measure", "--batch", "trial", "--queue")
    crew.run(made, *DRAIN)


def check_whole(crew: Crew, made: Shared, expected: Made) -> None:
    """Everything exists once and is as expected; no orphan, no half file and no stuck row is left.

    `sweep` may remove files; nothing else may be there.
    """
    crew.run(made, "sweep", trouble=("everything_is_old",))
    assert made.made() == expected
    for table in JOBS:
        assert made.ask(f"SELECT DISTINCT state, lease, lease_until FROM {table}") == [
            ("done", None, None)
        ]
    assert made.ask("SELECT count(*) FROM metrics_measurementjob") == [(2 * STIMULI,)]
    assert made.ask("SELECT count(*) FROM transfer_stimulus") == [(STIMULI,)]
    media = made.folder / "media"
    temporary = media / "temporary"
    assert not temporary.exists() or not list(temporary.iterdir())
    # Two stimuli of a weak style may be the same picture, which is stored once.
    stored = [path for path in (media / "stimuli").rglob("*") if path.is_file()]
    assert sorted(path.stem for path in stored) == sorted(set(expected.hashes.values()))
    assert all(sha256_of(path) == path.stem for path in stored)
    assert "Traceback" not in log_of(made).read_text()
