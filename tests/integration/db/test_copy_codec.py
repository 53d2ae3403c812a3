"""Rows through binary COPY and back, as PostgreSQL itself understands them."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor, copy_rows, encode
from dias_cbm.db.queries import SQL

pytestmark = pytest.mark.integration

COLUMNS = {
    "s": "smallint",
    "i": "integer",
    "b": "bigint",
    "r": "real",
    "d": "double precision",
    "t": "text",
    "c": "text",
    "ra": "real[]",
    "sa": "smallint[]",
}


@pytest.fixture
def table(connection: Connection) -> Connection:
    columns = ", ".join(f"{n} {'char(1)' if n == 'c' else t}" for n, t in COLUMNS.items())
    connection.execute(f"create temporary table t ({columns})")
    return connection


def row(**values: Any) -> list[Any]:
    default: dict[str, Any] = dict.fromkeys(COLUMNS)
    return list((default | values).values())


def test_every_type_as_postgresql_reads_it(table: Connection) -> None:
    values = row(
        s=-7, i=1 << 30, b=1 << 60, r=0.5, d=0.1, t="bæk ≠ b", c="*",
        ra=np.array([0.5, -1, np.nan, np.inf]), sa=np.array([1, -32768, 32767]),
    )  # fmt: skip
    assert copy_rows(table, "t", COLUMNS, [values]) == 1
    found = table.execute("select s, i, b, r, d, t, c, ra::text, sa::text from t").fetchone()
    assert tuple(found) == (
        -7, 1 << 30, 1 << 60, 0.5, 0.1, "bæk ≠ b", "*", "{0.5,-1,NaN,Infinity}", "{1,-32768,32767}",
    )  # fmt: skip


def test_dates_and_json(table: Connection) -> None:
    table.execute("create temporary table dated (d date, j jsonb, i integer[])")
    columns = {"d": "date", "j": "jsonb", "i": "integer[]"}
    rows = [(0, "{}", np.array([1, 2])), (17652, '{"a": "bæk"}', np.empty(0)), (None, None, None)]
    copy_rows(table, "dated", columns, rows)
    found = table.execute("select d::text, j, i from dated").fetchall()
    assert [tuple(row) for row in found] == [
        ("1970-01-01", {}, [1, 2]), ("2018-05-01", {"a": "bæk"}, []), (None, None, None),
    ]  # fmt: skip


def test_nulls_empty_texts_and_empty_arrays(table: Connection) -> None:
    rows = [row(), row(t="", ra=np.empty(0), sa=np.empty(0, "i2"))]
    assert copy_rows(table, "t", COLUMNS, rows) == 2
    found = table.execute(
        "select t, ra::text, sa::text, s from t order by t nulls first"
    ).fetchall()
    assert [tuple(r) for r in found] == [(None, None, None, None), ("", "{}", "{}", None)]


def test_subscripts_begin_at_one(table: Connection) -> None:
    copy_rows(table, "t", COLUMNS, [row(ra=np.array([5.0, 6.0]))])
    found = table.execute("select ra[1] as a, ra[2] as b, ra[3] as c from t").fetchone()
    assert tuple(found) == (5, 6, None)


@given(
    real=arrays.arrays(np.float32, st.integers(0, 50)),
    small=arrays.arrays(np.int16, st.integers(0, 50)),
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_vectors_come_back_bit_by_bit(
    table: Connection, real: np.ndarray, small: np.ndarray
) -> None:
    table.execute("truncate t")
    copy_rows(table, "t", COLUMNS, [row(ra=real, sa=small)])
    select = "select array_bytes(ra) as ra, array_bytes(sa) as sa, i from t"
    found = array_cursor(table).execute(select).fetchone()
    np.testing.assert_array_equal(found.ra, real)
    np.testing.assert_array_equal(found.sa, small)
    assert (found.ra.dtype, found.sa.dtype, found.i) == (np.float32, np.int16, None)


def test_more_than_one_chunk_and_a_server_side_cursor(table: Connection) -> None:
    rng = np.random.default_rng(1)
    blocks = [rng.random(992, "f4") for _ in range(700)]
    count = copy_rows(table, "t", COLUMNS, (row(i=n, ra=b) for n, b in enumerate(blocks)))
    assert count == 700
    with array_cursor(table, "many", fetch=50) as cursor:
        for found in cursor.execute("select i, array_bytes(ra) as ra from t order by i"):
            np.testing.assert_array_equal(found.ra, blocks[found.i])


def test_names_are_quoted(connection: Connection) -> None:
    connection.execute('create temporary table "a ""b""; drop" ("select" integer)')
    copy_rows(connection, 'a "b"; drop', {"select": "integer"}, [(1,)])
    assert connection.execute('select "select" from "a ""b""; drop"').fetchone()[0] == 1


def test_failure_writes_nothing(table: Connection) -> None:
    def rows() -> Any:
        yield row(i=1)
        raise OSError("lost the raster")

    with pytest.raises(OSError, match="lost the raster"), table.transaction():
        copy_rows(table, "t", COLUMNS, rows())
    assert table.execute("select count(*) from t").fetchone()[0] == 0


def test_wrong_type_is_refused_by_the_server(table: Connection) -> None:
    with pytest.raises(psycopg.errors.DataError), table.transaction():
        copy_rows(table, "t", {"i": "bigint"}, [(1,)])


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        list(encode(["integer", "integer"], [(1,)]))
    with pytest.raises(ValueError, match="one dimension"):
        list(encode(["real[]"], [(np.zeros((2, 2)),)]))


@given(array=arrays.arrays(st.sampled_from([np.float32, np.int16]), st.integers(0, 50)))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_array_send_gives_is_read_as_well(table: Connection, array: np.ndarray) -> None:
    column = "ra" if array.dtype == np.float32 else "sa"
    table.execute("truncate t")
    copy_rows(table, "t", COLUMNS, [row(**{column: array})])
    found = array_cursor(table).execute(f"select array_send({column}) as a from t").fetchone()
    np.testing.assert_array_equal(found.a, array)
    assert found.a.dtype == array.dtype


def test_without_a_superuser_arrays_are_sent_the_slower_way(connection: Connection) -> None:
    connection.execute("create role plain; grant create on schema public to plain")
    connection.execute("drop function array_bytes; set role plain")
    connection.execute((SQL / "schema" / "014_array_bytes.sql").read_text())
    found = connection.execute("select prosrc from pg_proc where proname = 'array_bytes'")
    assert "array_send" in found.fetchone()[0]
    read = array_cursor(connection).execute("select array_bytes(array[1, 2.5]::real[]) as a")
    assert read.fetchone().a.tolist() == [1, 2.5]
    connection.rollback()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ("array[1, null]::real[]", "no NULL"),
        ("array[[1], [2]]::real[]", "one dimension"),
        ("array[1]::bigint[]", "type 20"),
    ],
)
@pytest.mark.parametrize("function", ["array_bytes", "array_send"])
def test_what_is_no_block_is_refused(
    connection: Connection, function: str, array: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        array_cursor(connection).execute(f"select {function}({array})").fetchall()
