"""What a batch would be before it is launched: its recipe, time, memory and shell command."""

from __future__ import annotations

import shlex

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.errors import InputError
from transfer.batches.launch import launch, recipe_of
from transfer.batches.preview import preview
from transfer.batches.recipes import fingerprint
from transfer.models import Batch, Picture, WorkerProcess

pytestmark = pytest.mark.django_db

COST = {"gatys": 1.0, "weightless": 0.5}


@pytest.fixture
def costs(monkeypatch):
    monkeypatch.setattr("transfer.batches.estimate.measured_costs", lambda: {"methods": COST})


def worked(order, seconds: float, **changes) -> Batch:
    """A batch whose stimuli are done, each in so many seconds."""
    batch = launch(order(**changes))
    batch.stimuli.update(state="done", seconds=seconds, finished_at=timezone.now())
    return batch


def worker(name: str, device: str = "") -> None:
    now = timezone.now()
    WorkerProcess.objects.create(
        name=f"elsewhere:{name}", command="worker", device=device, started_at=now, seen_at=now
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"methods": ["gatys", "adain"], "style_weights": [1, 2.5e-05, 500]},
        {"methods": ["gatys"], "weights": "ordinary", "samples": 5, "seed": 7},
        {
            "methods": ["gatys", "gatys-cov"],
            "iterations": 3,
            "settings": {"gatys-cov.init": "content", "colour": "luminance"},
            "precision": "bf16",
            "chunk": 3,
            "threads": 2,
        },
        {"methods": ["adain"], "settings": {"style_share": "0.3, 0.7"}},
        {"methods": ["inversion"], "contents": []},
    ],
)
def test_the_command_gives_the_same_recipe(order, changes):
    shown = preview(order(name="a b's", **changes), measure=False)
    words = shlex.split(shown.command)
    assert words[:3] == ["python", "manage.py", "generate"] and words[-1] == "--no-measure"
    call_command(*words[2:], "--queue", verbosity=0)
    batch = Batch.objects.get(name="a b's")
    assert fingerprint(batch.recipe) == shown.fingerprint
    assert batch.stimuli.count() == shown.number


@pytest.mark.parametrize("name", ["b", "a*", "-x", "b.png", "", "two words"])
def test_the_command_finds_pictures_of_any_name(engine, order, picture, name):
    wanted = order()
    first = wanted.contents[0]
    Picture.objects.filter(pk=first.pk).update(name=name)
    wanted.contents[0] = Picture.objects.get(pk=first.pk)
    picture("content", "a*b", seed=9)  # which a pattern would find
    shown = preview(wanted)
    call_command(*shlex.split(shown.command)[2:], "--queue", verbosity=0)
    assert fingerprint(Batch.objects.get().recipe) == shown.fingerprint


def test_without_earlier_stimuli_no_time_is_given(engine, order, costs):
    found = preview(order()).estimate
    assert found.seconds is None
    assert found.time.startswith("time not known: nothing comparable to gatys")
    assert not found.source


def test_the_time_grows_with_steps_and_area(engine, order, costs):
    worked(order, 6.0, name="before", size=40)
    asked = order(size=80, settings={"iterations": "20"})  # twice the steps, four times the area
    found = preview(asked).estimate
    assert found.seconds == pytest.approx(4 * 6.0 * 8)
    assert found.time == "about 3 min of one process; no worker runs now"


def test_the_time_of_another_method_follows_from_the_costs(engine, order, costs):
    worked(order, 6.0, name="before")
    found = preview(order(methods=["gatys", "weightless"])).estimate
    assert found.seconds == pytest.approx(4 * 6.0 + 4 * 3.0)
    assert found.compared == ("weightless",) and "weightless follows" in found.source


def test_a_method_without_a_cost_makes_the_time_unknown(engine, order, costs, monkeypatch):
    monkeypatch.delitem(COST, "weightless")
    worked(order, 6.0, name="before")
    found = preview(order(methods=["gatys", "weightless"])).estimate
    assert found.seconds is None and found.unknown == ("weightless",)


def test_other_encoders_and_precisions_say_nothing(engine, order, costs):
    worked(order, 6.0, name="before", precision="bf16")
    engine.fingerprint = "other"
    worked(order, 6.0, name="foreign", precision="float32")
    engine.fingerprint = "fake:1"
    assert preview(order(precision="float32")).estimate.seconds is None


def test_present_workers_share_the_time(engine, order, costs):
    batch = worked(order, 360.0, name="before")
    worker("1"), worker("2")
    found = preview(order()).estimate
    assert found.time == "about 12 min with the 2 workers that run now (20 images/hour)"
    assert "GB in 2" in found.memory
    WorkerProcess.objects.update(device="a GPU")  # on which nothing was made
    assert preview(order()).estimate.seconds is None
    batch.stimuli.update(device="a GPU")
    assert preview(order()).estimate.seconds == 4 * 360


def test_memory_grows_with_the_chunk(order):
    def asked(chunk: int) -> int:
        contents = order(chunk=chunk, size=256)
        return preview(contents).estimate.bytes

    one, four = asked(1), asked(4)
    assert 4 * (one - 800_000_000) == pytest.approx(four - 800_000_000)
    assert four - one > 150_000_000  # measured for a chunk of four: 298 MB


def test_a_name_in_use_and_a_batch_too_large_are_refused(engine, order):
    launch(order())
    assert preview(order()).existing == 4
    with pytest.raises(InputError, match="another recipe"):
        preview(order(size=41))
    with pytest.raises(InputError, match="at most 3"):
        preview(order(name="other"), most=3)


def test_it_fetches_no_weights(engine, order, monkeypatch):
    monkeypatch.setattr("transfer.batches.preview.file_version", lambda spec: None)
    with pytest.raises(InputError, match="not on this machine yet"):
        preview(order())
    assert fingerprint(recipe_of(order()))  # the order itself is right
