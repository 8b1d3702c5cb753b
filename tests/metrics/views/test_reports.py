"""Written reports on the site."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from metrics.models import Calibration, ReportJob
from metrics.presentation.written_reports import reports_folder
from tests.sight import SIGHTS, look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    page = tmp_path / "reports" / "spring 2027" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<h1>the report</h1>")
    (page.parent / "ecspace.json").write_text('{"calibrations": []}')
    (tmp_path / "secret.txt").write_text("secret")
    return page


def test_the_list_links_to_every_report(researcher: Client, written: Path) -> None:
    space = researcher.get(reverse("metrics:ecspace")).content.decode()
    assert f'href="{reverse("metrics:reports")}"' in space
    response = researcher.get(reverse("metrics:reports"))
    address = reverse("metrics:report", args=["spring 2027"])
    assert f'href="{address}"' in response.content.decode()
    assert b"".join(researcher.get(address).streaming_content) == b"<h1>the report</h1>"


def test_a_report_is_isolated_from_the_site(researcher: Client, written: Path) -> None:
    response = researcher.get(reverse("metrics:report", args=["spring 2027"]))
    policy = response["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("name", ["other", "..", "%2e%2e", "..%2fsecret.txt"])
def test_it_serves_no_other_file(researcher: Client, written: Path, name: str) -> None:
    assert researcher.get(f"/metrics/reports/{name}/").status_code in (301, 404)


def _sees(client: Client) -> bool:
    address = reverse("metrics:report", args=["spring 2027"])
    listed = f'href="{address}"' in client.get(reverse("metrics:reports")).content.decode()
    opened = client.get(address).status_code == 200
    assert listed == opened
    return opened


def test_it_is_for_those_who_may_see_every_study_behind_it(
    calibration: Calibration, django_user_model: type[User], written: Path
) -> None:
    users = django_user_model.objects
    clients = {}
    for name in ("owner", "member", "stranger", "boss"):
        clients[name] = Client()
        clients[name].force_login(users.create_user(name, is_superuser=name == "boss"))
    told = written.parent / "ecspace.json"
    told.write_text(json.dumps({"calibrations": [calibration.pk]}))
    assert all(_sees(client) for client in clients.values())  # a study of nobody in particular
    study = calibration.studies.get()
    study.created_by = users.get(username="owner")
    study.save()
    study.members.add(users.get(username="member"))
    seen = {name for name, client in clients.items() if _sees(client)}
    assert seen == {"owner", "member", "boss"}
    for unknown in ("", "{}", "[]", '{"calibrations": ["x"]}', '{"calibrations": [99999]}'):
        told.write_text(unknown)
        assert {name for name, client in clients.items() if _sees(client)} == {"boss"}
    told.unlink()
    assert not _sees(clients["owner"])


def test_it_asks_for_a_login(client: Client, written: Path) -> None:
    response = client.get(reverse("metrics:report", args=["spring 2027"]))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_its_scripts_and_styles_run_in_isolation(
    researcher: Client, written: Path, live_server: LiveServer, page: Page
) -> None:
    written.write_text(
        "<link rel=stylesheet href='data:text/css,body{color:rgb(1,2,3)}'><p>"
        "<script src='data:text/javascript,document.title=String(self.origin)'></script>"
    )
    session = researcher.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(live_server.url + reverse("metrics:report", args=["spring 2027"]))
    assert page.title() == "null"  # an origin of its own, without the site's session
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(1, 2, 3)"


@pytest.mark.django_db(transaction=True)
def test_a_report_is_made_from_the_ec_space_and_deleted(
    researcher: Client, calibration: Calibration
) -> None:
    space = researcher.get(reverse("metrics:ecspace")).content.decode()
    form = re.search(
        r'<form method="post" action="/metrics/ecspace/report/">.*?</form>', space, re.S
    )
    assert form is not None
    fields = dict(re.findall(r'name="(batch|e|c|bins)" value="([^"]+)"', form[0]))
    assert fields["e"] == str(calibration.pk)
    asked = researcher.post(reverse("metrics:make_report"), fields, follow=True).content.decode()
    assert "waits for a worker" in asked and "make worker" in asked
    call_command("worker", drain=True, interval=0.01)
    page = researcher.get(reverse("metrics:reports")).content.decode()
    name = ReportJob.objects.get(state="done").name
    assert "Being made" not in page and "by ada" in page and "simulated votes" in page
    assert b"".join(researcher.get(reverse("metrics:report", args=[name])).streaming_content)

    archive = researcher.get(reverse("metrics:report_zip", args=[name]))
    with zipfile.ZipFile(io.BytesIO(b"".join(archive.streaming_content))) as packed:
        assert packed.testzip() is None
        names = {entry.removeprefix(f"{name}/") for entry in packed.namelist()}
    assert {"index.html", "ecspace.svg", "scores.csv", "model-E.json"} <= names
    for file in names:
        assert f'/files/{file}"' in page
        answer = researcher.get(reverse("metrics:report_file", args=[name, file]))
        assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    for file in ("x", "..", "../../ecspace.sqlite3"):
        assert researcher.get(f"/metrics/reports/{name}/files/{file}").status_code == 404

    address = reverse("metrics:delete_report", args=[name])
    refused = researcher.post(address, {"name": "x"}, follow=True).content.decode()
    assert f"to delete the report, type its name: {name}" in refused
    researcher.post(address, {"name": name})
    assert "no report yet" in researcher.get(reverse("metrics:reports")).content.decode()
    assert not (written_folder := reports_folder() / name).exists(), written_folder


@pytest.mark.django_db(transaction=True)
def test_a_report_that_cannot_be_made_says_why(
    researcher: Client, calibration: Calibration
) -> None:
    researcher.post(reverse("metrics:make_report"), {"e": calibration.pk})
    calibration.delete()
    call_command("worker", drain=True, interval=0.01)
    page = researcher.get(reverse("metrics:reports")).content.decode()
    assert "no E-calibration is named" in page and "Try again" in page
    job = ReportJob.objects.get()
    researcher.post(reverse("metrics:cancel_report", args=[job.pk]))
    assert "Being made" not in researcher.get(reverse("metrics:reports")).content.decode()


@pytest.mark.axe
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_list_is_usable_on_desktop_and_phone(
    researcher_page: Page, live_server: LiveServer, written: Path
) -> None:
    for size, scheme in SIGHTS:
        look_at(researcher_page, f"{live_server.url}{reverse('metrics:reports')}", size, scheme)
        expect(researcher_page.get_by_role("link", name="spring 2027", exact=True)).to_be_visible()
