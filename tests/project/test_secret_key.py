"""The secret key of an installation."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.secret_key import read_or_make
from tests.project.commands import python


def test_it_makes_a_key_once(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "key"
    key = read_or_make(path)
    assert len(key) >= 50
    assert read_or_make(path) == key
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_it_makes_another_key_elsewhere(tmp_path: Path) -> None:
    assert read_or_make(tmp_path / "a") != read_or_make(tmp_path / "b")


def test_it_lets_only_its_owner_read_the_key(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "key"
    read_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_gives_every_process_of_a_first_start_the_same_key(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from config.secret_key import read_or_make\n"
        "print(read_or_make(Path(sys.argv[1])))"
    )
    path = str(tmp_path / "key")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: python("-c", code, path), range(4)))
    assert [answer.returncode for answer in answers] == [0] * 4
    assert len({answer.stdout for answer in answers}) == 1


def test_it_refuses_an_empty_key_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    with pytest.raises(ImproperlyConfigured, match="delete it and a new key is made"):
        read_or_make(tmp_path / "key")


def test_it_says_what_to_do_if_the_key_cannot_be_written() -> None:
    with pytest.raises(ImproperlyConfigured, match="set SECRET_KEY, or set SECRET_KEY_FILE"):
        read_or_make(Path("/proc/nowhere/key"))
