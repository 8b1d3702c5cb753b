from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Measures stimuli, calibrates the measures on votes, and draws the EC space."""

    name = "metrics"
