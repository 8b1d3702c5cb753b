"""The researcher's pages and their command."""

from __future__ import annotations

import uuid
from io import StringIO

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from studies.models import Cohort, Study, Vote
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote

pytestmark = pytest.mark.django_db


def command(*arguments: object) -> str:
    out = StringIO()
    call_command("study", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def scores(tmp_path, batch):
    """True utilities: the later a stimulus was made, the better it is."""
    rows = [(s.public_id.hex, number / 3) for number, s in enumerate(batch.stimuli.all())]
    path = tmp_path / "SCORES.csv"
    pd.DataFrame(rows, columns=["stimulus", "E_score"]).to_csv(path, index=False)
    return path


def test_it_creates_a_study_by_a_form(researcher, batch):
    empty = researcher.get("/studies/new/").content.decode()
    assert "batch 1" in empty
    for name, advised in {"training": 5, "gold": 1, "traps": 1, "repeats": 4}.items():
        assert f'name="{name}" value="{advised}"' in empty
    fields = {
        "name": "first",
        "title": "Comparing pictures",
        "kind": "C",
        "batches": [batch.pk],
        "scope": "both",
        "design": "balanced",
        "trials_per_participant": 6,
        "participant_target": 4,
        "votes_per_pair": 4,
        "recruiter": "prolific",
        "returning": "block",
        "least_width": 900,
        "gold": 1,
        "traps": "",
        "consent": "You look at pictures.",
    }
    answer = researcher.post("/studies/new/", fields)
    study = Study.objects.get()
    assert answer["Location"] == f"/studies/{study.pk}/"
    assert (study.kind, study.state, study.created_by.username) == ("C", "draft", "ada")
    assert (study.rules, study.required_screen) == ({"gold": 1}, {"least_width": 900})
    assert study.returning == "block"
    again = researcher.get(f"/studies/{study.pk}/edit/").content.decode()
    assert 'name="training" value="0"' in again  # what was declared, not what is advised
    assert study.consent.text == "You look at pictures."
    refused = researcher.post("/studies/new/", {**fields, "name": "second", "votes_per_pair": 0})
    assert "greater than or equal to 1" in refused.content.decode()


def test_it_opens_and_closes_a_study(researcher, draft):
    study = draft()
    page = researcher.post(f"/studies/{study.pk}/open/", follow=True).content.decode()
    assert f"http://testserver{study.entry_url}" in page
    address = f"/studies/{study.pk}/close/"
    page = researcher.post(address, {"name": "another"}, follow=True).content.decode()
    assert f"to close the study, type its name: {study.name}" in page
    assert Study.objects.get().state == Study.State.OPEN
    page = researcher.post(address, {"name": f" {study.name} "}, follow=True).content.decode()
    assert "closed" in page
    assert Study.objects.get().state == Study.State.CLOSED


def test_it_gives_the_reason_why_a_study_cannot_open(researcher, draft):
    study = draft(trials_per_participant=50)
    page = researcher.post(f"/studies/{study.pk}/open/", follow=True).content.decode()
    assert "nobody sees a pair twice" in page
    assert Study.objects.get().state == Study.State.DRAFT


def test_it_names_simulated_votes_everywhere(researcher, study, scores):
    command("simulate", study.name, "--scores", scores, "--column", "E_score",
            "--participants", 3, "--trials", 5)  # fmt: skip
    for address in ("/studies/", f"/studies/{study.pk}/"):
        assert 'badge simulated">simulated' in researcher.get(address).content.decode()
    answer = researcher.get(f"/studies/{study.pk}/VOTES.csv")
    assert 'filename="VOTES.csv"' in answer["Content-Disposition"]
    assert answer.content.decode().count(",True,") == 15


def test_it_runs_a_study_from_the_command_line(batch, scores, tmp_path):
    said = command("create", "cli", "--kind", "E", "--batch", batch.name, "--trials", 6,
                   "--participants", 5, "--open")  # fmt: skip
    assert Study.objects.get().entry_url in said
    said = command("simulate", "cli", "--scores", scores, "--column", "E_score",
                   "--participants", 5, "--trials", 6, "--seed", 4)  # fmt: skip
    assert "30 simulated votes" in said
    command("close", "cli")
    assert "30 votes" in command("export", "cli", "--out", tmp_path / "VOTES.csv")
    frame = pd.read_csv(tmp_path / "VOTES.csv")
    assert len(frame) == 30
    assert frame["simulated"].all()
    assert "cli\tE-test\tclosed\t0 votes\t30 simulated" in command("list")


def test_it_declares_rules_and_codes_from_the_command_line(batch):
    codes = ("--code", "completed=ABC", "--code", "full=XYZ")
    command("create", "strict", "--kind", "C", "--batch", batch.name, "--gold", 2, *codes,
            "--recruiter", "prolific", "--least-width", 800)  # fmt: skip
    study = Study.objects.get()
    assert study.rules == {"gold": 2}
    assert study.codes == {"completed": "ABC", "full": "XYZ"}
    assert (study.recruiter, study.required_screen) == ("prolific", {"least_width": 800})


def test_it_erases_a_person_from_the_command_line(study):
    record_vote(current_trial(enrol(study, "worker 1")), "left", uuid.uuid4())
    assert "1 sessions" in command("erase", "--external-id", "worker 1")
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("open", "nothing"), "no study 'nothing'"),
        (("create", "x", "--kind", "E", "--batch", "none"), "no batch 'none'"),
        (
            ("create", "x", "--kind", "E", "--batch", "batch 1", "--consent", "/no"),
            "cannot be read",
        ),
        (("create", "study 1", "--kind", "E", "--batch", "batch 1"), "already exists"),
        (("simulate", "study 1", "--scores", "/no.csv", "--column", "E"), "no file /no.csv"),
        (("create", "x", "--kind", "E", "--batch", "batch 1", "--gold", "-1"), "at least 0"),
        (("create", "x", "--kind", "E", "--batch", "batch 1", "--code", "x=1"), "not understood"),
        (("close", "study 2"), "was never opened"),
    ],
)
def test_it_answers_bad_input_with_one_line(study, draft, arguments, said):
    draft()
    with pytest.raises(CommandError, match=said) as error:
        command(*arguments)
    assert error.value.returncode == 2
    assert "\n" not in str(error.value)


def test_it_refuses_scores_that_do_not_fit(study, scores, tmp_path):
    for text, said in (
        ("stimulus\n", "E_score"),
        ("stimulus,other\nx,1\n", "E_score"),
        ("stimulus,E_score\nx,high\n", "a finite number"),
        ("stimulus,E_score\nx,1\n", "has no true score"),
    ):
        path = tmp_path / "bad.csv"
        path.write_text(text)
        with pytest.raises(CommandError, match=said):
            command("simulate", study.name, "--scores", path, "--column", "E_score", "--trials", 4)
    with pytest.raises(CommandError, match="use --trials 8"):
        command("simulate", study.name, "--scores", scores, "--column", "E_score", "--trials", 50)
    assert not Vote.objects.filter(trial__participant__cohort=Cohort.SIMULATED).exists()


def test_a_draft_can_be_changed_and_of_an_open_study_only_the_codes(researcher, draft):
    study = draft(rules={"gold": 1}, required_screen={"least_width": 900}, codes={"full": "F"})
    address = f"/studies/{study.pk}/edit/"
    form = researcher.get(address).context["form"]
    fields = {name: form[name].value() for name in form.fields}
    fields = {name: value for name, value in fields.items() if value not in (None, False)}
    fields["batches"] = [batch.pk for batch in study.batches.all()]
    changes = {"gold_misses": 1, "pause_not_loaded_percent": 20, "stack": "on", "language": "ja"}
    assert (
        researcher.post(address, {**fields, **changes, "code_completed": "C-1"}).status_code == 302
    )
    study.refresh_from_db()
    assert study.rules == {"gold": 1, "gold_misses": 1, "pause_not_loaded_percent": 20}
    assert study.required_screen == {"least_width": 900, "stack": True}
    assert (study.codes, study.language) == ({"completed": "C-1", "full": "F"}, "ja")
    open_study(study)
    later = {"recruiter": "prolific", "code_completed": "C-2", "gold": 5}
    assert researcher.post(address, later).status_code == 302
    study.refresh_from_db()
    assert (study.codes, study.recruiter) == ({"completed": "C-2"}, "prolific")
    assert study.rules["gold"] == 1
    assert (
        "letters, digits"
        in researcher.post(address, {"recruiter": "link", "code_full": "a b"}).content.decode()
    )
