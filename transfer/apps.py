from django.apps import AppConfig


class TransferConfig(AppConfig):
    """Makes stimuli: content × style × method × parameters → a stylised picture."""

    name = "transfer"

    def ready(self) -> None:
        """Register the system checks."""
        from transfer.management import checks  # noqa: F401
