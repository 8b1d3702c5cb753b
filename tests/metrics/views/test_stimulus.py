"""The page of a stimulus with its scores and votes, and the gallery by score."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from metrics.presentation.scoring import scored_frame, scoring
from studies.models import Vote
from tests.sight import SIGHTS, look_at


def scored(batch):
    return scored_frame(
        batch.stimuli.all(), {target: scoring(target) for target in "EC"}
    ).set_index("stimulus")


def test_it_shows_statistics_scores_rank_votes_and_neighbours(researcher, batch, calibration):
    shown = batch.stimuli.all()[10]
    pair = batch.stimuli.on_pair(shown.content, shown.style_pictures)
    frame = scored(batch)
    page = researcher.get(shown.get_absolute_url()).content.decode()
    for target in "EC":
        scores = frame.loc[[one.public_id.hex for one in pair], f"{target}_score"]
        own = scores[shown.public_id.hex]
        rank = 1 + int((scores > own).sum())
        place = rf"{target} score, rank {rank} of 4 on this pair</dt><dd>{own:.2f}<"
        assert re.search(place, page)
    assert f"<dt>C</dt><dd>{frame.loc[shown.public_id.hex, 'C']:.4f}</dd>" in page
    assert calibration.name in page and "wacv2020-C (published)" in page
    for one in pair:
        assert f'href="{one.get_absolute_url()}"' in page
    assert f'rel="prev" href="{batch.stimuli.all()[9].get_absolute_url()}"' in page
    assert f'rel="next" href="{batch.stimuli.all()[11].get_absolute_url()}"' in page

    real = Vote.objects.filter(trial__kind="real", excluded="")
    won = real.filter(trial__left=shown, choice="left").count()
    won += real.filter(trial__right=shown, choice="right").count()
    lost = real.filter(trial__left=shown, choice="right").count()
    lost += real.filter(trial__right=shown, choice="left").count()
    numbers = re.findall(r'<td class="number">(\d+)</td>', page[page.index('id="votes"') :])
    assert numbers[:3] == [str(won), str(lost), "0"] and won + lost > 0
    assert "simulated</span>" in page


def test_it_counts_no_votes_of_other_researchers_studies(
    client, django_user_model, batch, calibration
):
    study = calibration.studies.get()
    study.created_by = django_user_model.objects.create_user("owner", password="x")
    study.save()
    client.force_login(django_user_model.objects.create_user("stranger", password="x"))
    page = client.get(batch.stimuli.first().get_absolute_url()).content.decode()
    assert "No vote of a study that you may see" in page
    assert calibration.name not in page and "wacv2020-E (published)" in page


def test_the_gallery_is_sorted_by_score(researcher, batch, calibration):
    frame = scored(batch)
    address = batch.get_absolute_url()
    for order, column, rising in (("-E", "E_score", False), ("C", "C_score", True)):
        page = researcher.get(address, {"order": order, "method": "gatys"}).content.decode()
        shown = re.findall(r'href="/transfer/stimuli/([^/]+)/"', page)
        names = [name.replace("-", "") for name in shown]
        own = frame[frame["method"] == "gatys"].sort_values(column, ascending=rising)
        assert names == own.index.tolist()
        assert f"{column[0]} {own[column].iloc[0]:.2f}" in page
    batch.stimuli.first().measurements.all().delete()
    page = researcher.get(address, {"order": "-E"}).content.decode()
    assert page.count('loading="lazy"') == 36
    last = re.findall(r'href="/transfer/stimuli/([^/]+)/"', page)[-1]
    assert last == str(batch.stimuli.first().public_id)  # it has no score


def test_an_unmeasured_gallery_says_that_it_cannot_be_sorted(researcher, batch):
    from metrics.models import Measurement

    Measurement.objects.all().delete()
    page = researcher.get(batch.get_absolute_url(), {"order": "-E"}).content.decode()
    assert "no scores to sort by" in page and page.count('loading="lazy"') == 36


@pytest.mark.axe
@pytest.mark.browser
def test_page_and_gallery_are_accessible(researcher_page, live_server, batch, calibration):
    researcher_page.set_default_timeout(60_000)
    stimulus = batch.stimuli.first().get_absolute_url()
    gallery = f"{reverse('transfer:batch', args=[batch.pk])}?order=-E"
    for size, scheme in SIGHTS[:2]:
        for address in (stimulus, gallery):
            look_at(researcher_page, f"{live_server.url}{address}", size, scheme)
