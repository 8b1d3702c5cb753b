"""Import of votes by upload."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from studies.exchange.export import votes_frame
from studies.models import Study
from tests.looks import expect_good_looks

PAGE = "/studies/import/"
TABLE = "participant,stimulus_left,stimulus_right,choice\na,x,y,left\nb,y,x,tie\n"


def send(client, text: str, **fields: str):
    file = SimpleUploadedFile("votes.csv", text.encode())
    return client.post(PAGE, {"votes": file, **fields})


def test_the_votes_become_a_study_of_the_researchers_own(researcher, django_user_model):
    answer = send(researcher, TABLE, name="theirs", kind="E")
    study = Study.objects.get()
    assert answer["Location"] == f"/studies/{study.pk}/"
    assert (study.created_by.username, study.state, study.kind) == ("ada", "closed", "E")
    assert list(votes_frame([study])["choice"]) == ["left", "tie"]
    grace = django_user_model.objects.create_user("grace")
    researcher.force_login(grace)
    assert researcher.get(f"/studies/{study.pk}/").status_code == 404
    assert send(researcher, TABLE, name="theirs", kind="E").status_code == 302


@pytest.mark.parametrize(
    ("text", "fields", "message"),
    [
        (TABLE, {"name": "n"}, "votes.csv names no target, or several: choose what was asked"),
        (TABLE, {"kind": "C"}, "votes.csv names no study, or several: give a name"),
        (TABLE.replace("tie", "both"), {"name": "n", "kind": "E"}, "line 3: choice is"),
        ("PK\x03\x04", {"name": "n", "kind": "E"}, "cannot be read"),
        ("", {"name": "n", "kind": "E"}, "empty"),
    ],
)
def test_it_refuses_in_one_line_and_stores_nothing(researcher, text, fields, message):
    answer = send(researcher, text, **fields)
    page = answer.content.decode()
    assert answer.status_code == 200 and message in page
    assert "/tmp" not in page and not Study.objects.exists()


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.django_db(transaction=True)
def test_votes_are_imported_in_the_browser(researcher_page, live_server, tmp_path):
    page = researcher_page
    (tmp_path / "votes.csv").write_text(TABLE)
    page.goto(f"{live_server}/studies/")
    page.get_by_role("link", name="Import votes").click()
    expect_good_looks(page, "import-votes")
    page.get_by_label("Votes").set_input_files(tmp_path / "votes.csv")
    page.get_by_label("Name").fill("theirs")
    page.get_by_label("What was asked").select_option("C")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("The votes of 2 participants are imported.")).to_be_visible()
