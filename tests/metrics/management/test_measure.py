"""`manage.py measure`: E and C of a batch, the basis it makes, and resuming."""

from __future__ import annotations

import io
import math
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from common.pictures import read_picture
from metrics import statistics
from metrics.calibration.presets import preset
from metrics.effectiveness.basis import build
from metrics.effectiveness.basis_file import write_basis
from metrics.effectiveness.divergence import measure as measure_e
from metrics.effectiveness.known_bases import read_header
from metrics.measurements.table import statistics_frame
from metrics.models import Calibration, Measurement, MeasurementJob
from metrics.statistics.instruments.effectiveness import EffectivenessInstrument
from tests.metrics.measurements.test_measuring import Size
from tests.metrics.pictures import small_encoder, textured
from transfer import encoders
from transfer.models import Batch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def instruments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small random encoder for every name, and a C that needs no boundaries."""
    monkeypatch.setattr(
        encoders, "load_encoder", lambda name, **_: small_encoder(len(name), name=name)
    )
    monkeypatch.setitem(statistics.STATISTICS, "C", Size)


def run(batch: Batch | str = "trial", **options: object) -> str:
    errors = io.StringIO()
    with redirect_stderr(errors):  # progress is written there whatever stream a command has
        call_command("measure", batch=str(batch), stderr=errors, **options)
    return errors.getvalue()


def test_it_measures_a_batch_and_reports_the_time(batch) -> None:
    said = run()
    assert "basis: 4 of 4 pictures" in said  # the bundled ones, not those of the batch
    assert "E: 4 measured, 0 known before" in said and "s per picture" in said
    assert "C: 4 measured, 0 known before" in said
    table = statistics_frame(batch.stimuli.all())
    assert table[["E1", "E2", "E3", "E4", "E5", "C"]].notna().all().all()
    # More of the style in the picture means more E, for either content.
    for _, rows in table.groupby("content"):
        first, second = rows.sort_values("weight").to_dict("records")
        assert all(first[name] < second[name] for name in ("E1", "E2", "E3", "E4", "E5"))


def test_the_same_command_does_only_what_is_missing(batch) -> None:
    run()
    before = set(Measurement.objects.values_list("pk", flat=True))
    Measurement.objects.filter(stimulus=batch.stimuli.last(), statistic="E3").delete()
    said = run()
    assert "basis" not in said  # it was kept
    assert "E: 1 measured, 3 known before" in said and "C: 0 measured, 4 known before" in said
    after = set(Measurement.objects.values_list("pk", flat=True))
    assert len(after) == len(before) and len(after - before) == 1


def test_it_resumes_after_an_interruption(batch, monkeypatch) -> None:
    measure_one = EffectivenessInstrument.measure
    left = [3]

    def stopped(self, sample):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return measure_one(self, sample)

    monkeypatch.setattr(EffectivenessInstrument, "measure", stopped)
    with pytest.raises(CommandError, match="the same command measures the rest") as caught:
        run(statistics=["E"])
    assert caught.value.returncode == 130
    assert "E: 2 measured, 2 known before" in run(statistics=["E"])


def test_the_numbers_are_those_of_the_definition(batch, settings) -> None:
    run(statistics=["E"], encoder="other", size=48, basis="batch")
    (file,) = (settings.DATA_DIR / "bases").iterdir()
    assert file.name.startswith("other-48-")
    encoder = small_encoder(5, name="other")
    contents = sorted({row.content.sha256: row.content.path for row in batch.stimuli.all()}.items())
    basis = build([read_picture(path) for _, path in contents], encoder, size=48)
    stimulus = batch.stimuli.first()
    style = read_picture(stimulus.styles.get().path)
    (effects,) = measure_e(
        [read_picture(stimulus.path)], style, encoder, basis, style_width=stimulus.width
    )
    kept = {row.statistic: row for row in stimulus.measurements.all()}
    for name, effect in zip(("E1", "E2", "E3", "E4", "E5"), effects.values(), strict=True):
        assert math.isclose(kept[name].value, effect.value, rel_tol=1e-9)
        assert kept[name].details["rank"] == effect.rank
        assert kept[name].instrument == f"E-1 other:5 basis:{basis.fingerprint[:16]} 48px"


@pytest.mark.parametrize(("basis", "pictures"), [("reference", 4), ("batch", 2)])
@pytest.mark.parametrize("left", [100, 20_000])
def test_a_damaged_basis_is_made_again(batch, settings, basis, pictures, left) -> None:
    run(statistics=["E"], basis=basis)
    (file,) = (settings.DATA_DIR / "bases").iterdir()
    file.write_bytes(file.read_bytes()[:left])
    said = run(statistics=["E"], basis=basis)
    assert f"basis: {pictures} of {pictures}" in said
    assert "E: 0 measured, 4 known before" in said
    assert read_header(file) is not None


def test_batches_are_measured_on_one_scale(batch, stored, finished) -> None:
    other = Batch.objects.create(name="other", recipe={})
    content = stored("content", 7)
    finished(other, content, stored("style", 17))
    run()
    assert "basis" not in run("other")  # the one that the first batch has made
    assert len(set(Measurement.objects.filter(statistic="E1").values_list("instrument"))) == 1
    run("other", basis="batch")
    names = Measurement.objects.filter(stimulus__batch=other, statistic="E1")
    assert len(set(names.values_list("instrument"))) == 2


def fitted_to(instruments: dict[str, str]) -> Calibration:
    """A calibration that is fitted to these instruments."""
    exported = preset("wacv2020-E").to_json() | {"instruments": instruments}
    return Calibration.objects.create(
        name="old", target="E", data_fingerprint="0" * 64, model=exported
    )


def test_it_measures_with_the_instruments_of_a_model(batch, stored, finished) -> None:
    run(statistics=["E"], basis="batch", size=48)
    name = Measurement.objects.filter(statistic="E1").first().instrument
    model = fitted_to({"E": name})
    other = Batch.objects.create(name="other", recipe={})
    finished(other, stored("content", 7), stored("style", 17))
    said = run("other", model="old")
    assert "E: 1 measured" in said and "C:" not in said
    assert set(other.stimuli.get().measurements.values_list("instrument", flat=True)) == {name}
    with pytest.raises(CommandError, match="leave --statistics out"):
        run("other", model=str(model.pk), statistics=["E"])
    with pytest.raises(CommandError, match="unknown calibration 'older'.*did you mean old"):
        run("other", model="older")


@pytest.mark.parametrize(
    ("instruments", "message"),
    [
        ({}, "does not say with which instruments"),
        ({"E": "E-1 compact:1 basis:ffff 64px"}, "is not in this installation: copy its file"),
        ({"E": "something"}, "is not in this installation"),
    ],
)
def test_a_model_whose_instruments_are_unknown_is_refused(batch, instruments, message) -> None:
    fitted_to(instruments)
    with pytest.raises(CommandError, match=message) as caught:
        run(model="old")
    assert caught.value.returncode == 2 and not MeasurementJob.objects.exists()


def test_a_named_basis_is_another_instrument(batch, tmp_path) -> None:
    run(statistics=["E"])
    path = tmp_path / "basis.safetensors"
    write_basis(build([textured(8)], small_encoder(7, name="compact"), size=64), path)
    assert "E: 4 measured" in run(statistics=["E"], basis=path)
    assert len(set(Measurement.objects.values_list("instrument", flat=True))) == 2


def test_imported_pictures_are_measured_like_generated_ones(stored, finished) -> None:
    imported = Batch.objects.create(name="others", recipe={"imported": True})
    stimulus = finished(
        imported, stored("content", 1), stored("style", 10), method="magic", parameters={}
    )
    run("others")
    (row,) = statistics_frame(imported.stimuli.all()).to_dict("records")
    assert row["method"] == "magic" and row["stimulus"] == stimulus.public_id.hex
    assert math.isnan(row["weight"]) and not math.isnan(row["E5"] + row["C"])


def test_layers_out_of_reach_are_kept_as_null(batch, monkeypatch) -> None:
    shallow = small_encoder(deepest="relu3_1")
    monkeypatch.setattr(encoders, "load_encoder", lambda name, **_: shallow)
    run(statistics=["E"])
    missing = Measurement.objects.filter(statistic="E4")
    assert all(row.value is None and "relu4_1" in row.details["missing"] for row in missing)
    assert "E: 0 measured, 4 known" in run(statistics=["E"])
    assert statistics_frame(batch.stimuli.all())["E4"].isna().all()


def test_failures_are_reported_and_the_rest_is_measured(batch) -> None:
    batch.stimuli.first().path.write_bytes(b"not a picture")
    errors = io.StringIO()
    with pytest.raises(CommandError, match="batch 'trial': 1 failed for the reasons") as caught:
        call_command("measure", batch="trial", stderr=errors)
    assert caught.value.returncode == 2 and "\n" not in str(caught.value)
    assert "E of gatys on content 1" in errors.getvalue()
    assert "E: 3 measured" in errors.getvalue()


def test_a_missing_file_waits_and_one_line_says_why(batch) -> None:
    path = batch.stimuli.first().path
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(CommandError, match=f"2 wait: .*{path.name} is missing") as caught:
        run()
    assert caught.value.returncode == 2 and "\n" not in str(caught.value)
    assert set(MeasurementJob.objects.values_list("state", "attempt")) == {
        ("pending", 0), ("done", 1),
    }  # fmt: skip
    path.write_bytes(kept)
    said = run()
    assert "E: 1 measured, 3 known before" in said and "C: 1 measured" in said


def test_it_leaves_the_work_to_workers_when_told(batch, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert "8 measurements wait for a worker" in run(queue=True)
    assert not Measurement.objects.exists()
    assert DBTaskResult.objects.count() == 2
    assert "E: 4 measured" in run()


def test_processes_is_a_whole_number(batch) -> None:
    with pytest.raises(CommandError, match="--processes 0 cannot be used"):
        run(processes=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": "none"}, "unknown batch 'none': use one of trial"),
        ({"statistics": ["F"]}, "unknown statistic 'F'"),
        ({"basis": "missing.safetensors"}, "no basis at missing.safetensors"),
        ({"basis": "b", "size": 64}, "--basis has its own size"),
        ({"basis": "strange.safetensors"}, "made with encoder 'strange'"),
    ],
)
def test_bad_input_is_one_line(batch, tmp_path, monkeypatch, options, message) -> None:
    monkeypatch.chdir(tmp_path)
    strange = small_encoder(name="strange")
    write_basis(build([textured(8)], strange, size=64), tmp_path / "strange.safetensors")
    if "basis" in options:
        options = options | {"basis": Path(options["basis"])}
    with pytest.raises(CommandError, match=message) as caught:
        run(**options)
    assert caught.value.returncode == 2 and "\n" not in str(caught.value)
    assert not Measurement.objects.exists()
