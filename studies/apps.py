from django.apps import AppConfig


class StudiesConfig(AppConfig):
    """Asks people which of two stimuli carries the style, or keeps the content, better."""

    name = "studies"
