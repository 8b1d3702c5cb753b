"""Results of an import of pictures, and their summary for command and page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from transfer.models import Picture

_NAMED = 10  # files that a summary names before it only counts


@dataclass(frozen=True)
class Imported:
    """The result for one file.

    Attributes:
        file: its name.
        picture: None where the file cannot be used.
        is_new: whether the picture was not stored before.
        annotated: whether annotations came with it.
        replaced: whether they differ from those that it had.
        problem: why the file cannot be used, in one line.
        warning: what may be wrong with it, in one line.

    """

    file: str
    picture: Picture | None = None
    is_new: bool = False
    annotated: bool = False
    replaced: bool = False
    problem: str = ""
    warning: str = ""


@dataclass
class Summary:
    """The numbers of an import.

    Attributes:
        unannotated: pictures without annotations; empty if no annotations were given.
        left_over: annotation files without a picture.
        skipped: numbers of files that are not pictures, by their suffix.

    """

    new: int = 0
    kept: int = 0
    bad: int = 0
    annotated: int = 0
    replaced: int = 0
    unannotated: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, one: Imported) -> None:
        """Count a result."""
        if one.picture is None:
            self.bad += 1
            return
        self.new, self.kept = self.new + one.is_new, self.kept + (not one.is_new)
        self.annotated, self.replaced = self.annotated + one.annotated, self.replaced + one.replaced

    def lines(self) -> list[str]:
        """The summary in words, for command and page; empty if there is nothing to report."""
        found = []
        if self.annotated or self.unannotated or self.left_over:
            replaced = f", {self.replaced} of them replaced" if self.replaced else ""
            found.append(f"annotated pictures: {self.annotated}{replaced}")
        if self.unannotated:
            found.append(f"without annotations: {_listed(self.unannotated)}")
        if self.left_over:
            found.append(f"annotations without a picture: {_listed(self.left_over)}")
        if number := self.skipped.total():
            suffixes = ", ".join(sorted(self.skipped))
            files = "1 file was" if number == 1 else f"{number} files were"
            found.append(f"{files} skipped ({suffixes}): convert pictures to JPEG or PNG")
        return found


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} ({', '.join(names[:_NAMED])}{more})"
