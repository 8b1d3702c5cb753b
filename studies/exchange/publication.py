"""Which pictures and stimuli of a study may be published, by the licences of the pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.exchange.licences import Permission, permission, together
from transfer.models import Picture, Stimulus
from transfer.models.stimuli import styles_in_order

if TYPE_CHECKING:
    from studies.models import Study


@dataclass(frozen=True)
class LicenceCount:
    """The pictures of a study under one licence, as stated; `obstacle` is empty if they may be
    published, `adaptation_obstacle` if the stimuli made from them may.
    """

    licence: str
    contents: int
    styles: int
    obstacle: str
    adaptation_obstacle: str


@dataclass(frozen=True)
class Publication:
    """The pictures and stimuli of a study, each with its permission.

    Attributes:
        stimuli: in the order of their public ids.
        styles: of each stimulus, by its primary key.
        pictures: contents and styles of the stimuli, in a fixed order.
        permissions: of each picture, by its primary key.

    """

    stimuli: Sequence[Stimulus]
    styles: Mapping[int, Sequence[Picture]]
    pictures: Sequence[Picture]
    permissions: Mapping[int, Permission]

    @classmethod
    def of(cls, study: Study, permitted: Collection[str] = ()) -> Publication:
        """Judge the pictures of a study. `permitted`: see `licences.permission`."""
        stimuli = list(study.stimuli.select_related("content", "batch").order_by("public_id"))
        styles = styles_in_order(stimuli)
        used = {picture.pk: picture for several in styles.values() for picture in several}
        used |= {stimulus.content.pk: stimulus.content for stimulus in stimuli if stimulus.content}
        pictures = sorted(used.values(), key=lambda picture: (picture.role, picture.sha256))
        permissions = {row.pk: permission(row.licence, permitted) for row in pictures}
        return cls(stimuli, styles, pictures, permissions)

    def sources(self, stimulus: Stimulus) -> list[Picture]:
        """The pictures that a stimulus was made from."""
        content = [stimulus.content] if stimulus.content else []
        return [*content, *self.styles[stimulus.pk]]

    def obstacle(self, row: Stimulus | Picture) -> str:
        """Why a picture or a stimulus may not be published; empty if it may."""
        if isinstance(row, Picture):
            return self.permissions[row.pk].obstacle
        reasons = [self.permissions[one.pk].adaptation_obstacle for one in self.sources(row)]
        return next((reason for reason in reasons if reason), "")

    def licence(self, stimulus: Stimulus) -> str:
        """The licences of the pictures that a stimulus was made from; all of them hold for it."""
        return together(row.licence or "not stated" for row in self.sources(stimulus))

    @property
    def left_out(self) -> list[str]:
        """The names of the pictures that may not be published."""
        return [picture.name for picture in self.pictures if self.obstacle(picture)]

    @property
    def stimuli_left_out(self) -> int:
        """The number of stimuli that may not be published."""
        return sum(bool(self.obstacle(stimulus)) for stimulus in self.stimuli)

    def by_licence(self) -> list[LicenceCount]:
        """How many pictures each stated licence holds for."""
        counts = Counter((picture.licence, picture.role) for picture in self.pictures)
        permissions = {row.licence: self.permissions[row.pk] for row in self.pictures}
        return [
            LicenceCount(
                licence,
                counts[licence, Picture.Role.CONTENT],
                counts[licence, Picture.Role.STYLE],
                permissions[licence].obstacle,
                permissions[licence].adaptation_obstacle,
            )
            for licence in sorted(permissions)
        ]
