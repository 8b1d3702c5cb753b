"""manage.py import_pictures, import_stimuli, generate and worker."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from PIL import Image

from tests.transfer.conftest import annotate, draw, stored_files
from transfer.batches.launch import launch
from transfer.batches.tasks import enqueue_waiting
from transfer.models import Batch, Picture, Stimulus

pytestmark = pytest.mark.django_db


def run(*words, **options) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*map(str, words), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "pictures"
    (place / "more").mkdir(parents=True)
    draw(place / "sea.png", seed=1)
    draw(place / "more" / "lake.png", seed=2)
    (place / "README.txt").write_text("not a picture, and not meant to be one")
    return place


def test_it_imports_a_folder_and_keeps_stored_pictures(media, folder):
    words = ("import_pictures", folder, "--role", "content", "--licence", "CC0")
    out, _ = run(*words)
    assert "new: sea.png" in out
    assert "2 new, 0 kept, 0 bad" in out
    assert set(Picture.objects.values_list("name", "licence")) == {("sea", "CC0"), ("lake", "CC0")}
    assert "0 new, 2 kept, 0 bad" in run(*words)[0]


def test_it_names_every_bad_file_and_imports_the_others(media, folder):
    (folder / "text.png").write_text("no picture")
    Image.new("RGB", (1, 1)).save(folder / "pixel.png")
    with pytest.raises(CommandError, match="2 of 4 files") as failure:
        run("import_pictures", folder, "--role", "style")
    assert failure.value.returncode == 2
    assert Picture.objects.count() == len(stored_files(media)) == 2


def test_it_matches_annotations_by_stem(media, folder, tmp_path):
    mats = tmp_path / "mats"
    mats.mkdir()
    annotate(mats / "sea.mat")
    annotate(mats / "sky.mat")
    run("import_pictures", folder, "--role", "content", "--annotations", mats)
    assert Picture.objects.get(name="sea").annotations
    assert not Picture.objects.get(name="lake").annotations


@pytest.mark.parametrize("where", ["nowhere", "pictures/README.txt", "empty"])
def test_a_folder_without_pictures_is_refused(media, folder, tmp_path, where):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError) as failure:
        run("import_pictures", tmp_path / where, "--role", "content")
    assert failure.value.returncode == 2


@pytest.fixture
def manifest(tmp_path, media):
    """Write a manifest of the rows given, beside three pictures."""
    for number, name in enumerate(("made", "sea", "waves")):
        draw(tmp_path / f"{name}.png", seed=number)
    draw(tmp_path / "square.png", size=(32, 32))

    def write(*rows: str, header: str = "image,content,style,method,parameters"):
        path = tmp_path / "manifest.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write


GOOD = 'made.png,sea.png,waves.png,other tool,"{""weight"": 10}"'


def test_it_imports_stimuli_of_other_tools(manifest):
    path = manifest(GOOD)
    out, _ = run("import_stimuli", path, "--batch", "theirs")
    assert "1 new stimuli, 0 were there already" in out
    row = Stimulus.objects.get()
    assert (row.state, row.method, row.parameters) == ("done", "other tool", {"weight": 10})
    assert (row.content.name, row.styles.get().name) == ("sea", "waves")
    assert Image.open(row.path).size == (row.width, row.height) == (40, 32)
    assert row.batch.is_imported
    assert (
        "0 new stimuli, 1 were there already" in run("import_stimuli", path, "--batch", "theirs")[0]
    )


def test_a_manifest_may_name_stored_pictures(manifest, picture):
    stored = picture("content", "stored", seed=9)
    rows = "made.png,stored,waves.png,m,", "made.png,stored.tif,waves.png,n,"
    run("import_stimuli", manifest(*rows), "--batch", "theirs")
    assert {row.content for row in Stimulus.objects.all()} == {stored}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("missing.png,sea.png,waves.png,m,", "missing.png"),
        ("made.png,nowhere,waves.png,m,", "content 'nowhere' is not a file"),
        ("made.png,sea.png,,m,", "style is empty"),
        ("made.png,sea.png,waves.png,m,{oops", "parameters are not JSON"),
        ("made.png,sea.png,waves.png,m,[1]", "not a JSON object"),
        ('made.png,sea.png,waves.png,m,"{""w"": NaN}"', "JSON has no NaN"),
        ("manifest.csv,sea.png,waves.png,m,", "not a picture"),
        (
            "square.png,sea.png,waves.png,m,",
            "square.png is 32×32, its content 40×32: the shapes differ, so coherence (C) cannot",
        ),
    ],
)
def test_every_bad_row_is_named_and_nothing_is_stored(manifest, media, row, message):
    path = manifest(GOOD, row, GOOD, row)
    err = StringIO()
    with pytest.raises(CommandError, match="2 of 4 rows") as failure:
        call_command("import_stimuli", str(path), batch="theirs", stderr=err)
    assert failure.value.returncode == 2
    assert [line.split(":")[0] for line in err.getvalue().splitlines()] == ["line 3", "line 5"]
    assert message in err.getvalue()
    assert not Batch.objects.exists()
    assert not Picture.objects.exists()
    assert stored_files(media) == []


def test_a_manifest_names_physical_lines(manifest):
    path = manifest(
        "",
        "",
        '"absent.png",sea.png,waves.png,"two\nlines",',
        ",,,,",
        "lost.png,sea.png,waves.png,m,",
    )
    err = StringIO()
    with pytest.raises(CommandError, match="2 of 2 rows"):
        call_command("import_stimuli", str(path), batch="theirs", stderr=err)
    assert [line.split(":")[0] for line in err.getvalue().splitlines()] == ["line 4", "line 7"]


def test_a_manifest_with_semicolons_is_refused_by_name(manifest):
    path = manifest("a;b;c;d", header="image;content;style;method")
    with pytest.raises(CommandError, match="separated by semicolons: save it with commas"):
        run("import_stimuli", path, "--batch", "theirs")


def test_a_manifest_without_its_columns_or_rows_is_refused(manifest, tmp_path):
    for path in (manifest("a,b", header="image,content"), manifest(), tmp_path / "none.csv"):
        with pytest.raises(CommandError) as failure:
            run("import_stimuli", path, "--batch", "theirs")
        assert failure.value.returncode == 2


def test_imported_and_generated_stimuli_are_not_mixed(manifest, batch):
    batch(name="ours")
    with pytest.raises(CommandError, match="was generated here"):
        run("import_stimuli", manifest(GOOD), "--batch", "ours")


GENERATE = (
    "generate", "--name", "trial", "--methods", "gatys", "--size", "40", "--threads", "1",
    "--no-measure",
)  # fmt: skip


@pytest.fixture
def pictures(picture):
    for number, name in enumerate(("sea", "lake")):
        picture("content", name, seed=number)
        picture("style", f"{name}-style", seed=number)


def test_generate_makes_the_grid_and_reports_progress(engine, pictures, capsys):
    _, err = run(*GENERATE, "--chunk", "3")
    assert "4 of 4 images done" in err
    lines = capsys.readouterr().err
    assert "3 of 4 images" in lines
    assert "images/s" in lines or "images/hour" in lines
    assert len(engine.calls) == 2


def test_generate_repeats_nothing(engine, pictures):
    run(*GENERATE)
    made = len(engine.calls)
    run(*GENERATE)
    assert len(engine.calls) == made
    Stimulus.objects.first().delete()
    run(*GENERATE)
    assert len(engine.calls) == made + 1


def test_generate_accepts_filters_weights_samples_and_settings(engine, pictures):
    run(*GENERATE, "--contents", "sea.png", "--styles", "*-style", "--style-weight", "1", "5",
        "--set", "gatys.iterations=3", "--samples", "3")  # fmt: skip
    rows = Stimulus.objects.all()
    assert {row.content.name for row in rows} == {"sea"}
    assert len(rows) == 3
    assert {row.parameters["iterations"] for row in rows} == {3.0}


def test_generate_refuses_a_changed_recipe_in_one_line(engine, pictures):
    run(*GENERATE)
    with pytest.raises(CommandError, match="another recipe") as failure:
        run(*GENERATE, "--seed", "1")
    assert failure.value.returncode == 2
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--methods", "monet"], "unknown method"),
        (["--contents", "sky"], "no content picture is named 'sky'"),
        (["--set", "iterations"], "use NAME=VALUE"),
        (["--size", "3"], "size 3"),
    ],
)
def test_generate_refuses_bad_input(engine, pictures, words, message):
    with pytest.raises(CommandError, match=message) as failure:
        run(*GENERATE, *words)
    assert failure.value.returncode == 2


def test_generate_can_be_resumed_after_ctrl_c(engine, pictures, monkeypatch):
    engine.trouble = KeyboardInterrupt()
    with pytest.raises(CommandError, match="stopped with 0 of 4") as failure:
        run(*GENERATE)
    assert failure.value.returncode == 130
    assert Stimulus.objects.progress().pending == 4
    engine.trouble = None
    run(*GENERATE)
    assert Stimulus.objects.progress().done == 4


def test_generate_reports_failures_and_retries_them_on_request(engine, pictures):
    launched = run(*GENERATE, "--queue")
    assert "4 stimuli wait" in launched[1]
    engine.bad_seed = Stimulus.objects.first().seed
    with pytest.raises(CommandError, match="1 of 4 stimuli failed") as failure:
        run(*GENERATE)
    assert failure.value.returncode == 1
    engine.bad_seed = None
    with pytest.raises(CommandError, match="1 of 4"):
        run(*GENERATE)
    run(*GENERATE, "--retry")
    assert Stimulus.objects.progress().done == 4


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_tasks_and_finds_rows_without_a_task(engine, order):
    from django_tasks_db.models import DBTaskResult

    batch = launch(order(chunk=1))
    batch.stimuli.filter(chunk=0).claim("another-machine:1").release()
    enqueue_waiting(batch)
    DBTaskResult.objects.first().delete()  # a task that was lost
    run("worker", "--drain", interval=0.01)
    assert batch.stimuli.progress().done == 4
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}
    assert len(engine.calls) == 4


def test_a_task_carries_ids_of_one_chunk_only(engine, order, django_capture_on_commit_callbacks):
    from django_tasks_db.models import DBTaskResult

    batch = launch(order(chunk=2))
    with django_capture_on_commit_callbacks(execute=True):
        enqueue_waiting(batch)
    arguments = [json.loads(json.dumps(task.args_kwargs)) for task in DBTaskResult.objects.all()]
    assert sorted(len(one["args"][0]) for one in arguments) == [2, 2]
    assert all(isinstance(pk, int) for one in arguments for pk in one["args"][0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("generate --size x", "argument --size: invalid int value: 'x'"),
        ("measure", "one of the arguments --batch is required"),
        ("study crate", "argument ACTION: invalid choice: 'crate'"),
        ("study create --kind E", "the following arguments are required: name, --batch"),
    ],
)
def test_a_wrong_option_is_reported_in_one_line(words, message, capsys):
    with pytest.raises(SystemExit) as end:
        execute_from_command_line(["manage.py", *words.split()])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
