"""Written reports on the site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from metrics.models import Calibration

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


def test_the_ec_space_links_to_every_report(researcher: Client, written: Path) -> None:
    response = researcher.get(reverse("metrics:ecspace"))
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
    listed = f'href="{address}"' in client.get(reverse("metrics:ecspace")).content.decode()
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
