"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from common.atomic import check_writable, make_folder, replace_file, same_file, write_bytes
from common.errors import StorageError


def test_it_replaces_a_file_at_once(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replace_file(target) as file:
        file.write(b"new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_it_keeps_the_old_file_when_writing_stops(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises((StorageError, KeyboardInterrupt)), replace_file(target) as file:
        file.write(b"half")
        raise error
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_it_says_that_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"the disk is full \(No space left on device\)"):
        write_bytes(b"x", tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_it_follows_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "there" / "a.txt")
    write_bytes(b"x", link)
    assert link.is_symlink()
    assert (tmp_path / "there" / "a.txt").read_bytes() == b"x"


def test_it_writes_into_a_pipe_instead_of_replacing_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_bytes(b"through", pipe)
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_it_keeps_the_file_of_another_process_that_was_faster(tmp_path: Path) -> None:
    target = tmp_path / "key"
    with replace_file(target, mode=0o600, keep_existing=True) as file:
        file.write(b"ours")
        target.write_bytes(b"theirs")
    assert target.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_it_checks_beforehand_that_a_file_can_be_written(tmp_path: Path) -> None:
    check_writable(tmp_path / "a.txt")
    check_writable(tmp_path / "new" / "a.txt", make_folder=True)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StorageError, match="the folder does not exist"):
        check_writable(tmp_path / "new" / "a.txt")
    with pytest.raises(StorageError, match="it is a folder"):
        check_writable(tmp_path)
    with pytest.raises(StorageError, match="cannot write /proc/a"):
        check_writable(Path("/proc/a"))


def test_it_refuses_a_folder_whose_name_is_that_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(StorageError, match="is a file"):
        make_folder(tmp_path / "a")


def test_it_recognises_one_file_under_two_names(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "c").touch()
    assert same_file(tmp_path / "a", tmp_path / "b")
    assert not same_file(tmp_path / "a", tmp_path / "c")
    assert not same_file(tmp_path / "a", tmp_path / "missing")
