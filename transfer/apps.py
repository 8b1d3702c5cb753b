from django.apps import AppConfig


class TransferConfig(AppConfig):
    """Makes stimuli: content × style × method × parameters → a stylised picture."""

    name = "transfer"
