"""The package as it is installed: a wheel in an environment of its own, far from the checkout."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

import ecspace
from tests.project.source import ROOT
from transfer.samples.art.catalogue import PAINTINGS

FOLDERS = ("common", "config", "locale", "metrics", "static", "studies", "templates", "transfer")
FILES = ("LICENSE", "README.md", "pyproject.toml", "requirements.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because building leaves folders in the tree."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("*.pyc"))
    for file in FILES:
        shutil.copy(ROOT / file, source)
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(out), str(source))
    (made,) = out.glob("ecspace-*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment that has the wheel, and this one's other packages."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "shared.pth").write_text(sysconfig.get_paths()["purelib"])
    pip("--python", str(folder / "bin" / "python"), "install", "--no-index", str(wheel))
    return folder / "bin"


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, "--no-deps"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr


def run(program: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program outside the checkout, without this process's paths and settings."""
    return subprocess.run(
        [program, *arguments],
        cwd=program.parents[1],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=300,
    )


def environment(**variables: str) -> dict[str, str]:
    names = ("PATH", "HOME", "OMP_NUM_THREADS")
    return {name: os.environ[name] for name in names if name in os.environ} | variables


def test_it_holds_every_file_that_the_program_reads(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    skipped = {"__pycache__", "library"}
    wanted = {
        str(path.relative_to(ROOT))
        for app in ("common", "config", "metrics", "studies", "transfer")
        for path in (ROOT / app).rglob("*")
        if path.is_file() and not skipped & set(path.parts)
    }
    wanted |= {
        f"ecspace/site/{path.relative_to(ROOT)}"
        for folder in ("templates", "static", "locale")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert len(wanted) > 500
    assert not wanted - held


def test_the_command_stylises_and_measures(installed: Path, tmp_path: Path) -> None:
    content, style = (str(PAINTINGS[place].path) for place in (5, 0))
    out = str(tmp_path / "out.png")
    pictures = ("--content", content, "--style", style)
    how = ("--method", "adain", "--size", "64", "--out", out)
    made = run(installed / "ecspace", "stylise", *pictures, *how)
    assert made.returncode == 0, made.stderr
    answer = run(installed / "ecspace", "measure", out, *pictures, "--json")
    assert answer.returncode == 0, answer.stderr
    (row,) = json.loads(answer.stdout)
    assert row["image"] == out
    assert 0 <= row["C"] <= 1
    assert "basis:" in row["instrument_E"]
    refused = run(installed / "ecspace", "measure", out, "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.splitlines()) == 1


def test_the_command_calibrates(installed: Path, tmp_path: Path) -> None:
    pairs = [("a", "b"), ("b", "c"), ("c", "a")]
    rows = [
        f"p{person},s,{person}-{number},{left},{right},{['right', 'left'][(person + number) % 2]}"
        for person in range(12)
        for number, (left, right) in enumerate(pairs)
    ]
    votes, statistics = tmp_path / "votes.csv", tmp_path / "statistics.csv"
    votes.write_text(
        "\n".join(["participant,study,trial,stimulus_left,stimulus_right,choice", *rows])
    )
    statistics.write_text("stimulus,method,content,style,E1\na,m,c,s,1\nb,n,c,s,2\nc,o,c,s,4\n")
    how = ("--target", "E", "--terms", "E1", "--bootstrap", "0", "--json")
    answer = run(installed / "ecspace", "calibrate", str(votes), str(statistics), *how)
    assert answer.returncode == 0, answer.stderr
    model = json.loads(answer.stdout)
    assert (model["target"], model["votes"], model["participants"]) == ("E", 36, 12)


def test_the_site_starts_and_shows_its_pages(installed: Path, tmp_path: Path) -> None:
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from django.core.management import call_command\n"
        "from django.test import Client\n"
        "call_command('migrate', verbosity=0)\n"
        "from django.urls import reverse\n"
        "page = Client().get(reverse('login'), headers={'host': 'localhost'})\n"
        "style = Client().get('/static/site.css', headers={'host': 'localhost'})\n"
        "print(settings.INSTALLED, page.status_code, style.status_code, settings.SITE_DIR)"
    )
    variables = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ECSPACE_DATA": str(tmp_path / "data"),
        "SECRET_KEY_FILE": str(tmp_path / "key"),
    }
    answer = run(installed / "python", "-c", code, **variables)
    assert answer.returncode == 0, answer.stderr
    known, page, style, folder = answer.stdout.split()
    assert (known, page, style) == ("True", "200", "200")
    assert Path(folder).is_relative_to(installed.parent)
    helped = run(installed / "ecspace", "manage", "study", "--help", **variables)
    assert helped.returncode == 0, helped.stderr
    assert "create" in helped.stdout


def test_the_command_serves_the_site_until_it_is_stopped(installed: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = {"ECSPACE_DATA": str(tmp_path / "data"), "SECRET_KEY_FILE": str(tmp_path / "key")}
    command = [installed / "ecspace", "site", "--bind", f"127.0.0.1:{port}"]
    with (tmp_path / "said").open("w") as said:
        site = subprocess.Popen(command, env=environment(**where), cwd=tmp_path, stderr=said)
    try:
        assert "EC Space" in answer_of(f"http://127.0.0.1:{port}/login/", site)
    finally:
        site.send_signal(signal.SIGTERM)  # Ctrl-C, SIGINT, does the same
        code = site.wait(60)
    assert code == 0
    assert "createsuperuser" in (tmp_path / "said").read_text()
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port)):
        pass


def answer_of(address: str, site: subprocess.Popen[bytes]) -> str:
    """The page, as soon as the site answers."""
    for _ in range(600):
        assert site.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=10) as page:
                return str(page.read().decode())
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the site does not answer")


def test_importing_it_is_quick() -> None:
    code = (
        "import sys, ecspace\n"
        "assert not {'torch', 'numpy', 'pandas', 'PIL', 'sklearn', 'django'} & set(sys.modules)\n"
        "assert ecspace.PairwiseCalibrator().fit and 'torch' not in sys.modules"
    )
    answer = run(Path(sys.executable), "-c", code, PYTHONPATH=f"{ROOT}:{ROOT / 'config/library'}")
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("name", ecspace.__all__)
def test_every_public_name_has_a_docstring_that_names_its_arguments(name: str) -> None:
    value = getattr(ecspace, name)
    text = inspect.getdoc(value)
    assert text
    if inspect.isfunction(value):
        assert value.__module__.startswith("ecspace.")
        assert not [one for one in inspect.signature(value).parameters if f"{one}:" not in text]
        assert "Raises:" in text
        assert "Returns:" in text


def test_it_has_no_other_names() -> None:
    assert dir(ecspace) == sorted(ecspace.__all__)
    with pytest.raises(AttributeError, match="no attribute 'measures'"):
        _ = ecspace.measures


def test_nothing_imports_it_but_itself() -> None:
    wrong = [
        path
        for folder in ("common", "transfer", "studies", "metrics", "config")
        for path in (ROOT / folder).rglob("*.py")
        if "library" not in path.parts and "import ecspace\n" in path.read_text()
    ]
    assert not wrong
