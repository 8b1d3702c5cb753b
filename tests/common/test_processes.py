"""Processes for each core or GPU."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from common.processes import Pool, places, visible_gpus

TWO = """GPU 0: NVIDIA H200 (UUID: GPU-aa)
GPU 1: NVIDIA H200 (UUID: GPU-bb)
  MIG 3g.71gb     Device  0: (UUID: MIG-b1)
  MIG 3g.71gb     Device  1: (UUID: MIG-b2)
"""


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Put a program of that name, which prints a text, before all others."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def install(text: str, code: int = 0) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\nexit {code}\n")
        program.chmod(0o755)

    return install


def test_parts_of_a_divided_gpu_take_its_place(nvidia_smi):
    nvidia_smi(TWO)
    assert visible_gpus() == ["GPU-aa", "MIG-b1", "MIG-b2"]


def test_a_machine_whose_driver_fails_has_no_gpu(nvidia_smi):
    nvidia_smi("NVIDIA-SMI has failed\n", code=9)
    assert visible_gpus() == []


@pytest.mark.parametrize(("chosen", "found"), [("1, 3", ["1", "3"]), ("", []), ("-1", [])])
def test_cuda_visible_devices_decides(nvidia_smi, monkeypatch, chosen, found):
    nvidia_smi(TWO)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert visible_gpus() == found


def test_every_process_has_one_thread_and_a_gpu_of_its_own(nvidia_smi):
    nvidia_smi(TWO)
    found = places(None, 8)
    assert [one["CUDA_VISIBLE_DEVICES"] for one in found] == ["GPU-aa", "MIG-b1", "MIG-b2"]
    assert {one["OMP_NUM_THREADS"] for one in found} == {"1"}
    assert len(places(None, 1)) == 1
    shared = [one["CUDA_VISIBLE_DEVICES"] for one in places(4, 8)]
    assert shared == ["GPU-aa", "MIG-b1", "MIG-b2", "GPU-aa"]
    assert places(None, 8, gpus=False) == places(8, 1, gpus=False)


def test_without_a_gpu_there_is_one_process_for_each_core(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert len(places(None, 3)) == 3
    assert all("CUDA_VISIBLE_DEVICES" not in one for one in places(2, 8))


@pytest.fixture
def program(tmp_path) -> Path:
    """A program that writes its process id into a file, and then waits or ends."""
    path = tmp_path / "manage.py"
    path.write_text(
        "import os, sys, time\n"
        "folder, code = sys.argv[1:3]\n"
        "open(f'{folder}/{os.getpid()}-{os.environ[\"PLACE\"]}.pid', 'w').close()\n"
        "time.sleep(60) if code == 'wait' else sys.exit(int(code))\n"
    )
    return path


def started(folder: Path) -> dict[int, str]:
    """Process id → place, of every process that ever started."""
    names = [path.stem.partition("-") for path in folder.glob("*.pid")]
    return {int(process): place for process, _, place in names}


def watch_until(pool: Pool, condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        pool.watch()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_process_is_started_again_in_its_place(program, tmp_path):
    said: list[str] = []
    pool = Pool(
        [sys.executable, str(program), str(tmp_path), "wait"],
        [{"PLACE": "a"}, {"PLACE": "b"}],
        said.append,
    )
    watch_until(pool, lambda: len(started(tmp_path)) == 2)
    victim = min(started(tmp_path))
    place = started(tmp_path)[victim]
    os.kill(victim, signal.SIGKILL)
    watch_until(pool, lambda: len(started(tmp_path)) == 3)
    assert sorted(started(tmp_path).values()) == sorted(["a", "b", place])
    (line,) = said
    assert line.startswith("a process was ended by SIGKILL: another one starts")
    pool.stop()
    pool.end(10)
    assert not pool.watch()
    assert len(started(tmp_path)) == 3


def test_a_process_that_ends_by_itself_is_not_started_again(program, tmp_path):
    pool = Pool(
        [sys.executable, str(program), str(tmp_path), "3"], [{"PLACE": "a"}], lambda line: None
    )
    deadline = time.monotonic() + 60
    while pool.watch():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert pool.codes == [3]
    assert len(started(tmp_path)) == 1
