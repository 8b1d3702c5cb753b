"""`referee` on the command line."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from common.console import run
from metrics.cli import referee as command
from tests.metrics.calibration.referee.studies import world


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    made = world(rng, references=15, noise=1, weaker=(0.5,))
    made.statistics.to_csv(tmp_path / "statistics.csv", index=False)
    made.votes(rng, people=15, trials=30).to_csv(tmp_path / "votes.csv", index=False)
    return tmp_path


@pytest.fixture
def call(folder, capsys):
    def answer(*arguments):
        texts = [str(argument) for argument in arguments]
        words = [str(folder / text[1:]) if text.startswith("@") else text for text in texts]
        code = run("metrics", "", [command.add_commands], words)
        out, err = capsys.readouterr()
        return code, out, err

    return answer


REFEREE = ("referee", "@votes.csv", "@statistics.csv", "--bootstrap", "100")


def test_it_prints_json_and_writes_tables_and_figures(call, folder):
    code, out, err = call(*REFEREE, "--out", "@out", "--json")
    assert (code, err) == (0, "")
    value = json.loads(out)
    assert value["statistics"][0]["name"] == "truth"
    assert json.loads((folder / "out" / "referee.json").read_text()) == value
    rows = list(csv.DictReader((folder / "out" / "referee.csv").open()))
    assert [row["statistic"] for row in rows] == [s["name"] for s in value["statistics"]]
    assert float(rows[0]["accuracy"]) == pytest.approx(value["statistics"][0]["accuracy"])
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {"referee.json", "referee.csv"} | {
        f"{figure}.{form}"
        for figure in ("accuracy", "correlation")
        for form in ("png", "svg", "pdf")
    }
    assert Image.open(folder / "out" / "accuracy.png").size[0] > 800


def test_two_runs_give_the_same_files(call, folder):
    for name in ("one", "two"):
        assert call(*REFEREE, "--out", f"@{name}")[0] == 0
    for path in (folder / "one").iterdir():
        assert path.read_bytes() == (folder / "two" / path.name).read_bytes()


def test_a_users_column_takes_part_with_its_direction(call, folder):
    frame = pd.read_csv(folder / "statistics.csv")
    frame["mine, lower"] = -frame["truth"]
    frame.to_csv(folder / "statistics.csv", index=False)
    args = ("--statistics", "mine, lower", "truth+noise0", "--lower", "mine, lower", "--json")
    value = json.loads(call(*REFEREE, *args)[1])
    found = {row["name"]: row for row in value["statistics"]}
    assert found["mine, lower"]["direction"] == "lower"
    assert found["mine, lower"]["accuracy"] > 0.6
    assert found["truth+noise0"]["terms"] == ["truth", "noise0"]


def test_registered_statistics_bring_their_direction(call, folder):
    frame = pd.read_csv(folder / "statistics.csv").rename(columns={"truth": "E1"})
    frame.to_csv(folder / "statistics.csv", index=False)
    value = json.loads(call(*REFEREE, "--json")[1])
    found = {row["name"]: row["direction"] for row in value["statistics"]}
    assert found["E1"] == "higher"
    assert found["noise0"] == "from the votes"


def test_without_json_it_tells_a_person_on_standard_error(call):
    code, out, err = call(*REFEREE)
    assert (code, out) == (0, "")
    assert "450 votes of 15 participants" in err
    assert "truth" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("referee", "@no.csv", "@statistics.csv"), "no file"),
        ((*REFEREE, "--statistics", "thruth"), "did you mean truth"),
        ((*REFEREE, "--lower", "nothing"), "no column 'nothing'"),
        ((*REFEREE, "--lower", "truth", "--higher", "truth"), "choose one"),
        (("referee", "@votes.csv", "--statistics", "truth"), "no STATISTICS.csv is named"),
        ((*REFEREE, "--out", "@votes.csv"), "is a file"),
        (("referee", "@votes.csv", "@statistics.csv", "--bootstrap", "-1"), "cannot be negative"),
        (("referee", "@votes.csv", "@words.csv"), "no column of numbers"),
    ],
)
def test_it_answers_bad_input_with_one_line_and_two(call, folder, arguments, message):
    frame = pd.read_csv(folder / "statistics.csv")
    frame[["stimulus", "method"]].to_csv(folder / "words.csv", index=False)
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.golden
def test_fineartbench_is_read_in_one_command_with_the_published_order(call, shared, folder):
    votes = shared / "golden" / "preferences" / "fineartbench_global.csv"
    code, out, _ = call("referee", votes, "--out", "@fine", "--json")
    assert code == 0
    value = json.loads(out)
    given = pd.read_csv(votes.with_name("fineartbench_global_bradley_terry.csv"))
    for method, ability in zip(given["method"], given["log_ability"], strict=True):
        assert value["methods"]["ability"][method] == pytest.approx(ability, abs=1e-6)
    said = " ".join(value["notes"])
    assert "participants without ids" in said  # no voter ids
    assert "No statistic was given" in said  # no pictures
    assert "always on the left" in said
    assert value["participants"] == 1
    assert all(item is None for item in value["methods"]["std_errors"].values())


@pytest.mark.golden
def test_random_numbers_on_fineartbench_have_no_interval_and_no_rank(call, shared, folder):
    path = shared / "golden" / "preferences" / "fineartbench_global.csv"
    votes = pd.read_csv(path)
    names = pd.unique(votes[["stimulus_left", "stimulus_right"]].to_numpy().ravel())
    numbers = np.random.default_rng(0).random(len(names))
    pd.DataFrame({"stimulus": names, "random": numbers}).to_csv(folder / "r.csv", index=False)
    (found,) = json.loads(call("referee", path, "@r.csv", "--json")[1])["statistics"]
    assert 0.4 < found["accuracy"] < 0.6
    assert (
        found["accuracy_interval"] is found["rank"] is found["useful"] is found["log_loss"] is None
    )
