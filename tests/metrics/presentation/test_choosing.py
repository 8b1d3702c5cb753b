"""Batches and models that fit together are chosen; what does not fit is said in words."""

from __future__ import annotations

import pytest

from common.errors import InputError
from metrics.calibration.presets import preset
from metrics.models import Calibration, Measurement
from metrics.presentation.choosing import Measured, choose, fits
from metrics.presentation.instruments import remedies
from studies.models import Study
from tests.metrics.views.world import INSTRUMENT, measured_batch
from transfer.models import Batch, Stimulus

pytestmark = pytest.mark.django_db
OLD = {"E": "E-1 compact:8f2a basis:0011223344556677 192px"}
FITTED = {"E": INSTRUMENT["E"]}


@pytest.fixture
def batch(settings, tmp_path) -> Batch:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    return measured_batch(2, 2)


def model(name: str, target: str, instruments: dict[str, str], *batches: Batch) -> Calibration:
    """A calibration of a study on these batches."""
    exported = preset(f"wacv2020-{target}").to_json() | {"instruments": instruments}
    row = Calibration.objects.create(
        name=name, target=target, data_fingerprint="0" * 64, model=exported
    )
    study = Study.objects.create(name=name, kind=target)
    study.batches.set(batches)
    row.studies.add(study)
    return row


def names(choice) -> tuple[str, str]:
    return choice.scorings["E"].label, choice.scorings["C"].label


def copied(batch: Batch) -> Batch:
    """Another batch, measured by other instruments."""
    other = Batch.objects.create(name="batch 2", recipe={})
    for first in batch.stimuli.all()[:2]:
        stimulus = Stimulus.objects.create(
            batch=other, recipe_key=first.recipe_key, content=first.content, method=first.method,
            state=Stimulus.State.DONE, file=first.file.name, width=96, height=64,
        )  # fmt: skip
        stimulus.styles.set(first.styles.all())
        for name in ("E1", "E2", "E3", "E4", "E5"):
            Measurement.objects.create(
                stimulus=stimulus, reference=stimulus.styles.get(), statistic=name,
                instrument=OLD["E"], value=-1.0,
            )  # fmt: skip
        Measurement.objects.create(
            stimulus=stimulus, reference=stimulus.content, statistic="C",
            instrument=INSTRUMENT["C"], value=0.5,
        )  # fmt: skip
    return other


def test_without_calibrations_the_published_models_score_the_newest_measured_batch(batch) -> None:
    Batch.objects.create(name="empty", recipe={})
    choice = choose({})
    assert choice.batches == [batch] and names(choice) == ("wacv2020-E", "wacv2020-C")
    assert not choice.problem


def test_nothing_measured_is_said() -> None:
    with pytest.raises(InputError, match="no stimulus is measured yet"):
        choose({})


def test_the_newest_calibration_brings_its_batch_and_a_partner_that_fits(batch) -> None:
    """The demo's E-model and one's own C-model score different batches."""
    other = copied(batch)
    model("demo E", "E", FITTED, batch)
    own = model("own C", "C", OLD | {"C": INSTRUMENT["C"]}, other)
    choice = choose({})
    assert choice.batches == [other] and names(choice) == ("wacv2020-E", own.name)
    assert not choice.problem
    assert names(choose({}, [batch])) == ("demo E", "wacv2020-C")


def test_a_model_that_does_not_fit_is_named_with_its_reason(batch) -> None:
    old = model("old", "E", OLD, batch)
    choice = choose({"E": str(old.pk)}, [batch])
    assert "the E-model 'old' cannot score them: it needs E measured by compact at 192 px" in (
        choice.problem
    )
    assert "8f2a" not in choice.problem  # words, no hashes of encoders
    with pytest.raises(InputError, match=f"--model {old.pk} measures them for it"):
        choice.check()
    (fit,) = [fit for fit in fits("E", Measured([batch])) if fit.reason]
    assert fit.scoring.label == "old" and not fit.stimuli
    assert [remedy.label for remedy in remedies(choice)] == [
        f"Measure {batch} with the instruments of old"
    ]


def test_a_batch_without_c_is_named(batch) -> None:
    Measurement.objects.filter(statistic="C").delete()
    choice = choose({}, [batch])
    assert "C of these stimuli is not measured yet" in choice.problem
    assert f"Measure {batch}" in [remedy.label for remedy in remedies(choice)]
    with pytest.raises(InputError, match=f"measure --batch '{batch.name}' measures them"):
        choice.check()


def test_models_that_score_different_stimuli_are_not_shown_together(batch) -> None:
    half = batch.stimuli.filter(method__in=("gatys", "universal"))
    Measurement.objects.filter(stimulus__in=half, statistic="C").delete()
    rest = batch.stimuli.exclude(pk__in=half)
    Measurement.objects.filter(stimulus__in=rest).exclude(statistic="C").delete()
    model("both", "C", {"C": INSTRUMENT["C"]}, batch)
    choice = choose({}, [batch])
    assert choice.problem


def test_a_named_model_that_is_unknown_is_refused(batch) -> None:
    with pytest.raises(InputError, match="no E-calibration is named 'x'"):
        choose({"E": "x"})
