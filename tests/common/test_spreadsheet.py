"""Cells that a spreadsheet program would take for formulas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.spreadsheet import escape_formula, unescape_formula


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("-6dB", "'-6dB"), ("+3dB", "'+3dB"), ("@a", "'@a"), ("＝1", "'＝1"),
     ("'quoted", "''quoted"), ("-3.5", "-3.5"), ("-1e-5", "-1e-5"), ("-.5", "-.5"), ("a=b", "a=b"),
     ("-1+cmd", "'-1+cmd"), ("-", "'-"), ("-١", "'-١"), (7, 7), (None, None)],
)  # fmt: skip
def test_it_marks_formulas_and_leaves_numbers(cell: object, written: object) -> None:
    assert escape_formula(cell) == written


@given(st.text(alphabet="=+-@'\t\n＝0.5e a") | st.text())
def test_every_text_is_restored(cell: str) -> None:
    assert unescape_formula(escape_formula(cell)) == cell


@given(st.text(alphabet="=+-@\t\r\n＝＋－＠12.e", min_size=1))
def test_only_numbers_begin_like_a_formula(cell: str) -> None:
    written = escape_formula(cell)
    if written.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")):
        float(written)
