from django.apps import AppConfig


class TransferConfig(AppConfig):
    """Makes stimuli: content × style × method × parameters → a stylised picture."""

    name = "transfer"

    def ready(self) -> None:
        """Register the system checks, and add the method by which scripts store a picture."""
        # Services import the tables, which can be imported only once every app is loaded.
        from transfer.batches.import_pictures import picture_from_file
        from transfer.management import checks  # noqa: F401
        from transfer.models import Picture

        Picture.add_to_class("from_file", staticmethod(picture_from_file))
