"""`calibrate`, `score` and `ecspace` on the command line."""

from __future__ import annotations

import csv
import gzip
import json
import os
import tempfile
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.console import run
from common.tables import NOTHING, clean, read_csv, to_csv
from common.votes import read_votes
from metrics.calibration.calibrate import calibrate
from metrics.cli import calibration, ecspace
from tests.metrics.calibration import simulated
from tests.metrics.calibration.schema import assert_sound


@pytest.fixture
def folder(tmp_path):
    table = simulated.statistics(90, deviation=0.7)
    table.to_csv(tmp_path / "statistics.csv", index=False)
    votes = simulated.votes(table, simulated.PUBLISHED_E, people=20, trials=40)
    votes.to_csv(tmp_path / "votes.csv", index=False)
    return tmp_path


@pytest.fixture
def call(folder, capsys):
    def answer(*arguments):
        words = [str(folder / word[1:]) if word.startswith("@") else word for word in arguments]
        code = run("metrics", "", [calibration.add_commands, ecspace.add_commands], words)
        out, err = capsys.readouterr()
        return code, out, err

    return answer


CALIBRATE = ("calibrate", "@votes.csv", "@statistics.csv", "--target", "E")


def test_it_prints_the_model_as_json_and_nothing_else(call):
    code, out, err = call(*CALIBRATE, "--terms", "E1,E2,E3", "--json")
    assert (code, err) == (0, "")
    model = json.loads(out)
    assert model["terms"] == ["E1", "E2", "E3"]
    assert set(model["coefficients"]) == {"E1", "E2", "E3"} == set(model["std_errors"])
    assert model["covariance"] == "cluster:participant"
    assert (model["votes"], model["participants"]) == (800, 20)
    assert model["selection"] is None


def test_it_chooses_terms_where_none_are_named(call):
    _, out, _ = call(*CALIBRATE, "--json")
    model = json.loads(out)
    assert len(model["selection"]["candidates"]) == 31
    assert model["terms"] == model["selection"]["chosen"]
    assert "E3" in model["terms"]


def test_it_goes_from_votes_to_the_grid_by_files(call, folder):
    assert call(*CALIBRATE, "--terms", "E1,E3", "--out", "@m.json")[0] == 0
    code, out, _ = call("score", "--model", "@m.json", "@statistics.csv", "--json")
    assert code == 0
    assert set(json.loads(out)[0]) == {"stimulus", "E_score"}
    models = ("--model", "@m.json", "--model", "wacv2020-C")
    assert call("score", *models, "@statistics.csv", "--out", "@scores.csv")[0] == 0
    scored = pd.read_csv(folder / "scores.csv")
    assert {"E5", "C", "E_score", "C_score"} < set(scored.columns)

    code, out, _ = call("ecspace", "@scores.csv", "--out", "@space", "--bins", "nested", "--json")
    answer = json.loads(out)
    assert (code, answer["bins"], answer["stimuli"]) == (0, "nested", 90)
    assert [sum(row) for row in answer["counts"]] == [30, 30, 30]
    assert len(answer["table"]) == 9
    assert {path.name for path in (folder / "space").iterdir()} == {
        "cells.csv", "ecspace.json", "figure.plotly.json", "table.csv", "table.md", "table.tex",
        "ecspace.png", "ecspace.svg", "ecspace.pdf",
    }  # fmt: skip
    assert json.loads((folder / "space" / "ecspace.json").read_text()) == answer
    assert sum(row["stimuli"] for row in answer["methods"]) == 90
    for found in answer["variance"].values():
        assert sum(found["shares"].values()) + found["rest"] == pytest.approx(1)


def test_names_that_look_like_numbers_are_texts(call, folder):
    for name in ("votes.csv", "statistics.csv"):
        text = (folder / name).read_text()
        (folder / name).write_text(text.replace(",s0", ",00").replace("\ns0", "\n00"))
    assert call(*CALIBRATE, "--terms", "E3")[0] == 0


@pytest.mark.parametrize(
    "form",
    [
        lambda frame: "\ufeff" + frame.to_csv(index=False),
        lambda frame: frame.to_csv(index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n"),
        lambda frame: frame.to_csv(index=False).replace(",", ", ").replace("\n", ",\n"),
        lambda frame: frame.assign(note='a, "b"\nc', x=None).iloc[:, ::-1].to_csv(index=False),
        lambda frame: frame.replace({"p0": "NA", "p1": "None", "s0003": "null"}).to_csv(
            index=False
        ),
    ],
    ids=["byte order mark", "quoted", "spaces", "further columns", "names that mean nothing"],
)
def test_it_reads_tables_as_other_programs_write_them(call, folder, form):
    plain = json.loads(call(*CALIBRATE, "--terms", "E1,E3", "--json")[1])
    for name in ("votes.csv", "statistics.csv"):
        (folder / name).write_text(form(pd.read_csv(folder / name)), newline="")
    again = json.loads(call(*CALIBRATE, "--terms", "E1,E3", "--json")[1])
    for key in ("votes", "participants", "coefficients", "std_errors", "dropped"):
        assert again[key] == plain[key]


def test_davidsons_model_prints_ln_nu_beside_the_terms(call, folder):
    votes = pd.read_csv(folder / "votes.csv")
    votes.loc[votes.index % 4 == 0, "choice"] = "tie"
    votes.to_csv(folder / "votes.csv", index=False)
    terms = ("--terms", "E1,E3", "--ties", "davidson", "--out", "@m.json")
    model = json.loads(call(*CALIBRATE, *terms, "--bootstrap", "20", "--json")[1])
    assert model["terms"] == ["E1", "E3"]
    assert model["coefficients"]["tie"] == model["tie"]["ln_nu"]
    assert model["std_errors"]["tie"] == pytest.approx(model["covariance_matrix"][2][2] ** 0.5)
    # A quarter of all votes are ties, so between equals P(tie) = ν / (2 + ν) is about that.
    nu = np.exp(model["tie"]["ln_nu"])
    assert 0.25 < nu / (2 + nu) < 0.4
    assert_sound(model)
    assert call("score", "--model", "@m.json", "@statistics.csv", "--json")[0] == 0


def test_what_it_prints_and_writes_is_the_same_and_as_documented(call, folder):
    printed = json.loads(call(*CALIBRATE, "--out", "@m.json", "--bootstrap", "20", "--json")[1])
    assert printed == json.loads((folder / "m.json").read_text())
    assert_sound(printed)


def test_it_refuses_statistics_of_another_encoder_unless_told(call, folder):
    table = pd.read_csv(folder / "statistics.csv")
    table.assign(instrument_E="one").to_csv(folder / "statistics.csv", index=False)
    assert call(*CALIBRATE, "--terms", "E3", "--out", "@m.json")[0] == 0
    table.assign(instrument_E="other").to_csv(folder / "others.csv", index=False)
    code, out, err = call("score", "--model", "@m.json", "@others.csv", "--json")
    assert (code, out) == (2, "")
    assert "fitted to E measured with 'one', these statistics with 'other'" in err
    told = ("score", "--model", "@m.json", "@others.csv", "--any-instrument", "--json")
    assert call(*told)[0] == 0


def test_without_json_it_writes_a_summary_on_standard_error(call):
    code, out, err = call(*CALIBRATE, "--terms", "E3")
    assert (code, out) == (0, "")
    assert "800 votes by 20 participants" in err
    code, out, _ = call("score", "--model", "wacv2020-E", "@statistics.csv")
    assert out.splitlines()[0].endswith(",E_score")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("calibrate", "@no.csv", "@statistics.csv", "--target", "E"), "no file"),
        (("calibrate", "@empty.csv", "@statistics.csv", "--target", "E"), "is empty"),
        (("calibrate", "@heads.csv", "@statistics.csv", "--target", "E"), "no votes"),
        (("calibrate", "@semi.csv", "@statistics.csv", "--target", "E"), "save it with commas"),
        (("calibrate", "@long.csv", "@statistics.csv", "--target", "E"), "the first line 6 names"),
        (("calibrate", "@twice.csv", "@statistics.csv", "--target", "E"), "two columns 'choice'"),
        ((*CALIBRATE, "--terms", "E9"), "lack the column E9"),
        ((*CALIBRATE[:-1], "F"), "invalid choice"),
        (("calibrate", "@strange.csv", "@statistics.csv", "--target", "E"), "lack, the first 'zz'"),
        (("score", "--model", "wacv2020-X", "@statistics.csv"), "wacv2020-E, wacv2020-C"),
        (("score", "--model", "@votes.csv", "@statistics.csv"), "not an exported calibration"),
        (("ecspace", "@statistics.csv", "--out", "@x"), "lack the columns E_score, C_score"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(call, folder, arguments, message):
    votes = pd.read_csv(folder / "votes.csv")
    (folder / "empty.csv").write_text("")
    votes.iloc[:0].to_csv(folder / "heads.csv", index=False)
    votes.to_csv(folder / "semi.csv", index=False, sep=";")
    text = votes.to_csv(index=False)
    (folder / "long.csv").write_text(
        text.replace("left\n", "left,\n").replace("right\n", "right,\n")
    )
    (folder / "twice.csv").write_text(text.replace("trial", "choice", 1))
    votes.assign(stimulus_left="zz").to_csv(folder / "strange.csv", index=False)
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not (folder / "x").exists()


def through_pipe(path):
    """A named pipe that gives a file's bytes once, as `<(cat FILE)` does."""
    pipe = path.with_suffix(".pipe")
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()), daemon=True).start()
    return str(pipe)


@pytest.mark.parametrize("form", ["pipe", "gzip", "mark", "windows", "spreadsheet"])
def test_it_reads_every_vote_of_a_pipe(call, folder, form):
    words = (*CALIBRATE[2:], "--terms", "E1,E3", "--bootstrap", "0", "--json")
    usual = call("calibrate", "@votes.csv", *words)[1]
    data = (folder / "votes.csv").read_bytes()
    changed = folder / "changed.csv"
    changed.write_bytes(
        {
            "pipe": data,
            "gzip": gzip.compress(data),
            "mark": b"\xef\xbb\xbf" + data,
            "windows": data.replace(b"\n", b"\r\n"),
            "spreadsheet": b"sep=,\r\n" + data.replace(b"\n", b"\r\n") + b",,,,\r\n" * 3,
        }[form]
    )
    votes = through_pipe(changed) if form == "pipe" else str(changed)
    assert call("calibrate", votes, *words) == (0, usual, "")


NAMES = (
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12)
    .map(clean)
    .filter(lambda name: name not in NOTHING)
)
WRAPPINGS = st.lists(st.sampled_from(["mark", "windows", "gzip", "quotes", "rows"]), unique=True)


@given(
    people=st.lists(NAMES, min_size=2, max_size=5, unique=True),
    stimuli=st.lists(NAMES, min_size=4, max_size=8, unique=True),
    wrappings=st.tuples(WRAPPINGS, WRAPPINGS),
    seed=st.integers(0, 2**16),
    pipe=st.booleans(),
)
def test_random_tables_give_the_same_fit_whichever_way_they_arrive(
    people, stimuli, wrappings, seed, pipe
):
    """The fit of tables in memory, and that of their files, wrapped in any way, from a pipe too."""
    rng = np.random.default_rng(seed)
    statistics = pd.DataFrame({"stimulus": stimuli, "E1": rng.standard_normal(len(stimuli))})
    left = rng.integers(0, len(stimuli), 40)
    right = (left + rng.integers(1, len(stimuli), 40)) % len(stimuli)
    votes = pd.DataFrame(
        {
            "participant": rng.choice(people, 40),
            "stimulus_left": np.array(stimuli, object)[left],
            "stimulus_right": np.array(stimuli, object)[right],
            "choice": rng.choice(["left", "right"], 40),
        }
    )
    usual = calibrate(votes, statistics, "E", terms=["E1"], method="firth", replicates=0)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "votes.csv", Path(folder) / "statistics.csv"]
        for path, table, wrapping in zip(paths, (votes, statistics), wrappings, strict=True):
            path.write_bytes(wrapped(table, wrapping))
        if pipe:
            paths[0] = Path(through_pipe(paths[0]))
        found = calibrate(
            read_votes(paths[0]).frame(), read_csv(paths[1], "statistics"), "E",
            terms=["E1"], method="firth", replicates=0,
        )  # fmt: skip
    for model in (usual, found):
        del model.details["data_fingerprint"], model.details["methods"]
    assert found.to_json() == usual.to_json()


def wrapped(table, wrapping):
    """The bytes of a table as other programs write it."""
    text = to_csv(table)
    if "quotes" in wrapping:
        text = table.to_csv(index=False, quoting=csv.QUOTE_ALL)
    if "rows" in wrapping:
        text += "," * (len(table.columns) - 1) + "\n\n"
    if "windows" in wrapping:
        text = text.replace("\n", "\r\n")
    data = text.encode()
    if "mark" in wrapping:
        data = b"\xef\xbb\xbf" + data
    return gzip.compress(data) if "gzip" in wrapping else data


FIT = ("--terms", "E1,E3", "--bootstrap", "0", "--json")


def test_it_fits_the_votes_of_the_target_alone(call, folder):
    votes = pd.read_csv(folder / "votes.csv")
    other = votes.assign(target="C", trial="c" + votes["trial"].astype(str))
    pd.concat([votes.assign(target="E"), other]).to_csv(folder / "both.csv", index=False)
    other.to_csv(folder / "other.csv", index=False)
    usual = json.loads(call(*CALIBRATE, *FIT)[1])
    model = json.loads(call("calibrate", "@both.csv", *CALIBRATE[2:], *FIT)[1])
    assert model["coefficients"] == usual["coefficients"]
    assert model["dropped"] == {"target C": 800}
    asked = pd.concat([votes.assign(question="effectiveness"), other.assign(question="coherence")])
    asked.drop(columns="target").to_csv(folder / "asked.csv", index=False)
    model = json.loads(call("calibrate", "@asked.csv", *CALIBRATE[2:], *FIT)[1])
    assert model["dropped"] == {"target C": 800}
    votes.assign(question="Which one?").to_csv(folder / "words.csv", index=False)
    assert json.loads(call("calibrate", "@words.csv", *CALIBRATE[2:], *FIT)[1])["votes"] == 800
    code, _, err = call("calibrate", "@other.csv", *CALIBRATE[2:], *FIT)
    assert (code, err.count("\n")) == (2, 1)
    assert "all 800 votes are of target C" in err


def test_ids_that_became_numbers_are_named(call, folder):
    table, votes = (pd.read_csv(folder / f"{name}.csv") for name in ("statistics", "votes"))
    numbers = {name: str(800 + n) for n, name in enumerate(table["stimulus"])}
    table.assign(stimulus=table["stimulus"].map(numbers) + ".0").to_csv(
        folder / "numbers.csv", index=False
    )
    votes.replace(numbers).to_csv(folder / "whole.csv", index=False)
    code, _, err = call("calibrate", "@whole.csv", "@numbers.csv", *CALIBRATE[3:], *FIT)
    assert (code, err.count("\n")) == (2, 1)
    assert "line 2: " in err and ".0', write the ids alike in both tables" in err


def test_ids_of_participants_are_unique_within_a_study(call, folder):
    votes = pd.read_csv(folder / "votes.csv")
    renamed = votes["participant"].str.removeprefix("p").astype(int)
    two = votes.assign(study=(renamed % 2).map({0: "A", 1: "B"}), participant=renamed // 2)
    two.to_csv(folder / "two.csv", index=False)
    usual, model = (
        json.loads(call("calibrate", name, *CALIBRATE[2:], *FIT)[1])
        for name in ("@votes.csv", "@two.csv")
    )
    assert model["participants"] == usual["participants"] == 20
    assert model["std_errors"] == pytest.approx(usual["std_errors"])


def test_a_counted_row_is_as_many_votes(call, folder):
    votes = pd.read_csv(folder / "votes.csv").drop(columns="trial")
    votes = votes.loc[votes.index.repeat(2)]
    votes.to_csv(folder / "repeated.csv", index=False)
    columns = list(votes.columns)
    counted = votes.groupby(columns, as_index=False, sort=False).size()
    counted.rename(columns={"size": "count"}).to_csv(folder / "counted.csv", index=False)
    usual, model = (
        json.loads(call("calibrate", name, *CALIBRATE[2:], *FIT)[1])
        for name in ("@repeated.csv", "@counted.csv")
    )
    assert model["votes"] == usual["votes"] == 1600
    assert model["coefficients"] == pytest.approx(usual["coefficients"])
    assert model["std_errors"] == pytest.approx(usual["std_errors"])


def test_it_refuses_votes_that_occur_twice(call, folder):
    votes = pd.read_csv(folder / "votes.csv")
    pd.concat([votes, votes]).to_csv(folder / "doubled.csv", index=False)
    code, _, err = call("calibrate", "@doubled.csv", *CALIBRATE[2:], *FIT)
    assert (code, err.count("\n")) == (2, 1)
    assert "line 802: trial" in err and "is on line 2 already" in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda votes: votes.replace("left,", "Left,", 1), "choice 'Left' in 1 votes"),
        (lambda votes: votes.replace("\np1,", "\n,", 1), "a vote has no participant"),
    ],
)
def test_it_names_the_physical_line_of_a_bad_value(call, folder, change, said):
    votes = pd.read_csv(folder / "votes.csv")[
        ["choice", "participant", "stimulus_left", "stimulus_right"]
    ]
    text = votes[["participant", "choice", "stimulus_left", "stimulus_right"]].to_csv(index=False)
    head, _, rest = text.partition("\n")
    (folder / "bad.csv").write_text(f"{head}\n\n{change(chr(10) + rest).lstrip(chr(10))}")
    bad = (folder / "bad.csv").read_text().splitlines()
    wanted = next(n for n, line in enumerate(bad, 1) if "Left" in line or line.startswith(","))
    code, _, err = call("calibrate", "@bad.csv", *CALIBRATE[2:], *FIT)
    assert (code, err.count("\n")) == (2, 1)
    assert f"line {wanted}: {said}" in err


def test_scores_of_stimuli_that_look_like_formulas_read_back(call, folder):
    table = pd.read_csv(folder / "statistics.csv")
    table["stimulus"] = ["=A1", "-6dB", "'x", *table["stimulus"][3:]]
    (folder / "odd.csv").write_text(to_csv(table))
    assert call("score", "--model", "wacv2020-E", "@odd.csv", "--out", "@scores.csv")[0] == 0
    back = read_csv(folder / "scores.csv", "scores")
    assert list(back["stimulus"]) == list(table["stimulus"])
    assert list(back["E1"]) == list(table["E1"])
