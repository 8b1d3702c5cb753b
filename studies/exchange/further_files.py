"""Further files of a bundle, from an app above: the statistics of stimuli, and fitted models.

Studies do not import metrics, which registers its function when Django starts. Without one a
bundle holds no such files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps

from studies.exchange.columns import Column

if TYPE_CHECKING:
    import pandas as pd

    from studies.models import Study


@dataclass(frozen=True)
class FurtherFile:
    """A file of a bundle: its name there, its bytes, and its columns if it is a table."""

    name: str
    data: bytes
    columns: Sequence[Column] = ()


@dataclass(frozen=True)
class FurtherFiles:
    """Files, and the lines of the bundle's README.md that explain them."""

    files: Sequence[FurtherFile] = ()
    readme: Sequence[str] = ()


Provider = Callable[["Study", "pd.DataFrame"], FurtherFiles]
"""(study, its votes as in VOTES.csv) → files."""


def register(provider: Provider) -> None:
    """Use a provider from now on, in place of any earlier one."""
    _config().further_files = provider


def further_files(study: Study, votes: pd.DataFrame) -> FurtherFiles:
    """The further files of a study's bundle."""
    provider: Provider | None = _config().further_files
    return provider(study, votes) if provider else FurtherFiles()


def _config() -> Any:
    return apps.get_app_config("studies")
