"""The fixtures and skips of all tests."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import DATA, MISSING, required, skip_or_fail


def test_it_keeps_the_tests_away_from_an_installation() -> None:
    assert settings.DATA_DIR == DATA
    assert not settings.PRODUCTION


@pytest.mark.django_db
def test_it_uses_a_database_file() -> None:
    assert str(connection.settings_dict["NAME"]).startswith(str(DATA))


def test_it_skips_where_something_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MISSING, "ray", lambda: "there is no Ray")
    monkeypatch.setenv("REQUIRE", "golden")
    with pytest.raises(pytest.skip.Exception, match="there is no Ray"):
        skip_or_fail("ray")


def test_it_fails_where_something_required_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MISSING, "ray", lambda: "there is no Ray")
    monkeypatch.setenv("REQUIRE", "golden, ray")
    with pytest.raises(pytest.fail.Exception, match="REQUIRE lists ray, but there is no Ray"):
        skip_or_fail("ray")


def test_it_refuses_an_unknown_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE", "golden,browsr")
    with pytest.raises(pytest.UsageError, match="browsr: use golden, browser"):
        required()
