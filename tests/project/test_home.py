"""The home page: counts, and the next step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from config.next_steps import next_steps
from config.overview import SHOWN, Overview
from metrics.measurements.orders import start_default
from metrics.models import Calibration, Measurement
from studies.models import Study
from studies.planning.opening import open_study, set_consent
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote
from studies.simulation.simulate import simulate
from tests.studies.world import batch_of, picture
from transfer.models import Batch, Stimulus

NOBODY = AnonymousUser()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No report of another test."""
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    yield


def a_study(batch: Batch, name: str = "what carries style") -> Study:
    study = Study.objects.create(
        name=name, kind="E", trials_per_participant=4, participant_target=6
    )
    study.batches.add(batch)
    set_consent(study, "You look at pictures.")
    open_study(study)
    return study


def let_simulated_people_vote(study: Study, trials: int = 4) -> None:
    utilities = {stimulus.public_id.hex: 0.0 for stimulus in Stimulus.objects.all()}
    simulate(study, utilities, participants=2, trials=trials, seed=1)


def measure_all(batch: Batch) -> None:
    for stimulus in batch.stimuli.all():
        for name, reference in (("E1", stimulus.styles.get()), ("C", stimulus.content)):
            Measurement.objects.get_or_create(
                stimulus=stimulus, reference=reference, statistic=name, instrument="x",
                defaults={"value": stimulus.pk / 1000},
            )  # fmt: skip


def measure_one() -> None:
    stimulus = Stimulus.objects.all()[0]
    Measurement.objects.create(
        stimulus=stimulus, reference=stimulus.content, statistic="C", instrument="x", value=0.5
    )


def calibrate(name: str = "first fit") -> Calibration:
    return Calibration.objects.create(
        name=name, target="E", simulated=True, data_fingerprint="0" * 64, model={}
    )


def test_it_names_the_next_step() -> None:
    def next_place() -> str:
        step = next_steps(Overview.now(NOBODY), NOBODY)[0]
        return step.page or step.action or step.command

    assert next_place() == reverse("transfer:pictures")
    picture("content", 90)
    assert next_place() == reverse("transfer:pictures")  # styles are still missing
    picture("style", 90)
    assert next_place() == reverse("transfer:launch")
    batch = batch_of(2, 2)
    waiting = Stimulus.objects.all()[0]
    Stimulus.objects.filter(pk=waiting.pk).update(state=Stimulus.State.PENDING)
    assert next_place() == "make worker"
    Stimulus.objects.update(state=Stimulus.State.DONE)
    assert next_place() == reverse("metrics:measure", args=[batch.pk])
    orders = start_default(batch)
    assert next_place() == "make worker"
    measure_all(batch)
    for order in orders:
        order.delete()
    assert next_place() == reverse("studies:create")
    study = a_study(batch)
    assert next_place() == study.get_absolute_url()
    let_simulated_people_vote(study)
    assert next_place() == reverse("metrics:calibrations")
    fitted = calibrate()
    assert next_place() == f"{reverse('metrics:ecspace')}?e={fitted.pk}"
    write_report(fitted)
    assert next_place() == reverse("metrics:ecspace")


def write_report(calibration: Calibration) -> None:
    """What `manage.py report` leaves, as far as the home page reads it."""
    folder = settings.DATA_DIR / "reports" / "spring"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("a report")
    (folder / "ecspace.json").write_text(json.dumps({"calibrations": [calibration.pk]}))


def texts() -> str:
    return "\n".join(step.text for step in next_steps(Overview.now(NOBODY), NOBODY))


def test_it_lists_what_is_left_undone() -> None:
    batch = batch_of(2, 2)
    assert "12 of 12 stimuli of “batch 1” are not measured" in texts()
    measure_one()
    assert "12 of 12" in texts()  # one has C, none has E
    empty = Study.objects.create(name="empty", kind="C")
    empty.batches.add(Batch.objects.create(name="nothing", recipe={}))
    assert "The study “empty” has no stimuli" in texts()
    draft = Study.objects.create(name="draft", kind="C")
    draft.batches.add(batch)
    assert "The study “draft” is a draft" in texts()
    measure_all(batch)
    study = a_study(batch)
    assert "Nobody has voted in “what carries style” yet" in texts()
    Study.objects.exclude(pk=study.pk).delete()
    let_simulated_people_vote(study)
    calibrate()
    assert "is closed" not in texts()
    Study.objects.update(state=Study.State.CLOSED)
    assert "The study “what carries style” is closed: fit" in texts()
    Calibration.objects.get().studies.add(study)
    assert "is closed" not in texts() and "No report shows the calibration" in texts()


def test_it_measures_at_the_press_of_a_button(researcher: Client) -> None:
    batch = batch_of(2, 2)
    page = researcher.get(reverse("home")).content.decode()
    assert "12 not measured" in page
    address = reverse("metrics:measure", args=[batch.pk])
    assert f'action="{address}"' in page
    answer = researcher.post(address, {"next": reverse("home")}, follow=True)
    assert answer.redirect_chain == [(reverse("home"), 302)]
    assert "24 measurements are to be made" in answer.content.decode()
    assert "not measured" not in answer.content.decode()


def test_it_counts_all_rows() -> None:
    batch = batch_of(contents=2, styles=1, methods=("gatys", "universal"))
    Stimulus.objects.filter(pk=Stimulus.objects.all()[0].pk).update(state=Stimulus.State.FAILED)
    measure_one()
    overview = Overview.now(NOBODY)
    assert (overview.contents, overview.styles, overview.measured) == (2, 1, 1)
    assert (overview.stimuli.done, overview.stimuli.failed) == (3, 1)
    assert overview.batches == [(batch, overview.stimuli)]


def test_it_shows_a_batch_without_stimuli() -> None:
    batch = Batch.objects.create(name="empty", recipe={})
    [(shown, progress)] = Overview.now(NOBODY).batches
    assert shown == batch
    assert progress.total == 0


def test_it_never_counts_simulated_votes_as_votes_of_people(researcher: Client) -> None:
    study = a_study(batch_of())
    let_simulated_people_vote(study, trials=4)
    person = enrol(study)
    trial = current_trial(person)
    assert trial is not None
    record_vote(trial, "left", trial.public_id)
    page = researcher.get(reverse("home")).content.decode()
    assert "1 vote of people" in page
    assert "8 simulated votes" in page


def test_it_lists_only_the_latest(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(SHOWN + 3):
        Batch.objects.create(name=f"batch {number}", recipe={})
        calibrate(f"fit {number}")
    with django_assert_max_num_queries(13):
        overview = Overview.now(NOBODY)
    assert [batch.name for batch, _ in overview.batches][0] == f"batch {SHOWN + 2}"
    assert len(overview.batches) == len(overview.calibrations) == SHOWN


def test_it_shows_an_empty_installation(researcher: Client) -> None:
    page = researcher.get(reverse("home")).content.decode()
    assert "Upload pictures" in page
    for empty in ("No batch yet", "No study yet", "No calibration yet"):
        assert empty in page


def test_it_names_simulated_data_on_the_page(researcher: Client) -> None:
    study = a_study(batch_of())
    let_simulated_people_vote(study)
    calibrate()
    page = researcher.get(reverse("home")).content.decode()
    assert "0 votes of people" in page
    assert '<span class="badge simulated">8 simulated votes</span>' in page
    assert '<span class="badge simulated">simulated votes</span>' in page
    assert study.get_absolute_url() in page


def test_it_escapes_names(researcher: Client) -> None:
    Batch.objects.create(name="<script>alert(1)</script>", recipe={})
    page = researcher.get(reverse("home")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
