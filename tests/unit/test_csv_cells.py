"""No cell of a CSV file is a formula, and a table is written whole."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv

from dias_cbm.csv_cells import cell, plain, write_rows
from dias_cbm.errors import StoreError
from dias_cbm.extraction.table import write_csv
from dias_cbm.storage.cache import ProductCache


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_is_a_formula_is_quoted(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-12", "+4.5", "-1e-05", "a=b", "", "71-1", -3, 2.5, None])
def test_anything_else_stays(value: object) -> None:
    assert cell(value) == value


def test_a_table_of_statistics_holds_no_formula() -> None:
    pids = ["=HYPERLINK(1)", "-12", "a", None]
    stream = io.BytesIO()
    write_csv(pyarrow.table({"pid": pids, "mean": [-1.0, -2.0, 3.0, 4.0]}), stream)
    assert stream.getvalue().decode() == ("pid,mean\n'=HYPERLINK(1),-1\n-12,-2\na,3\n,4\n")
    assert csv.read_csv(io.BytesIO(stream.getvalue())).num_rows == 4


def test_a_bogus_size_does_not_empty_the_cache(tmp_path: Path) -> None:
    cache = ProductCache(tmp_path / "cache", 3 * 8192)

    def fill(path: Path) -> None:
        path.write_bytes(b"x" * 8192)

    with cache.holding("kept", "kept", lambda: 8192, fill):
        pass
    for size in (10**15, 10**30, 1 << 40):
        with (
            pytest.raises(StoreError, match=r"no room for \d+ MB"),
            cache.holding("bogus", "bogus", lambda size=size: size, fill),
        ):
            pass
        with cache.holding("kept", "kept", lambda: 8192, pytest.fail) as path:
            assert path.is_file()


@given(st.text())
def test_a_cell_is_read_as_it_was_before_it_was_written(text: str) -> None:
    assert plain(cell(text)) == text or text.startswith("'")


def test_an_apostrophe_of_the_text_itself_stays() -> None:
    assert plain("'t Zand") == "'t Zand"
    assert plain("'=1+1") == "=1+1"
    assert plain("-12") == "-12"


def test_rows_are_written_whole_without_formulas(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    assert write_rows(path, ("pid", "crop"), [{"pid": "=1"}, {"pid": "b", "crop": "maïs"}]) == 2
    assert path.read_bytes() == "pid,crop\r\n'=1,\r\nb,maïs\r\n".encode()
    with pytest.raises(ValueError, match="area"):
        write_rows(path, ("pid",), [{"pid": "c"}, {"area": 1}])
    assert path.read_text().startswith("pid,crop")
