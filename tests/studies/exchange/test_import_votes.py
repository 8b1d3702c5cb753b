"""Import of votes, export, and import again."""

from __future__ import annotations

import csv
import uuid
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import InputError
from common.tables import clean, to_csv
from metrics.calibration.data import compare
from metrics.calibration.fit import fit
from metrics.models import Calibration
from studies.exchange.export import to_parquet, votes_frame
from studies.exchange.import_votes import import_votes
from studies.models import Cohort, Participant, Study, Vote
from studies.monitoring.summary import summarise
from studies.planning.allocation import ensure_assignments
from studies.planning.opening import open_study
from studies.sessions.enrolment import enrol
from studies.sessions.next_trial import current_trial
from studies.sessions.voting import record_vote

pytestmark = pytest.mark.django_db
PWCMP = ["observer", "session_id", "scene", "condition_A", "condition_B", "is_A_selected"]


def write(folder: Path, text: str, name: str = "votes.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def exported(study: Study, folder: Path) -> Path:
    return write(folder, to_csv(votes_frame([study])), f"{study.pk}.csv")


def without_name(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="study")


@pytest.mark.golden
def test_it_imports_and_exports_the_votes_of_pwcmp(shared, tmp_path):
    source = shared / "golden/pairwise/pwcmp_tmo.csv"
    study = import_votes(source, name="tone mapping", kind="E")
    assert study.participants.count() == 18
    assert Vote.objects.filter(trial__participant__study=study).count() == 1213
    assert study.state == Study.State.CLOSED
    frame = votes_frame([study])
    original = pd.read_csv(source, dtype=str)
    again = pd.read_csv(StringIO(to_csv(frame)), dtype=str)
    pd.testing.assert_frame_equal(again[[*PWCMP, "criterion"]], original[[*PWCMP, "criterion"]])
    second = import_votes(exported(study, tmp_path), name="again")
    pd.testing.assert_frame_equal(without_name(votes_frame([second])), without_name(frame))


@pytest.mark.golden
def test_imported_votes_give_the_abilities_of_r(shared):
    study = import_votes(shared / "golden/pairwise/pwcmp_tmo.csv", name="tmo", kind="E")
    votes = votes_frame([study])
    stimuli = sorted({*votes["stimulus_left"], *votes["stimulus_right"]})
    reference = pd.read_csv(shared / "golden/pairwise/reference_fits_R.csv")
    wanted = reference[reference.iloc[:, 0] == "tmo_ml"].set_index(reference.columns[1])
    methods = [stimulus.rpartition("/")[2] for stimulus in stimuli]
    table = pd.DataFrame({"stimulus": stimuli})
    for term in wanted.index:
        table[term] = np.equal(methods, term).astype(float)
    found = fit(compare(votes, table, list(wanted.index)), "ml")
    np.testing.assert_allclose(found.coefficients, wanted.iloc[:, 1], rtol=1e-6)


@pytest.mark.golden
def test_imported_votes_reach_the_command_that_calibrates(shared, tmp_path):
    study = import_votes(shared / "golden/pairwise/pwcmp_tmo.csv", name="tmo", kind="E")
    votes = votes_frame([study])
    stimuli = sorted({*votes["stimulus_left"], *votes["stimulus_right"]})
    methods = [stimulus.rpartition("/")[2] for stimulus in stimuli]
    table = pd.DataFrame({"stimulus": stimuli, "method": methods})
    table["E1"] = [{"irawan05": 1.3, "hateren06": -1.5}.get(method, 0.0) for method in methods]
    table.to_csv(tmp_path / "STATISTICS.csv", index=False)
    call_command("calibrate", "--study=tmo", f"--statistics={tmp_path}/STATISTICS.csv",
                 "--terms=E1", "--bootstrap=0", stdout=StringIO())  # fmt: skip
    kept = Calibration.objects.get()
    assert (kept.model["votes"], kept.model["participants"]) == (1213, 18)
    ability = kept.model["methods"]["ability"]
    # Abilities have an arbitrary zero, so differences are compared with R's.
    assert ability["irawan05"] - ability["hateren06"] == pytest.approx(1.30454734 + 1.47197696)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_exported_votes_are_imported_unchanged(draft, tmp_path, suffix):
    study = draft(ties_allowed=True, rules={"gold": 1, "repeats": 0})
    study.name = "=1+1"
    open_study(study)
    ensure_assignments(study, Cohort.SIMULATED, 3)
    for cohort, choice in (
        (Cohort.PEOPLE, "left"),
        (Cohort.SIMULATED, "tie"),
        (Cohort.PILOT, "right"),
    ):
        participant = enrol(study, cohort=cohort)
        for number in range(3):
            trial = current_trial(participant)
            record_vote(trial, choice, uuid.uuid4(), None if number else 1234)
    excluded = record_vote(current_trial(enrol(study)), "left", uuid.uuid4(), 5)
    Vote.objects.filter(pk=excluded.pk).update(excluded="'late', =so")
    frame = votes_frame([study])
    path = tmp_path / f"votes.{suffix}"
    path.write_bytes(to_csv(frame).encode() if suffix == "csv" else to_parquet(frame))
    study.name = "renamed"
    study.save()
    again = votes_frame([import_votes(path)])
    pd.testing.assert_frame_equal(again, frame)
    # Stimuli that are stored here keep their relation, so that calibrations find them.
    assert set(Study.objects.get(name="=1+1").stimuli.values_list("pk", flat=True))


def test_it_is_monitored_like_any_other_study(tmp_path):
    text = "observer,scene,condition_A,condition_B,is_A_selected\n"
    text += "".join(f"p{i},s,x,y,{i % 2}\np{i},s,z,y,1\n" for i in range(6))
    study = import_votes(write(tmp_path, text), name="small", kind="C")
    watched = summarise(study)
    assert watched.left[0] == pytest.approx(9 / 12)
    # By hand: observed disagreement 2·3·3/5 of 12, expected 2·3·9/11 of 12.
    assert watched.alpha == pytest.approx(1 - (18 / 5) / (54 / 11))


def test_it_shows_the_pages_of_an_imported_study(researcher, tmp_path):
    text = "participant,stimulus_left,stimulus_right,choice,target\na,x,y,left,E\n"
    study = import_votes(write(tmp_path, text), name="foreign")
    for page in ("", "monitor/", "VOTES.csv"):
        assert researcher.get(f"/studies/{study.pk}/{page}").status_code == 200


HEAD = "participant,stimulus_left,stimulus_right,choice,target,study"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}\n", "holds no votes"),
        (f"{HEAD}\na,x,y,both,E,s\n", "line 2: choice is 'both': use left, right, tie"),
        (f"{HEAD}\na,x,y,left,E,s\n,x,y,left,E,s\n", "line 3: participant is ''"),
        (f"{HEAD}\na,x,x,left,E,s\n", "line 2: a stimulus against itself"),
        (f"{HEAD}\na,x,y,left,Q,s\n", "target 'Q' is unknown"),
        (f"{HEAD}\na,x,y,left,E,s\na,x,y,left,C,s\n", "names no target"),
        (f"{HEAD}\na,x,y,left,E,s\na,x,y,left,E,t\n", "names no study, or several"),
        (f"{HEAD},response_ms\na,x,y,left,E,s,-4\n", "response_ms is '-4'"),
        (f"{HEAD},received_at\na,x,y,left,E,s,2026-13-01T00:00:00Z\n", "received_at is"),
        (f"{HEAD},schema\na,x,y,left,E,s,99\n", "schema is '99'"),
        (f"{HEAD},position\na,x,y,left,E,s,1\na,x,z,left,E,s,1\n", "position 1 twice"),
        (f"{HEAD},simulated\na,x,y,left,E,s,1\na,x,z,left,E,s,0\n", "partly people and partly"),
        ("one,two\n1,2\n", "lack the columns participant, stimulus_left, .* they have one, two"),
    ],
)
def test_it_stores_nothing_of_a_bad_file(tmp_path, text, said):
    with pytest.raises(InputError, match=said) as error:
        import_votes(write(tmp_path, text))
    assert "\n" not in str(error.value)
    assert not Study.objects.exists() and not Participant.objects.exists()


def test_it_refuses_a_name_in_use_and_other_files(study, tmp_path):
    path = write(tmp_path, f"{HEAD}\na,x,y,left,E,{study.name}\n")
    with pytest.raises(InputError, match="already: give another --name"):
        import_votes(path)
    for name in ("missing.csv", "missing.parquet"):
        with pytest.raises(InputError, match="there is no file"):
            import_votes(tmp_path / name)
    for name, content in (("bad.parquet", "PAR1 nonsense"), ("bad.zip", "PK\3\4 nonsense")):
        with pytest.raises(InputError, match="cannot be read"):
            import_votes(write(tmp_path, content, name))
    latin = tmp_path / "latin.csv"
    latin.write_bytes("participant\nJosé".encode("latin-1"))
    with pytest.raises(InputError, match="line 2 is not UTF-8"):
        import_votes(latin)


def test_a_cell_that_looks_like_a_formula_is_restored(tmp_path):
    line = ["=cmd()", "x", "y", "left", "E", "s"]
    table = StringIO()
    csv.writer(table).writerows([HEAD.split(","), line])
    study = import_votes(write(tmp_path, table.getvalue()))
    assert list(votes_frame([study])["participant"]) == ["=cmd()"]
    assert "\n'=cmd()," in to_csv(votes_frame([study]))


IDS = st.text(
    alphabet=st.characters(codec="utf-8", blacklist_characters="\0", blacklist_categories=("Cc",))
    | st.sampled_from("=+-@'＝－,\" "),
    min_size=1,
    max_size=12,
).filter(lambda name: clean(name))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(IDS, IDS, IDS, IDS), min_size=1, max_size=4, unique_by=lambda row: row[0])
)
def test_export_import_export_changes_nothing(tmp_path, rows):
    Study.objects.all().delete()
    names = ["participant", "stimulus_left", "stimulus_right", "choice", "target", "gain", "note"]
    table = StringIO()
    writer = csv.writer(table)
    writer.writerow(names)
    for person, left, right, note in rows:
        writer.writerow([person, f"l{left}", f"r{right}", "left", "E", "-3.5", note])
    first = import_votes(write(tmp_path, table.getvalue()), name="first")
    went_out = to_csv(votes_frame([first]))
    second = import_votes(write(tmp_path, went_out, "again.csv"), name="second")
    came_back = votes_frame([second])
    pd.testing.assert_frame_equal(without_name(came_back), without_name(votes_frame([first])))
    assert sorted(came_back["participant"]) == sorted(clean(row[0]) for row in rows)
    assert ",-3.5," in went_out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}\na,x,y,left,C,s\n", "line 2: target is 'C', which contradicts --kind E"),
        ("trial,observer,condition_1,selected\n1,o,a,1\n",
         "lack the columns stimulus_left, stimulus_right, choice (or condition_A, condition_B, "
         "is_A_selected); they have trial, observer, condition_1, selected"),
        (f"{','.join(PWCMP)}\no,1,s,a,b,1\no,1,s,a\n", "line 3 has 4 values, the first line 6"),
        (f"{HEAD},trial\na,x,y,left,E,s,t\na,x,y,left,E,s,t\n", "trial 't' of participant 'a'"),
        (f"{HEAD},n\na,x,y,left,E,s,12\n", "not clear what the column 'n' means"),
        (HEAD.replace(",", ";") + "\na;x;y;left;E;s\n", "separated by semicolons"),
        (f"{HEAD},response_ms\na,x,y,left,E,s,{'9' * 5000}\n", "response_ms is"),
    ],
)  # fmt: skip
def test_it_reports_errors_as_calibrate_does(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        import_votes(write(tmp_path, text), name="x", kind="E")
    assert said in str(caught.value)
    assert not Study.objects.exists()


def test_it_reads_tables_of_spreadsheets_and_pandas(tmp_path):
    head = f"{HEAD},response_ms,position"
    rows = ["\ufeffsep=,", head, "a\u00a0,x , y,left,E,s,812.0,1.0", ",,,,,,,", "b,x,y,right,E,s,,"]
    text = "\r\n".join(rows)
    votes = votes_frame([import_votes(write(tmp_path, text), name="x")])
    assert list(votes["participant"]) == ["a", "b"]
    assert list(votes["stimulus_left"]) == ["x", "x"]
    assert votes["response_ms"][0] == 812
    assert list(votes["position"]) == [1, 1]


def test_a_counted_row_is_stored_as_many_votes(tmp_path):
    text = f"{HEAD},count,trial\na,x,y,left,E,s,3,t\nb,x,y,right,E,s,1,u\n"
    votes = votes_frame([import_votes(write(tmp_path, text), name="x")])
    assert list(votes["choice"]) == ["left"] * 3 + ["right"]
    assert votes["trial"].is_unique and "count" not in votes.columns
