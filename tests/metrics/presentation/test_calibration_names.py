"""Names of calibrations are unique for each owner."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from common.errors import InputError
from metrics.measurements.fitting import _free_name
from metrics.models import Calibration
from metrics.presentation.scoring import scoring

pytestmark = pytest.mark.django_db


def made(owner: str, name: str = "same") -> Calibration:
    user, _ = User.objects.get_or_create(username=owner)
    return Calibration.objects.create(name=name, target="E", model={}, created_by=user)


def test_a_name_is_unique_for_an_owner_only():
    first, second = made("alice"), made("mallory")
    with pytest.raises(IntegrityError), transaction.atomic():
        made("alice")
    with pytest.raises(InputError, match=f"several E-calibrations .* {second.pk}, {first.pk}"):
        scoring("E", "same")


def test_the_number_in_a_name_does_not_reveal_others():
    made("alice", "E: study")
    mallory = User.objects.create_user("mallory")
    of_owner = Calibration.objects.filter(created_by=mallory)
    assert _free_name(of_owner, "E: study") == "E: study"
    made("mallory", "E: study")
    assert _free_name(of_owner, "E: study") == "E: study (2)"
