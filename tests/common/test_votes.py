"""Reading of tables of votes."""

from __future__ import annotations

import pytest

from common.errors import InputError
from common.tables import parse_table
from common.votes import one_row_each


def votes(text: str) -> list[list[str]]:
    return one_row_each(parse_table(text.encode(), "v.csv", "votes")).rows


def test_a_counted_row_becomes_that_many_votes() -> None:
    rows = votes("participant,choice,count\na,left,3\nb,right,0\nc,left,1.0\n")
    assert rows == [["a", "left"]] * 3 + [["c", "left"]]


def test_each_counted_vote_gets_its_own_trial_id() -> None:
    assert votes("trial,Count,choice\nt,2,left\n") == [["t", "left"], ["t#2", "left"]]


@pytest.mark.parametrize("count", ["", "-1", "1.5", "x", "nan", "1e9", "9" * 4400])
def test_it_refuses_an_invalid_count(count: str) -> None:
    with pytest.raises(InputError, match="v.csv, line 3: the count"):
        votes(f"participant,choice,count\na,left,1\nb,left,{count}\n")


def test_it_limits_the_sum_of_counts() -> None:
    with pytest.raises(InputError, match="add up to too many votes"):
        votes("participant,choice,count\na,left,900000000\n")


@pytest.mark.parametrize("name", ["n", "weight", "Wins", "win1", "num_votes", "repetitions"])
def test_it_refuses_a_column_that_may_hold_counts(name: str) -> None:
    with pytest.raises(InputError, match=f"line 3: it is not clear what the column '{name}' means"):
        votes(f"participant,choice,{name}\na,left,1\nb,left,12\n")
    assert votes(f"participant,choice,{name}\na,left,1\n") == [["a", "left", "1"]]


HEAD = "participant,study,trial,stimulus_left,stimulus_right,choice"


@pytest.mark.parametrize("again", ["p,s,t,x,y,left", "p,s,t,y,x,right", "p,s,t,x,y,right"])
def test_it_refuses_a_trial_that_occurs_twice(again: str) -> None:
    with pytest.raises(InputError) as caught:
        votes(f"{HEAD}\np,s,t,x,y,left\np,s,u,x,y,left\n{again}\n")
    assert str(caught.value) == (
        "v.csv, line 4: trial 't' of participant 'p' is on line 2 already: keep one of them"
    )


@pytest.mark.parametrize("other", ["q,s,t,x,y,left", "p,r,t,x,y,left", "p,s,t,x,z,left",
                                   "p,s,,x,y,left"])  # fmt: skip
def test_trials_may_be_numbered_within_person_study_and_block(other: str) -> None:
    assert len(votes(f"{HEAD}\np,s,t,x,y,left\n{other}\n")) == 2
