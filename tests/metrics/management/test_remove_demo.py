"""Removal of the demo, and of nothing else."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from metrics.models import Calibration
from metrics.report.demo_removal import SOURCE
from studies.models import Study
from studies.planning.opening import open_study, set_consent
from studies.sessions.enrolment import enrol
from tests.studies.world import batch_of, picture
from transfer.models import Batch, Picture, Stimulus

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(tmp_path, settings):
    """A batch, a study and a calibration as the demo makes them, beside a picture of one's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DATA_DIR = tmp_path
    batch = batch_of()
    Picture.objects.update(source=f"{SOURCE}photograph")
    Batch.objects.update(name="demo")
    study = Study.objects.create(
        name="demo E-test", kind="E", trials_per_participant=6, participant_target=4
    )
    study.batches.add(batch)
    set_consent(study, "You look at pictures.")
    open_study(study)
    fitted = Calibration.objects.create(name="demo E", target="E", model={}, simulated=True)
    fitted.studies.add(study)
    picture("content", 9)
    report = tmp_path / "reports" / "demo"
    report.mkdir(parents=True)
    (report / "index.html").write_text("a report")
    return study


def test_all_of_the_demo_goes_and_the_rest_stays(demo, researcher, tmp_path, client,
                                                 django_capture_on_commit_callbacks):  # fmt: skip
    assert "Remove the demo" in researcher.get("/").content.decode()
    address = "/metrics/demo/remove/"
    page = researcher.post(address, {"name": "x"}, follow=True).content.decode()
    assert "type its name: demo" in page and Study.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        page = researcher.post(address, {"name": "demo"}, follow=True).content.decode()
    assert "4 pictures, 12 stimuli, 1 studies and 1 calibrations" in page
    assert "Type its name" not in page
    assert not (Study.objects.exists() or Stimulus.objects.exists() or Batch.objects.exists())
    assert not Calibration.objects.exists()
    assert [one.name for one in Picture.objects.all()] == ["content-9"]
    assert not (tmp_path / "reports" / "demo").exists()
    with pytest.raises(CommandError, match="there is no demo here"):
        call_command("remove_demo", "--yes")


def test_votes_of_people_keep_the_demo(demo):
    enrol(demo)
    with pytest.raises(CommandError, match="the demo stays: in study 'demo E-test' 1 person has"):
        call_command("remove_demo", "--yes")
    assert Calibration.objects.exists() and Stimulus.objects.count() == 12


def test_pictures_in_use_elsewhere_stay(demo):
    other = batch_of_more()
    call_command("remove_demo", "--yes", stdout=(out := StringIO()))
    assert "2 pictures" in out.getvalue()
    assert other.stimuli.count() == 1


def batch_of_more() -> Batch:
    """Another batch with a stimulus of a content and a style of the demo."""
    other = Batch.objects.create(name="own", recipe={})
    content = Picture.objects.get(name="content-0")
    made = Stimulus.objects.create(batch=other, recipe_key="1", content=content, method="gatys")
    made.styles.add(Picture.objects.get(name="style-0"))
    return other
