"""The views of an analyst: blocks put in by hand, rows worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import shapely
from shapely import MultiPolygon

from dias_cbm import seasons
from dias_cbm.db.connection import Connection

pytestmark = pytest.mark.integration
STATISTICS = ("count", "mean", "std", "min", "max", "p25", "p50", "p75")


def make_season(connection: Connection, name: str, pids: dict[str, tuple[int, int]]) -> int:
    """A season whose parcels have given blocks and positions."""
    area = MultiPolygon([shapely.box(9, 56, 10, 57)])
    season = seasons.create(
        connection, name, area, 25832, date(2018, 1, 1), date(2018, 12, 31), step_days=5
    )
    connection.execute(
        "insert into parcel_block (season, blk, tile, parcels, extent)"
        " select %s, blk, '32VNH', 1, st_makeenvelope(9, 56, 10, 57, 4326)"
        " from unnest(%s::integer[]) as blk",
        (season.id, sorted({blk for blk, _ in pids.values()})),
    )
    for pid, (blk, pos) in pids.items():
        connection.execute(
            "insert into parcel (season, pid, area_m2, geom, centre) values (%s, %s, 1,"
            " st_multi(st_makeenvelope(0, 0, 1, 1, 25832)), st_point(9, 56, 4326))",
            (season.id, pid),
        )
        connection.execute(
            "insert into parcel_slot values (%s, %s, '32VNH', %s, %s)", (season.id, pid, blk, pos)
        )
    return season.id


def insert_block(
    connection: Connection, season: int, card: str, obsid: int, blk: int, band: str, **arrays: Any
) -> None:
    length = len(arrays["count"])
    values = [arrays.get(name, [0.5] * length) for name in STATISTICS]
    connection.execute(
        "insert into signature_block values (%s, %s, %s, %s, %s, 'centre',"
        " %s, %s, %s, %s, %s, %s, %s, %s)",
        (season, card, obsid, blk, band, *([float(v) for v in array] for array in values)),
    )


NAN = float("nan")


@pytest.fixture
def season(connection: Connection) -> int:
    """Parcels a, b and c in block 1, d in block 2."""
    return make_season(connection, "dk-2018", {"a": (1, 1), "b": (1, 2), "c": (1, 3), "d": (2, 1)})


def test_one_row_per_record(connection: Connection, season: int) -> None:
    """a has pixels, b has none that are valid, c lies outside the product."""
    insert_block(
        connection,
        season,
        "bs",
        7,
        1,
        "VV",
        count=[12, 0, NAN],
        mean=[0.25, NAN, NAN],
        std=[0.5, NAN, NAN],
        min=[0.125, NAN, NAN],
        max=[1.5, NAN, NAN],
        p25=[0.2, NAN, NAN],
        p50=[0.24, NAN, NAN],
        p75=[0.3, NAN, NAN],
    )
    rows = connection.execute("select * from bs_signatures order by pid").fetchall()
    assert rows[0] == ("a", 7, "VV", 12, 0.25, 0.5, 0.125, 1.5, *rows[0][8:11], "dk-2018", "centre")
    assert rows[0][8:11] == pytest.approx((0.2, 0.24, 0.3))
    assert rows[1] == ("b", 7, "VV", 0, *[None] * 7, "dk-2018", "centre")
    assert len(rows) == 2
    assert rows[0]._fields[:11] == ("pid", "obsid", "band", *STATISTICS)


def test_each_card_has_its_view(connection: Connection, season: int) -> None:
    for obsid, card in enumerate(("bs", "c6", "c12", "s2"), start=1):
        insert_block(connection, season, card, obsid, 2, "X", count=[5])
    for view, obsid in (("bs_signatures", 1), ("c6_signatures", 2), ("s2_signatures", 4)):
        rows = connection.execute(f"select pid, obsid from {view}").fetchall()
        assert rows == [("d", obsid)]
    cards = connection.execute("select card from signatures order by obsid").fetchall()
    assert [row.card for row in cards] == ["bs", "c6", "c12", "s2"]


def test_seasons_do_not_mix(connection: Connection, season: int) -> None:
    """The same parcel identifier and block number in two seasons."""
    other = make_season(connection, "dk-2019", {"a": (1, 2)})
    insert_block(connection, season, "bs", 1, 1, "VV", count=[1, 2, 3])
    insert_block(connection, other, "bs", 2, 1, "VV", count=[4, 5])
    rows = connection.execute(
        "select season, obsid, count from bs_signatures where pid = 'a' order by season"
    ).fetchall()
    assert rows == [("dk-2018", 1, 1), ("dk-2019", 2, 5)]


def test_histograms_hold_the_classes_that_occur(connection: Connection, season: int) -> None:
    for class_, counts in {4: [120.0, 0.0, NAN], 8: [3.0, 0.0, NAN], 9: [0.0, 7.0, NAN]}.items():
        connection.execute(
            "insert into histogram_block values (%s, 5, 1, %s, %s)", (season, class_, counts)
        )
    rows = connection.execute("select * from s2_histograms order by pid").fetchall()
    assert rows == [("a", 5, {"4": 120, "8": 3}, "dk-2018"), ("b", 5, {"9": 7}, "dk-2018")]


def test_a_class_is_one_of_scl(connection: Connection, season: int) -> None:
    import psycopg

    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("insert into histogram_block values (%s, 5, 1, 12, '{1}')", (season,))


def test_five_day_means_say_their_window(connection: Connection, season: int) -> None:
    for direction, means, numbers in (
        ("A", [0.1, NAN, 0.3], [1, 0, 2]),
        ("*", [0.2, 0.4, 0.3], [2, 1, 2]),
    ):
        connection.execute(
            "insert into five_day_mean_block values (%s, 'bs', 11, 1, 'VV', %s, %s, %s)",
            (season, direction, means, numbers),
        )
    rows = connection.execute(
        "select pid, period, window_start, window_end, card, band, direction, mean, n, season"
        " from five_day_means order by pid, direction"
    ).fetchall()
    assert [(row.pid, row.direction, row.n) for row in rows] == [
        ("a", "*", 2),
        ("a", "A", 1),
        ("b", "*", 1),
        ("c", "*", 2),
        ("c", "A", 2),
    ]
    assert rows[0][1:6] == (11, date(2018, 2, 25), date(2018, 3, 2), "bs", "VV")
    assert [row.mean for row in rows] == pytest.approx([0.2, 0.1, 0.4, 0.3, 0.3])


def test_the_scan_gives_the_rows_of_the_view(connection: Connection, season: int) -> None:
    for obsid in (1, 2):
        insert_block(
            connection, season, "s2", obsid, 1, "B04", count=[3, 0, NAN], mean=[obsid, NAN, NAN]
        )
        insert_block(connection, season, "s2", obsid, 2, "B04", count=[9])
    insert_block(connection, season, "bs", 3, 1, "VV", count=[1, 1, 1])
    columns = f"pid, obsid, band, {', '.join(STATISTICS)}, rule"
    view = connection.execute(f"select {columns} from s2_signatures order by pid, obsid").fetchall()
    scan = connection.execute(
        f"select {columns} from signature_records('dk-2018', 's2') order by pid, obsid"
    ).fetchall()
    assert scan == view
    assert len(scan) == 6


@pytest.fixture
def wide(connection: Connection) -> int:
    """Fifty blocks, two hundred observations: 20,000 rows of signatures, 20,000 of histograms."""
    season = make_season(
        connection, "dk-2018", {f"p{blk}": (blk, 1 + blk % 4) for blk in range(1, 51)}
    )
    array = "array[1, 2, 3, 4]::real[]"
    connection.execute(
        f"insert into signature_block select {season}, 'bs', obsid, blk, band, 'centre',"
        f" {', '.join([array] * 8)} from generate_series(1, 200) as obsid,"
        " generate_series(1, 50) as blk, unnest(array['VV', 'VH']) as band"
    )
    connection.execute(
        f"insert into histogram_block select {season}, obsid, blk, class, {array}"
        " from generate_series(1, 200) as obsid, generate_series(1, 50) as blk,"
        " generate_series(4, 5) as class"
    )
    connection.execute(
        f"insert into five_day_mean_block select {season}, 'bs', period, blk, band, '*', {array},"
        " array[1, 1, 1, 1]::smallint[] from generate_series(0, 72) as period,"
        " generate_series(1, 50) as blk, unnest(array['VV', 'VH']) as band"
    )
    connection.execute(
        "analyze signature_block, histogram_block, five_day_mean_block, parcel_slot, season"
    )
    return season


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.parametrize(
    ("view", "table", "rows", "read"),
    [
        ("bs_signatures", "signature_block", 400, 400),
        ("signatures", "signature_block", 400, 400),
        ("s2_histograms", "histogram_block", 200, 400),
        ("five_day_means", "five_day_mean_block", 146, 146),
    ],
)
@pytest.mark.parametrize("where", ["pid = 'p7'", "pid = 'p7' and season = 'dk-2018'"])
def test_one_parcels_series_reads_its_own_block_only(
    connection: Connection, wide: int, view: str, table: str, rows: int, read: int, where: str
) -> None:
    found = connection.execute(f"select * from {view} where {where}").fetchall()
    assert len(found) == rows
    row = connection.execute(
        f"explain (analyze, format json) select * from {view} where {where}"
    ).fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    touched = [
        node
        for node in nodes(plan[0]["Plan"])
        if str(node.get("Relation Name", "")).startswith(table)
    ]
    visited = [
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in touched
    ]
    assert sum(visited) == read
    # And finds them by their block, not by walking the whole primary key.
    used = {
        node["Index Name"]
        for node in nodes(plan[0]["Plan"])
        if node.get("Index Name", "").startswith(table) and node["Actual Rows"]
    }
    assert used
    assert all("_blk_" in name for name in used)


def test_a_block_belongs_to_a_season_that_there_is(connection: Connection, season: int) -> None:
    import psycopg

    with pytest.raises(psycopg.IntegrityError):
        insert_block(connection, season + 1, "bs", 1, 1, "VV", count=[1])


@pytest.fixture
def two_seasons(connection: Connection, wide: int) -> int:
    """The wide season, and another one with the same parcels and scenes."""
    other = make_season(
        connection, "es-2018", {f"p{blk}": (blk, 1 + blk % 4) for blk in range(1, 51)}
    )
    connection.execute(
        f"insert into signature_block select {other}, card, obsid, blk, band, rule,"
        f" {', '.join(STATISTICS)} from signature_block where season = {wide}"
    )
    connection.execute("analyze signature_block, parcel_slot, parcel, season")
    return other


@pytest.mark.parametrize(
    "rows_of",
    [
        "bs_signatures where season = 'dk-2018' and pid = 'p7'",
        "signature_records('dk-2018', 'bs')",
    ],
)
def test_other_seasons_and_cards_are_not_read(
    connection: Connection, wide: int, two_seasons: int, rows_of: str
) -> None:
    row = connection.execute(f"explain (analyze, format json) select * from {rows_of}").fetchone()
    assert row is not None
    leaves = {
        node["Relation Name"]: node
        for node in nodes(row[0][0]["Plan"])
        if node.get("Relation Name", "").startswith("signature_block")
    }
    read = {name for name, node in leaves.items() if node["Actual Loops"]}
    assert read == {f"signature_block_{wide}_bs"}
    # Cards are left out when the query is planned, seasons at the latest when it runs.
    assert all(name.endswith("_bs") for name in leaves)


def test_records_of_some_bands_and_days(connection: Connection, season: int) -> None:
    for obsid, day in (
        (1, "2018-05-31T23:59Z"),
        (2, "2018-06-01T00:00Z"),
        (3, "2018-06-02T00:00Z"),
    ):
        connection.execute(
            "insert into dias_catalogue (id, platform, product_id, reference, obstime, endtime,"
            " sensor, rel_orbit, direction, card, kind) overriding system value"
            " values (%s, 'local', %s, 'x', %s, %s, 'S1A', 44, 'A', 'bs', 'CARD_BS')",
            (obsid, str(obsid), day, day),
        )
        for band in ("VV", "VH"):
            insert_block(connection, season, "bs", obsid, 1, band, count=[3, 0, NAN])
    found = connection.execute(
        "select pid, obsid, obstime, sensor, rel_orbit, direction, band"
        " from signature_records('dk-2018', 'bs', '{VH}', '2018-06-01T00:00Z', '2018-06-02T00:00Z')"
        " order by pid"
    ).fetchall()
    june = datetime(2018, 6, 1, tzinfo=UTC)
    assert [tuple(row) for row in found] == [
        (pid, 2, june, "S1A", 44, "A", "VH") for pid in ("a", "b")
    ]


def test_analyse_does_not_look_into_arrays(connection: Connection, season: int) -> None:
    row = connection.execute(
        "select array_agg(distinct attrelid::regclass::text) from pg_attribute"
        " where attrelid::regclass::text ~ '^[a-z_]+_block(_[0-9].*)?$'"
        " and atttypid in ('real[]'::regtype, 'smallint[]'::regtype) and attstattarget <> 0"
        " and attrelid in (select oid from pg_class where relkind in ('r', 'p'))"
    ).fetchone()
    assert row is not None
    assert row[0] is None
