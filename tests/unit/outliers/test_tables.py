"""CSV files that people fill in: what is read, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dias_cbm.errors import DecisionError
from dias_cbm.outliers.tables import read


def table(folder: Path, content: bytes) -> list[tuple[int, dict[str, str]]]:
    path = folder / "a.csv"
    path.write_bytes(content)
    return [(line.number, line.cells) for line in read(path, ["pid"]).lines]


@pytest.mark.parametrize(
    ("path", "message"),
    [("/dev/zero", "more than 67 MB are too many"), ("/", "Is a directory")],
)
def test_what_may_never_end_is_read_with_a_limit(path: str, message: str) -> None:
    with pytest.raises(DecisionError, match=f"cannot be read: {message}"):
        read(Path(path), ["pid"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    content = "PID, Note \n 1 ,a\n\n2,\n".replace(",", delimiter).encode()
    assert table(tmp_path, content) == [(2, {"pid": "1", "note": "a"}), (4, {"pid": "2"})]


def test_a_spreadsheets_file(tmp_path: Path) -> None:
    """With a byte order mark, CR LF, quotes, and the apostrophe that protects a formula."""
    content = b"\xef\xbb\xbfpid;note\r\n1;\"two; lines\nin one\"\r\n'=2;'quoted'\r\n"
    assert table(tmp_path, content) == [
        (3, {"pid": "1", "note": "two; lines\nin one"}),
        (4, {"pid": "=2", "note": "'quoted'"}),
    ]


def test_missing_cells_at_the_end(tmp_path: Path) -> None:
    assert table(tmp_path, b"pid,note\n1") == [(2, {"pid": "1"})]


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    with pytest.raises(DecisionError, match="line 3: unexpected end of data"):
        table(tmp_path, b'pid,note\n1,"not closed\n2,second\n')


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.booleans())
@example(b"\n'\"\r", True)
@example(b"\x00", False)
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, headed: bool) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"pid,note\n" * headed + content)
    try:
        found = read(path, ["pid"])
    except DecisionError as error:
        assert "a.csv" in str(error)
    else:
        assert "pid" in found.columns
        assert len(found.sha256) == 64
