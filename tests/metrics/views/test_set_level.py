"""Set-level metrics in the table of methods."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse


@pytest.fixture
def measured(batch):
    from metrics.models import Measurement

    Measurement.objects.bulk_create(
        Measurement(
            stimulus=stimulus,
            reference=stimulus.content,
            statistic="feature-distance",
            instrument="feature-distance-1 compact",
            value=0.2,
        )
        for stimulus in batch.stimuli.all()
    )
    return batch


def test_the_table_of_methods_shows_it_with_its_reason(researcher, measured, capsys):
    address = f"{reverse('metrics:ecspace')}?batch={measured.pk}"
    assert "ArtFID" not in researcher.get(address).content.decode()
    call_command("set_level", batch=measured.name, json=True)
    found = json.loads(capsys.readouterr().out)
    assert len(found) == 4
    # 9 stimuli of each method, 128 channels.
    assert all(row["artfid"] is None and "129 are needed" in row["reason"] for row in found)
    page = researcher.get(address).content.decode()  # not the page that was kept before
    assert "ArtFID’s form" in page
    assert "129 are needed" in page


def test_it_says_what_is_not_measured(batch):
    with pytest.raises(CommandError, match="manage.py measure --batch"):
        call_command("set_level", batch=batch.name)
    with pytest.raises(CommandError, match="unknown batch"):
        call_command("set_level", batch="x")


def test_a_number_is_shown(researcher, measured):
    from metrics.measurements import set_levels

    row = {"method": "gatys", "stimuli": 9, "content_distance": 0.2, "style_frechet": 1.0}
    said = {
        "format": set_levels.FORMAT,
        "layer": "relu1_1",
        "methods": [row | {"artfid": 2.4, "reason": ""}],
    }
    path = set_levels._path(measured)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(said))
    page = researcher.get(f"{reverse('metrics:ecspace')}?batch={measured.pk}").content.decode()
    assert 'data-value="2.400000">2.40</td>' in page
