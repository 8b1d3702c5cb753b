"""Tables from files, pipes and archives: each row is read correctly or refused with its line."""

from __future__ import annotations

import gzip
import os
import tempfile
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import table_text
from common.errors import InputError
from common.table_text import read_bytes
from common.tables import parse_table, read_csv, read_table, to_csv, write_csv

CELLS = st.text(
    alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=8
)


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_table(data, "t.csv", "votes").frame()
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("data", "rows", "lines"),
    [
        (b"a,b\n1,2\n", [["1", "2"]], [2]),
        (b"\xef\xbb\xbfa,b\r\n1,2", [["1", "2"]], [2]),
        (b"a,b\r1,2\r", [["1", "2"]], [2]),
        (b"sep=,\r\na,b\r\n1,2\r\n", [["1", "2"]], [3]),
        (b"\na,b\n\n,,\n1,2\n , \n3,4\n", [["1", "2"], ["3", "4"]], [5, 7]),
        (b'a,b\n"x\ny",1\n\n2,3\n', [["x\ny", "1"], ["2", "3"]], [2, 5]),
        (b"a,b,,\n1,2,,\n,,,,,\n3,4,,\n", [["1", "2"], ["3", "4"]], [2, 4]),
        (b",a,b\n0,1,2\n", [["1", "2"]], [2]),
        (b'a, b\n1, "x,y"\n', [["1", "x,y"]], [2]),
        (b"a,b\n'=1,'-3\n", [["=1", "-3"]], [2]),
    ],
)
def test_it_reads_the_forms_that_programs_write(
    data: bytes, rows: list[list[str]], lines: list[int]
) -> None:
    table = parse_table(data, "t.csv", "votes")
    assert table.names == ("a", "b")
    assert table.rows == rows
    assert table.lines == lines


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "t.csv is empty"),
        (b"\n , \n", "t.csv is empty"),
        (b"a,b\n1,2\n1\n", "t.csv, line 3 has 1 value, the first line 2 names"),
        (b"a,b\n\n1,2,3\n", "t.csv, line 3 has 3 values, the first line 2 names"),
        (b"a,a\n1,2\n", "two columns 'a'"),
        ("\u00e9,e\u0301\n1,2\n".encode(), "two columns '\u00e9'"),
        (b"a,,b\n1,2,3\n", "line 2 has a value in column 2, which has no name"),
        (b"a;b\n1;2\n", "separated by semicolons: save it with commas"),
        (b"a\tb\n1\t2\n", "separated by tabs"),
        (b"sep=;\na;b\n1;2\n", "line 1 names ';' as separator"),
        (b'a,b\n1,"2\n3,4\n', "line 2 cannot be read as CSV: a quote is never closed"),
        (b"a,b\n1,2\nJos\xe9,3\n", "line 3 is not UTF-8 (byte 0xE9)"),
        ("a,b\n1,2\n".encode("utf-16"), "text in UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-be"), "text in UTF-16"),
        (b"a,b\n1,2\n" + b"3,4\n" * 2000 + b"\0,5\n", "line 2003 holds a NUL character"),
        (b"PK\x03\x04....xl/workbook.xml", "an Excel workbook (.xlsx)"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0....", "an Excel workbook (.xls)"),
        (b"PAR1 and no more", "cannot be read as Parquet"),
        (b"a\n" + b"x" * 200_000, "line 2 cannot be read as CSV: field larger"),
    ],
)
def test_it_refuses_other_tables_and_names_the_line(data: bytes, said: str) -> None:
    assert said in refused(data)


def test_it_distinguishes_numbers_from_names() -> None:
    data = (
        b"stimulus,E1,E2,n,flag,note\n007,0.1,NA,3,True,-3.5\nNA,-2,1e400,4,false,x\n"
        b"a,0.30000000000000004,5,-1,TRUE,None\n"
    )
    frame = parse_table(data, "t.csv", "statistics").frame()
    assert list(frame["stimulus"]) == ["007", "NA", "a"]
    assert list(frame["E1"]) == [0.1, -2.0, 0.1 + 0.2]
    assert np.isnan(frame["E2"][2]) and np.isinf(frame["E2"][3])
    assert (frame["n"].dtype, frame["flag"].dtype) == (np.int64, np.bool_)
    assert list(frame["note"])[:2] == ["-3.5", "x"] and frame["note"].isna()[4]
    assert list(frame.index) == [2, 3, 4]


def test_it_normalises_names() -> None:
    data = "stimulus,E1\ncafe\u0301,\u00a00.5\n caf\u00e9\u2009,0.5\u00a0\n".encode()
    frame = parse_table(data, "t.csv", "statistics").frame()
    assert list(frame["stimulus"]) == ["caf\u00e9"] * 2
    assert list(frame["E1"]) == [0.5, 0.5]


def test_it_loses_no_row_of_a_pipe(tmp_path: Path) -> None:
    data = b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(5000))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(data)))
    writer.start()
    frame = read_csv(pipe, "votes")
    writer.join(10)
    assert list(frame["a"]) == list(range(5000))


def test_it_limits_the_unpacked_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_text, "MOST_BYTES", 1024**2)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(bytes(3 * 1024**2)))
    with pytest.raises(InputError, match="more than 1 MB"):
        read_csv(tmp_path / "bomb.csv.gz", "votes")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n")[:-9])
    with pytest.raises(InputError, match="cannot be read: Compressed file ended"):
        read_csv(tmp_path / "cut.csv.gz", "votes")


def test_it_says_that_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file .*: name the votes as a CSV file"):
        read_csv(tmp_path / "none.csv", "votes")
    with pytest.raises(InputError, match="is a folder"):
        read_csv(tmp_path, "votes")


def test_it_names_missing_and_present_columns() -> None:
    table = parse_table(b"trial,observer\n1,2\n", "t.csv", "votes")
    with pytest.raises(InputError) as caught:
        table.require(["participant", "choice"])
    assert str(caught.value) == (
        "t.csv: the votes lack the columns participant, choice; they have trial, observer"
    )


@given(
    st.lists(st.tuples(CELLS, CELLS, st.floats(allow_nan=False, allow_infinity=False)), min_size=1),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_a_table_is_the_same_in_every_format(
    rows: list[tuple[str, str, float]], end: str, bom: bool, packed: bool
) -> None:
    frame = pd.DataFrame(rows, columns=["stimulus", "note", "E1"])
    usual = parse_table(to_csv(frame).encode(), "t", "rows").frame()
    text = to_csv(frame)
    if not any("\n" in cell or "\r" in cell for row in rows for cell in row[:2]):
        text = text.replace("\n", end)
    data = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(gzip.compress(data) if packed else data)
        again = parse_table(read_bytes(path, "rows"), "t", "rows").frame()
    pd.testing.assert_frame_equal(again, usual)
    assert len(again) == len(rows)
    assert list(again["E1"]) == [row[2] for row in rows]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
def test_texts_are_read_back_unchanged(rows: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame([("k", *row) for row in rows], columns=["key", "one", "two"])
    table = parse_table(to_csv(frame).encode(), "t", "rows")
    assert [tuple(row[1:]) for row in table.rows] == rows


def test_it_reads_parquet_like_csv(tmp_path: Path) -> None:
    frame = pd.DataFrame({"stimulus": ["=a", "007"], "E1": [0.1, -2.5], "n": [1, 2]})
    frame.to_parquet(tmp_path / "t.parquet")
    write_csv(frame, tmp_path / "t.csv")
    one, other = (read_table(tmp_path / f"t.{end}", "rows").frame() for end in ("csv", "parquet"))
    pd.testing.assert_frame_equal(one, other)
    assert list(one["stimulus"]) == ["=a", "007"]
