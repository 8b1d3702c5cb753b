"""The registered source of measured statistics, in place of an import of metrics."""

from __future__ import annotations

import pytest
from django.apps import apps

from common.errors import InputError
from studies.planning import statistics_provider
from studies.planning.differences import measured_differences
from tests.project.commands import python


@pytest.fixture
def provider(monkeypatch):
    """Let a test register a provider; the installation's own is restored afterwards."""
    config = apps.get_app_config("studies")
    monkeypatch.setattr(config, "statistics_provider", config.statistics_provider)
    return config


def test_metrics_registers_itself_when_django_starts():
    assert statistics_provider.coefficients_of("E").keys() == {"E1", "E2", "E3"}
    assert statistics_provider.coefficients_of("C").keys() == {"C", "E1"}


def test_it_uses_the_provider_that_was_registered_last(provider):
    for number in (1.0, 2.0):
        statistics_provider.register(
            statistics_provider.StatisticsProvider(
                lambda stimuli, target, number=number: {
                    "T": {key: number * key for key in stimuli}
                },
                lambda target: {"T": 1.0},
            )
        )
    differences, terms = measured_differences([(1, 2), (1, 4)], "E")
    assert terms == ["T"] and differences.tolist() == [[-2.0], [-6.0]]


def test_nothing_counts_as_measured_without_a_provider(provider):
    provider.statistics_provider = None
    differences, terms = measured_differences([(1, 2)], "E")
    assert terms == [] and differences.shape == (1, 0)
    with pytest.raises(InputError, match="no installed app"):
        statistics_provider.coefficients_of("E")


def test_django_starts_without_heavy_libraries():
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings';"
        "django.setup(); print({'torch', 'pandas', 'scipy'} & set(sys.modules))"
    )
    answer = python("-c", code)
    assert answer.stdout.strip() == "set()", answer.stdout + answer.stderr
