"""Measurements: stored once, never overwritten, and read as a table of one instrument."""

from __future__ import annotations

import argparse
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from django.apps import apps
from django.db import connection

from common.colours import CONVERSION
from common.errors import InputError
from common.media import keep, media_path
from metrics import statistics
from metrics.measurements import jobs
from metrics.measurements.here import measure_waiting
from metrics.measurements.measuring import batch_named, collection_of
from metrics.measurements.orders import start
from metrics.measurements.table import columns, instruments, usual_instruments
from metrics.measurements.table import statistics_frame as frame
from metrics.models import Measurement
from metrics.statistics import STATISTICS, statistic
from metrics.statistics.base import (
    Collection,
    Instrument,
    Sample,
    Statistic,
    Value,
    shared_name,
)
from metrics.statistics.coherence import Coherence
from metrics.statistics.instruments.coherence import CoherenceInstrument
from metrics.statistics.instruments.effectiveness import (
    EffectivenessInstrument,
    collection_basis,
)
from tests.common.test_colours import wide_gamut
from tests.metrics.boundaries.shapes import write_annotation
from tests.metrics.pictures import small_encoder, textured
from transfer.batches.import_pictures import store_picture
from transfer.models import Batch, Stimulus

pytestmark = pytest.mark.django_db


class Size(Statistic):
    """C of a stimulus is the size of its file."""

    key: ClassVar[str] = "C"
    names = ("C",)
    reference = "content"

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        pass

    @classmethod
    def open(cls, options: Any, collection: Any, progress: Any) -> Counting:
        return Counting()


class Counting(Instrument):
    """An instrument of `Size` that counts its calls."""

    def __init__(self, label: str = "counting") -> None:
        self.label, self.calls, self.trouble = label, 0, ""
        self.references: list[str] = []

    def name(self, sample: Sample) -> str:
        return self.label

    def measure(self, sample: Sample) -> dict[str, Value]:
        self.calls += 1
        self.references.append(sample.reference.name)
        if self.trouble == sample.image.name:
            raise InputError(f"{sample.image.name}\nis strange")
        return {"C": Value(float(sample.image.stat().st_size), {"annotated": False})}


@dataclass(frozen=True)
class Outcome:
    """What became of the jobs of one run."""

    measured: int
    known: int
    failures: list[tuple[str, str]]
    waiting: list[str]


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Measure a batch by a statistic with an instrument that is open already."""

    def run(batch: Batch, kind: type[Statistic], instrument: Instrument) -> Outcome:
        monkeypatch.setitem(statistics.STATISTICS, kind.key, kind)
        monkeypatch.setattr(jobs, "opened", lambda *_: instrument)
        label = getattr(instrument, "label", "detector")
        order = start(batch, kind.key, {"label": label})
        waited = set(order.jobs.filter(state="pending").values_list("pk", flat=True))
        measure_waiting([order], set())
        rows = list(order.jobs.all())
        measured = [row for row in rows if row.pk in waited and row.seconds is not None]
        done = [row for row in rows if row.state == "done"]
        return Outcome(
            len([row for row in measured if row.state == "done"]),
            len(done) - len([row for row in measured if row.state == "done"]),
            [(row.label, row.error) for row in rows if row.state == "failed"],
            [row.error for row in rows if row.state == "pending"],
        )

    return run


def test_it_measures_what_is_missing_and_nothing_twice(batch, measure) -> None:
    instrument = Counting()
    first = measure(batch, Size, instrument)
    assert (first.measured, first.known, instrument.calls) == (4, 0, 4)
    again = measure(batch, Size, instrument)
    assert (again.measured, again.known, instrument.calls) == (0, 4, 4)
    Measurement.objects.filter(stimulus=batch.stimuli.first()).delete()
    third = measure(batch, Size, instrument)
    assert (third.measured, third.known, instrument.calls) == (1, 3, 5)


def test_stimuli_of_one_reference_follow_each_other(batch, measure) -> None:
    instrument = Counting()
    measure(batch, Size, instrument)
    first, second, third, fourth = instrument.references
    assert first == second != third == fourth


def test_another_instrument_adds_measurements(batch, measure) -> None:
    measure(batch, Size, Counting("one"))
    before = {row.pk: row.value for row in Measurement.objects.all()}
    measure(batch, Size, Counting("two"))
    assert Measurement.objects.count() == 8
    assert {row.pk: row.value for row in Measurement.objects.filter(pk__in=before)} == before


def test_a_measurement_is_not_changed(batch, measure) -> None:
    measure(batch, Size, Counting())
    row = Measurement.objects.first()
    row.value = 0.0
    with pytest.raises(TypeError, match="never overwritten"):
        row.save()
    assert Measurement.objects.get(pk=row.pk).value > 0


def test_the_first_of_two_simultaneous_measurements_is_kept(batch, measure) -> None:
    stimulus = batch.stimuli.first()

    class Slow(Counting):
        def measure(self, sample: Sample) -> dict[str, Value]:
            if sample.image == stimulus.path:
                Measurement.objects.create(
                    stimulus=stimulus,
                    reference=stimulus.content,
                    statistic="C",
                    instrument=self.label,
                    value=0.25,
                )
            return {"C": Value(0.75)}

    assert not measure(batch, Size, Slow()).failures
    kept = Measurement.objects.get(stimulus=stimulus)
    assert kept.value == 0.25 and Measurement.objects.count() == 4


def test_a_stimulus_that_is_not_done_has_no_job(batch, measure) -> None:
    stimulus = batch.stimuli.first()
    batch.stimuli.filter(pk=stimulus.pk).update(state=Stimulus.State.PENDING)
    assert measure(batch, Size, Counting()).measured == 3
    batch.stimuli.update(state=Stimulus.State.DONE)
    assert measure(batch, Size, Counting()).measured == 1


def test_a_stimulus_that_is_made_anew_meanwhile_fails_its_job(batch, measure) -> None:
    measure(batch, Size, Counting())
    stimulus = batch.stimuli.first()
    Measurement.objects.filter(stimulus=stimulus).delete()
    order = start(batch, "C", {"label": "counting"})
    batch.stimuli.filter(pk=stimulus.pk).update(state=Stimulus.State.PENDING)
    measure_waiting([order], set())
    assert "is pending: make it first" in order.jobs.get(stimulus=stimulus).error


def test_a_failed_measurement_does_not_stop_the_others(batch, measure) -> None:
    instrument = Counting()
    instrument.trouble = batch.stimuli.first().path.name
    outcome = measure(batch, Size, instrument)
    assert outcome.measured == 3
    ((label, reason),) = outcome.failures
    assert label.startswith("gatys on content 1") and reason.endswith("is strange")
    instrument.trouble = ""
    assert measure(batch, Size, instrument).measured == 1


def test_a_missing_file_waits_for_its_return(batch, measure) -> None:
    gone = batch.stimuli.first()
    kept = gone.path.with_suffix(".kept")
    shutil.move(gone.path, kept)
    outcome = measure(batch, Size, Counting())
    assert outcome.measured == 3 and not outcome.failures
    (reason,) = outcome.waiting
    assert gone.path.name in reason and "is missing: restore the file" in reason
    shutil.move(kept, gone.path)
    assert measure(batch, Size, Counting()).measured == 1


def test_a_batch_is_named(batch) -> None:
    assert batch_named("trial") == batch
    with pytest.raises(InputError, match="unknown batch 'trail': use one of trial"):
        batch_named("trail")
    batch.stimuli.update(state=Stimulus.State.FAILED)
    assert collection_of(batch).width == 0


def test_a_collection_lists_its_contents(batch, stored, finished) -> None:
    before = collection_of(batch)
    assert before.width == 72 and len(before.contents) == 2
    finished(batch, stored("content", 3), stored("style", 10))
    after = collection_of(batch)
    assert len(after.contents) == 3 and after.fingerprint != before.fingerprint


def test_the_table_has_the_agreed_columns(batch, measure) -> None:
    measure(batch, Size, Counting())
    table = frame(batch.stimuli.all())
    assert list(table.columns) == columns()
    agreed = "stimulus,method,content,style,E1,E2,E3,E4,E5,C,weight,instrument_E,instrument_C"
    assert ",".join(columns()) == agreed
    assert list(table["stimulus"]) == [row.public_id.hex for row in batch.stimuli.all()]
    assert set(table["content"]) == {"content 1", "content 2"}
    assert set(table["style"]) == {"style 10"} and set(table["weight"]) == {50.0, 90.0}
    assert set(table["instrument_C"]) == {"counting"} and table["instrument_E"].isna().all()
    assert table["E1"].isna().all() and table["E1"].dtype == float
    sizes = [row.path.stat().st_size for row in batch.stimuli.all()]
    assert list(table["C"]) == sizes


def test_the_table_never_mixes_instruments(batch, measure) -> None:
    measure(batch, Size, Counting("one"))
    Measurement.objects.filter(stimulus=batch.stimuli.first()).delete()
    measure(batch, Size, Counting("two"))
    stimuli = batch.stimuli.all()
    assert instruments(stimuli, "C") == {"two": 4, "one": 3}
    with pytest.raises(InputError, match="several instruments measured C.*'two' .4 stimuli"):
        frame(stimuli)
    with pytest.raises(InputError, match="'three' measured no C"):
        frame(stimuli, {"C": "three"})
    assert frame(stimuli, {"C": "two"})["C"].notna().all()
    assert usual_instruments(stimuli) == {"C": "two"}
    one = frame(stimuli, {"C": "one"})
    assert one["C"].isna().sum() == 1 and one["instrument_C"].isna().sum() == 1


def test_the_table_takes_the_mean_over_several_styles(batch, stored, finished) -> None:
    styles = stored("style", 11), stored("style", 12)
    stimulus = finished(batch, stored("content", 1), *styles, parameters={"alpha": 0.5})
    for style, value in zip(styles, (-1.0, -2.0), strict=True):
        Measurement.objects.create(
            stimulus=stimulus, reference=style, statistic="E1", instrument="x", value=value
        )
        Measurement.objects.create(
            stimulus=stimulus, reference=style, statistic="E5", instrument="x", value=None
        )
    (row,) = frame(Stimulus.objects.filter(pk=stimulus.pk)).to_dict("records")
    assert row["E1"] == -1.5 and math.isnan(row["E5"]) and math.isnan(row["E2"])
    assert row["style"] == "style 11 + style 12" and row["weight"] == 0.5


def test_the_table_distinguishes_pictures_of_one_name(batch, stored, finished) -> None:
    twin = stored("content", 5, name="content 1")
    finished(batch, twin, stored("style", 10))
    contents = set(frame(batch.stimuli.all())["content"])
    assert len(contents) == 3 and f"content 1 {twin.sha256[:8]}" in contents


def test_the_registry_knows_its_statistics() -> None:
    for key in STATISTICS:
        found = statistic(key)
        assert found.key == key and found.reference in ("style", "content")
        assert found.names and found.higher_is_better
    with pytest.raises(InputError, match="unknown statistic 'D': use one of E, C, ssim, "):
        statistic("D")


def annotate(picture, column: int) -> None:
    """Give a picture human annotations: two regions that meet at a column."""
    labels = np.ones((picture.height, picture.width), np.uint16)
    labels[:, column:] = 2
    folder = media_path("made")
    folder.mkdir(exist_ok=True)
    made = folder / f"{column}.mat"
    if not made.exists():  # SciPy writes the time into the file
        write_annotation(made, [labels])
    picture.annotations.name, _ = keep("annotations", ".mat", made.read_bytes())
    picture.save()


def test_a_corrected_annotation_gives_new_measurements(batch, measure) -> None:
    content = batch.stimuli.first().content
    annotate(content, 20)
    instrument = CoherenceInstrument("gaussian")
    first = measure(batch, Coherence, instrument)
    assert first.measured == 4
    stimuli = batch.stimuli.filter(content=content)
    human = next(name for name in instruments(stimuli, "C") if name.endswith("truth:human"))
    before = frame(stimuli, {"C": human})["C"]
    assert before.notna().all() and instruments(stimuli, "C") == {human: 2}
    annotate(content, 50)
    assert instruments(stimuli, "C") == {}
    again = measure(batch, Coherence, instrument)
    assert (again.measured, again.known) == (2, 2)
    after = frame(stimuli, {"C": human})["C"]
    assert after.notna().all() and (after != before).any()
    assert Measurement.objects.filter(stimulus__in=stimuli).count() == 4
    annotate(content, 20)  # the first ones are still there
    assert (frame(stimuli, {"C": human})["C"] == before).all()


def test_measurements_of_the_version_before_get_the_name_of_their_annotations(
    batch, measure
) -> None:
    content = batch.stimuli.first().content
    annotate(content, 20)
    instrument = CoherenceInstrument("gaussian")
    measure(batch, Coherence, instrument)
    names = list(Measurement.objects.order_by("pk").values_list("instrument", flat=True))
    for row in Measurement.objects.filter(instrument__contains=" annotation:"):
        shared = row.instrument.partition(" annotation:")[0]
        Measurement.objects.filter(pk=row.pk).update(instrument=shared)
    migration = import_module("metrics.migrations.0002_name_annotations")
    migration.name_annotations(apps, SimpleNamespace(connection=connection))
    assert list(Measurement.objects.order_by("pk").values_list("instrument", flat=True)) == names


def test_numbers_of_a_reference_whose_colours_were_not_converted_are_replaced(
    stored, finished, tmp_path, measure
) -> None:
    image, profile = wide_gamut()
    image.resize((72, 64)).save(tmp_path / "wide.png", icc_profile=profile)
    wide = store_picture(tmp_path / "wide.png", "content", name="wide").picture
    style, plain = stored("style", 10), stored("content", 1)
    made = Batch.objects.create(name="colours", recipe={"size": 72})
    rows = [finished(made, content, style) for content in (wide, plain)]
    instrument = CoherenceInstrument("gaussian")
    assert measure(made, Coherence, instrument).measured == 2
    names = dict(Measurement.objects.values_list("stimulus", "instrument"))
    assert names[rows[0].pk] == f"{names[rows[1].pk]} colours:{CONVERSION}"
    assert len(names[rows[0].pk]) <= 200
    shared = shared_name(names[rows[1].pk])
    assert instruments(made.stimuli, "C") == {shared: 2}
    value = frame(made.stimuli)["C"][0]
    # A measurement of before the conversion: the same name without the rule.
    old = Measurement.objects.get(stimulus=rows[0])
    old.pk, old.instrument, old.value, old._state.adding = None, shared, value / 2, True
    old.save()
    assert instruments(made.stimuli, "C") == {shared: 2}
    assert frame(made.stimuli)["C"][0] == value
    Measurement.objects.filter(stimulus=rows[0]).exclude(pk=old.pk).delete()
    assert measure(made, Coherence, instrument).measured == 1
    assert frame(made.stimuli)["C"][0] == value
    assert Measurement.objects.get(pk=old.pk).value == value / 2


def test_the_instrument_of_e_says_where_the_colours_of_a_style_are_converted(tmp_path) -> None:
    encoder = small_encoder(deepest="relu2_1")
    textured(1).save(tmp_path / "plain.png")
    image, profile = wide_gamut()
    image.save(tmp_path / "wide.png", icc_profile=profile)

    def collection(name: str) -> Collection:
        return Collection([tmp_path / name], "same", 64, tmp_path / "cache")

    basis = collection_basis(encoder, 64, collection("plain.png"), lambda *_: None)
    instrument = EffectivenessInstrument(encoder, basis)
    plain, wide = (
        instrument.name(Sample(tmp_path / "plain.png", 64, tmp_path / name))
        for name in ("plain.png", "wide.png")
    )
    assert wide == f"{plain} colours:{CONVERSION}"
    assert shared_name(wide) == plain == shared_name(plain)
    # A basis that is kept from before the conversion is not taken for the new one.
    collection_basis(encoder, 64, collection("wide.png"), lambda *_: None)
    assert len(list((tmp_path / "cache/bases").iterdir())) == 2
