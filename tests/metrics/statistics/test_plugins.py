"""Statistics of other installed packages."""

from __future__ import annotations

import json
import sys

import pytest

from common.console import run
from common.errors import InputError
from metrics.cli import statistics as command
from metrics.statistics import every_statistic, plugins
from tests.metrics.pictures import textured

MODULE = """
from metrics.statistics.comparison import PictureStatistic

class Brightness(PictureStatistic):
    key = "brightness"
    title = "difference of mean brightness"
    source = "a test"
    names = ("brightness",)
    reference = "content"
    higher_is_better = False
    lowest = 0.0

    @classmethod
    def formula(cls):
        return lambda one, other: {"brightness": float((one.mean() - other.mean()).abs())}

class Nameless(Brightness):
    names = ("a name that is much too long",)

nothing = 3
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package with one entry point, of the value given."""

    def install(value: str, name: str = "brightness") -> None:
        info = tmp_path / "site" / "brightness-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brightness\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[{plugins.GROUP}]\n{name} = {value}\n")
        (tmp_path / "site" / "brightness_plugin.py").write_text(MODULE)
        monkeypatch.syspath_prepend(tmp_path / "site")
        sys.modules.pop("brightness_plugin", None)
        plugins.installed.cache_clear()

    yield install
    monkeypatch.undo()
    plugins.installed.cache_clear()


def test_a_package_brings_a_statistic_that_is_measured_like_ours(package, tmp_path, capsys):
    package("brightness_plugin:Brightness")
    assert list(every_statistic())[-1] == "brightness"
    for seed, name in enumerate(("image", "content")):
        textured(seed).save(tmp_path / f"{name}.png")
    words = ["statistics", "--statistics", "brightness", "--json"]
    words += ["--image", str(tmp_path / "image.png"), "--content", str(tmp_path / "content.png")]
    assert run("metrics", "", [command.add_commands], words) == 0
    assert 0 < json.loads(capsys.readouterr().out)["brightness"] < 1


@pytest.mark.parametrize(
    ("value", "name", "message"),
    [
        ("brightness_plugin:Nothing", "brightness", "cannot be loaded"),
        ("no_such_module:X", "brightness", "cannot be loaded"),
        ("brightness_plugin:nothing", "brightness", "not derived from"),
        ("brightness_plugin:Brightness", "other", "another key"),
        ("brightness_plugin:Nameless", "brightness", "characters without"),
    ],
)
def test_a_package_that_is_wrong_is_named(package, value, name, message):
    package(value, name)
    with pytest.raises(InputError, match=message):
        plugins.installed()
