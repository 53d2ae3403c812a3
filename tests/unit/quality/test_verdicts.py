"""Verdicts from a CSV file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dias_cbm.errors import SampleError
from dias_cbm.quality.verdicts import Verdict, read


def file(folder: Path, text: str) -> Path:
    path = folder / "verdicts.csv"
    path.write_text(text)
    return path


def test_read_without_those_that_are_not_meant(tmp_path: Path) -> None:
    text = "pid,scheme,colour,sentence\np1,A,green,because\np1,B,none,\np2,A,red,\n"
    assert read(file(tmp_path, text)) == [
        Verdict("p1", "A", "green", "because"),
        Verdict("p2", "A", "red", ""),
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("p1,A,blue", "row 1: colour is 'blue', not one of green, red, yellow, open, none"),
        ("p1,A,red\np1,A,green", "row 2: parcel p1 has two verdicts of scheme A"),
        ("p1,,red", "row 1: pid or scheme is empty"),
        ("p1,A", "row 1: colour is ''"),
    ],
)
def test_what_is_wrong_names_its_row(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(SampleError) as caught:
        read(file(tmp_path, f"pid,scheme,colour\n{rows}\n"))
    assert told in str(caught.value)


def test_no_columns_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="the columns scheme, colour are missing"):
        read(file(tmp_path, "pid\np1\n"))
    with pytest.raises(SampleError, match="cannot be read"):
        read(tmp_path / "none.csv")
