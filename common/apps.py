from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What all apps use; it has no tables."""

    name = "common"
