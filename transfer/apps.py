from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from transfer.batches.measuring_provider import MeasuringProvider


class TransferConfig(AppConfig):
    """Makes stimuli: content × style × method × parameters → a stylised picture."""

    name = "transfer"
    measuring_provider: MeasuringProvider | None = None

    def ready(self) -> None:
        """Register the system checks, and add the method by which scripts store a picture."""
        # Services import the tables, which can be imported only once every app is loaded.
        from transfer.batches.import_pictures import picture_from_file
        from transfer.management import checks  # noqa: F401
        from transfer.models import Picture

        Picture.add_to_class("from_file", staticmethod(picture_from_file))
