"""Statistics that other installed packages bring, by the entry point `ecspace.statistics`.

In the package's pyproject.toml:

    [project.entry-points."ecspace.statistics"]
    sharpness = "mypackage.sharpness:Sharpness"

The class is derived from `Statistic`, or from `PictureStatistic` or `FeatureStatistic`, which need
nothing but their attributes and a `formula`. Its key is the name of the entry point.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from common.errors import InputError
from metrics.statistics.base import Statistic

GROUP = "ecspace.statistics"
LONGEST_NAME = 20
"""Characters of a number's name, as the column of stored measurements has."""


@cache
def installed() -> dict[str, type[Statistic]]:
    """Key → declaration, by name; found once per process.

    Raises:
        InputError: a package's statistic cannot be loaded or is not declared rightly.

    """
    return {entry.name: _load(entry) for entry in sorted(entry_points(group=GROUP), key=_name)}


def _name(entry: EntryPoint) -> str:
    return entry.name


def _load(entry: EntryPoint) -> type[Statistic]:
    whose = f"statistic {entry.name!r} of the installed package ({entry.value})"
    try:
        found = entry.load()
    except Exception as error:  # a foreign module can raise anything when it is imported
        raise InputError(f"{whose} cannot be loaded: {error}; mend or uninstall it") from error
    if not (isinstance(found, type) and issubclass(found, Statistic)):
        raise InputError(f"{whose} is not derived from metrics.statistics.base.Statistic")
    if getattr(found, "key", None) != entry.name:
        raise InputError(f"{whose} has another key than its entry point: give both one name")
    for name in found.names:
        if not 0 < len(name) <= LONGEST_NAME or "+" in name:
            raise InputError(
                f"{whose} names a number {name!r}: use 1 to {LONGEST_NAME} characters without +"
            )
    return found
