"""`manage.py measure`: E and C of a batch, the basis it makes, and resuming."""

from __future__ import annotations

import io
import math
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from common.pictures import read_picture
from metrics import statistics
from metrics.effectiveness.basis import build
from metrics.effectiveness.basis_file import write_basis
from metrics.effectiveness.divergence import measure as measure_e
from metrics.measurements.table import statistics_frame
from metrics.models import Measurement
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
    assert "basis: 2 of 2 pictures" in said
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
    run(statistics=["E"], encoder="other", size=48)
    (file,) = (settings.DATA_DIR / "cache" / "bases").iterdir()
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


def test_a_damaged_basis_is_made_again(batch, settings) -> None:
    run(statistics=["E"])
    (file,) = (settings.DATA_DIR / "cache" / "bases").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    said = run(statistics=["E"])
    assert "basis: 2 of 2" in said and "E: 0 measured, 4 known before" in said


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
    batch.stimuli.first().path.unlink()
    errors = io.StringIO()
    with pytest.raises(CommandError, match="2 measurements of batch 'trial'") as caught:
        call_command("measure", batch="trial", stderr=errors)
    assert caught.value.returncode == 2
    assert "E of gatys on content 1" in errors.getvalue()
    assert "E: 3 measured" in errors.getvalue()


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
