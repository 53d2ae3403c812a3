"""Peers of a parcel in the database, against a reader who measures every parcel."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from blocks import add_means
from typer.testing import CliRunner

from dias_cbm import peers, seasons
from dias_cbm.cli.peers import app
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown
from dias_cbm.peers import Criteria, Likeness
from dias_cbm.peers.selection import LeftOut
from dias_cbm.seasons import Season

pytestmark = pytest.mark.integration

AREA = shapely.MultiPolygon([shapely.box(8, 54, 13, 58)])
STARTS, ENDS = date(2018, 1, 1), date(2018, 12, 31)
CENTRE = (500_000.0, 6_200_000.0)  # UTM 32 north: 9 degrees east


def add_parcels(
    connection: Any, season: Season, shapes: dict[str, shapely.Polygon], crop: str | None = "barley"
) -> None:
    connection.cursor().executemany(
        "with shape as (select st_setsrid(st_geomfromwkb(%(wkb)s), %(srid)s::int) as geom)"
        " insert into parcel (season, pid, crop, area_m2, geom, centre)"
        " select %(season)s, %(pid)s, %(crop)s,"
        "   case when %(srid)s = 4326 then st_area(geom::geography) else st_area(geom) end,"
        "   st_multi(geom), st_transform(st_pointonsurface(geom), 4326) from shape",
        [
            {"season": season.id, "pid": pid, "crop": crop, "srid": season.srid,
             "wkb": shapely.to_wkb(shape)}
            for pid, shape in shapes.items()
        ],
    )  # fmt: skip
    connection.commit()


def square(east: float, north: float, side: float = 100) -> shapely.Polygon:
    x, y = CENTRE[0] + east, CENTRE[1] + north
    return shapely.box(x, y, x + side, y + side)


def random_shapes(number: int, seed: int) -> dict[str, shapely.Polygon]:
    """Fields of 12 x 12 km on whole hundreds of metres: many lie exactly as far, some overlap."""
    generator = np.random.default_rng(seed)
    shapes = {}
    for pid in range(number):
        east, north = generator.integers(-60, 60, 2) * 100.0
        shapes[f"p{pid}"] = square(east, north, float(generator.choice([40, 100, 200, 300])))
    return shapes


@pytest.fixture
def season(connection: Any) -> Season:
    return seasons.create(connection, "dk-2018", AREA, 25832, STARTS, ENDS)


def by_hand(
    shapes: dict[str, shapely.Polygon], pid: str, radius: float, pixels: float, most: int
) -> list[tuple[str, float]]:
    own = shapes[pid]
    found = [
        (other, round(own.distance(shape) * 1000) / 1000)
        for other, shape in shapes.items()
        if other != pid and shape.area / 100 >= pixels
    ]
    near = sorted(((d, p) for p, d in found if d <= radius))
    return [(p, d) for d, p in near[:most]]


@pytest.mark.parametrize(
    ("criteria", "radius", "most"),
    [
        (Criteria(), 1000, 100),
        (Criteria(distance=5000, pixels=0, most=1000), 5000, 1000),
        (Criteria(distance=200, most=7), 200, 7),
        (Criteria(nearest=9), 5000, 9),
        (Criteria(nearest=400, pixels=100), 5000, 400),
    ],
)
def test_equal_to_measuring_every_parcel(
    connection: Any, season: Season, criteria: Criteria, radius: float, most: int
) -> None:
    shapes = random_shapes(600, 1)
    add_parcels(connection, season, shapes)
    ties = 0
    for pid in list(shapes)[:25]:
        found = peers.find(connection, season, pid, criteria)
        expected = by_hand(shapes, pid, radius, criteria.pixels, most)
        assert [(one.pid, one.distance) for one in found.peers] == expected
        ties += len(expected) - len({distance for _, distance in expected})
    assert ties > 5


def test_in_degrees_the_distance_is_on_the_ellipsoid(connection: Any) -> None:
    season = seasons.create(connection, "dk-2019", AREA, 4326, STARTS, ENDS)
    generator = np.random.default_rng(3)
    shapes = {
        f"p{number}": shapely.box(x, y, x + 0.002, y + 0.001)
        for number, (x, y) in enumerate(generator.uniform((9, 56), (9.25, 56.15), (400, 2)))
    }
    add_parcels(connection, season, shapes)
    for pid in list(shapes)[:10]:
        found = peers.find(connection, season, pid, Criteria(distance=5000, most=1000))
        rows = connection.execute(
            "select other.pid from parcel as own join parcel as other on other.pid <> own.pid"
            " where own.pid = %s"
            " and st_distance(own.geom::geography, other.geom::geography) <= 5000"
            " order by st_distance(own.geom::geography, other.geom::geography), other.pid",
            (pid,),
        ).fetchall()
        assert [one.pid for one in found.peers] == [row.pid for row in rows]
        assert len(rows) > 20


def test_seasons_with_numbers_in_common_do_not_meet(connection: Any, season: Season) -> None:
    other = seasons.create(connection, "de-2018", AREA, 25833, STARTS, ENDS)
    shapes = random_shapes(50, 2)
    add_parcels(connection, season, shapes)
    add_parcels(connection, other, shapes)
    found = peers.find(connection, season, "p0", Criteria(nearest=20))
    assert [(one.pid, one.distance) for one in found.peers] == by_hand(shapes, "p0", 5000, 30, 20)


def test_crops_and_groups(connection: Any, season: Season) -> None:
    add_parcels(connection, season, {"own": square(0, 0), "b": square(200, 0)})
    add_parcels(connection, season, {"w": square(100, 0)}, "wheat")
    add_parcels(connection, season, {"m": square(0, 200)}, "maize")
    add_parcels(connection, season, {"none": square(0, 300)}, None)
    connection.execute(
        "insert into crop_group (season, crop, name, source) values"
        " (null, 'barley', 'cereals', ''), (null, 'wheat', 'cereals', ''),"
        " (null, 'maize', 'cereals', ''), (%s, 'maize', 'row crops', '')",
        (season.id,),
    )
    alone = peers.find(connection, season, "own")
    assert [one.pid for one in alone.peers] == ["b"]
    assert alone.sentence == "One barley peer of own, within 100 m."
    group = peers.find(connection, season, "own", Criteria(same=Likeness.GROUP))
    assert (group.name, group.crops) == ("cereals", ("barley", "wheat"))
    assert [(one.pid, one.distance) for one in group.peers] == [("w", 0), ("b", 100)]
    ungrouped = peers.find(connection, season, "m", Criteria(same=Likeness.GROUP))
    assert (ungrouped.name, ungrouped.peers) == ("row crops", ())
    with pytest.raises(NotEnoughData, match="none: declares no crop"):
        peers.find(connection, season, "none")
    with pytest.raises(ParcelUnknown, match="x: is not a parcel of dk-2018"):
        peers.find(connection, season, "x")


def test_outliers_and_small_parcels_are_left_out(connection: Any, season: Season) -> None:
    shapes = {name: square(200.0 * number, 0) for number, name in enumerate("abcd")}
    add_parcels(connection, season, shapes)
    wanted = Criteria(without_outliers=True)
    before = peers.find(connection, season, "a", wanted)
    assert before.remarks == ("The season has no outlier run yet, so none was left out for it.",)
    for status in ("confirmed", "outlier"):  # the newest run decides
        connection.execute(
            "with made as (insert into outlier_run (season, model, features, labels, report)"
            " values (%s, 'x', '[]', '', '{}') returning id, season)"
            " insert into outlier (run, season, pid, declared, status, observations)"
            " select id, season, 'b', 'barley', %s, 3 from made",
            (season.id, status),
        )
    connection.execute(
        "insert into parcel_flag values (%s, 'c', 's2', 'centre-10m', 'few_pixels', 4)",
        (season.id,),
    )
    found = peers.find(connection, season, "a", wanted)
    assert [one.pid for one in found.peers] == ["d"]
    assert found.left_out == {LeftOut.OUTLIER: 1, LeftOut.TOO_SMALL: 1}
    assert found.remarks == ()


def test_orbits(connection: Any, season: Season) -> None:
    shapes = {name: square(200.0 * number, 0) for number, name in enumerate("abcd")}
    add_parcels(connection, season, shapes)
    rows = connection.execute("select pid, st_x(centre) as lon from parcel order by pid").fetchall()
    edge = (rows[1].lon + rows[2].lon) / 2  # between b and c
    for number, (orbit, direction, east, status) in enumerate(
        [(44, "A", 13.0, "extracted"), (139, "D", edge, "extracted"), (10, "A", edge, "ready")]
    ):
        connection.execute(
            "insert into dias_catalogue (platform, product_id, reference, obstime, endtime, sensor,"
            " card, kind, rel_orbit, direction, status, footprint) values ('local', %s, %s, %s, %s,"
            " 'S1A', 'bs', 'CARD_BS', %s, %s, %s, st_multi(st_makeenvelope(8, 54, %s, 58, 4326)))",
            (
                str(number), str(number), *[datetime(2018, 5, 1, tzinfo=UTC)] * 2, orbit, direction,
                status, east,
            ),
        )  # fmt: skip
    found = peers.find(connection, season, "a", Criteria(same_orbits=True))
    assert found.orbits == {(44, "A"), (139, "D")}
    assert [one.pid for one in found.peers] == ["b"]
    assert found.left_out == {LeftOut.OTHER_ORBITS: 2}
    east = peers.find(connection, season, "d", Criteria(same_orbits=True))
    assert [one.pid for one in east.peers] == ["c"]


@pytest.mark.parametrize("crops", [1, 30])
def test_the_index_is_used(connection: Any, season: Season, crops: int) -> None:
    connection.execute(
        "insert into parcel (season, pid, crop, area_m2, geom, centre)"
        " select %s, number::text, 'crop ' || number %% %s, 1e4, st_multi(st_makeenvelope(x, y,"
        " x + 100, y + 100, 25832)), st_setsrid(st_point(9, 56), 4326)"
        " from (select number, 4e5 + 277 * (number / 150) as x, 6e6 + 277 * (number %% 150) as y"
        " from generate_series(1, 20000) as number) as place",
        (season.id, crops),
    )
    connection.execute("analyze parcel")
    own = connection.execute(query("peers/parcel"), {"season": season.id, "pid": "9000"}).fetchone()
    values = {
        "season": season.id, "pid": "9000", "crops": ["crop 0"], "geom": own.geom, "radius": 5000.0,
        "run": None, "most": 5001, "planar": True, "srid": 25832, "lat": 56.0,
    }  # fmt: skip
    plan = connection.execute("explain " + query("peers/near"), values).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert "parcel_geom" in text
    assert "Seq Scan on parcel\n" not in text


@pytest.fixture
def compared(connection: Any, season: Season) -> Callable[..., None]:
    """Parcel ``own`` with peers in two blocks, and five-day means of VH; 24 peers."""

    def fill(number: int = 24, low: tuple[int, ...] = (25, 26, 27, 28)) -> None:
        pids = ["own", *(f"n{one:02}" for one in range(number))]
        add_parcels(connection, season, {pid: square(100.0 * n, 0) for n, pid in enumerate(pids)})
        halves = {1: pids[::2], 2: pids[1::2]}
        for blk, members in halves.items():
            connection.execute(
                "insert into parcel_block values (%s, %s, '32VNH', %s,"
                " st_makeenvelope(9, 56, 9.5, 56.5, 4326))",
                (season.id, blk, len(members) or 1),
            )
            for pos, pid in enumerate(members, start=1):
                connection.execute(
                    "insert into parcel_slot values (%s, %s, '32VNH', %s, %s)",
                    (season.id, pid, blk, pos),
                )

        def value(pid: str, period: int) -> float:
            if pid == "own":
                return math.nan if period == 30 else (0.01 if period in low else 0.05)
            return 0.02 + 0.003 * int(pid[1:])

        rows = [
            (season.id, "bs", period, blk, "VH", direction,
             np.array([value(pid, period) * scale for pid in members], np.float32),
             np.ones(len(members), np.int16))
            for period in range(20, 32)
            for direction, scale in (("A", 1), ("D", 2), ("*", 9))
            for blk, members in halves.items()
        ]  # fmt: skip
        add_means(connection, rows)
        connection.commit()

    return fill


def test_a_band_equals_numpy(
    connection: Any, season: Season, compared: Callable[..., None]
) -> None:
    compared()
    found = peers.find(connection, season, "own", Criteria(distance=5000))
    band = peers.band(connection, season, "own", found)
    assert [(one.card, one.band, one.direction) for one in band.series] == [
        ("bs", "VH", "A"), ("bs", "VH", "D"),
    ]  # fmt: skip
    ascending = band.series[0]
    peers_values = np.array([0.02 + 0.003 * n for n in range(24)], np.float32).astype(float)
    for window in ascending.windows:
        edges = window.values.p10, window.values.p50, window.values.p90
        assert edges == pytest.approx(np.percentile(peers_values, (10, 50, 90)), abs=0)
        assert window.n == 24
    assert [one.values.own for one in ascending.windows if one.period == 30] == [None]
    edge = 10 * math.log10(np.percentile(peers_values, 10) / 0.01)
    assert band.sentences[0] == (
        f"From 6 May to 25 May VH ascending lay {edge:.1f} dB below nine of ten of 24 barley peers"
        " within 2.3 km."
    )
    assert len(band.sentences) == 2
    # No card of Sentinel-2, and no such band.
    with pytest.raises(NotEnoughData, match="no five-day means of B04"):
        peers.band(connection, season, "own", found, bands=["B04"])


def test_within_the_band_all_the_time(
    connection: Any, season: Season, compared: Callable[..., None]
) -> None:
    compared(low=())
    found = peers.find(connection, season, "own", Criteria(distance=5000))
    assert peers.band(connection, season, "own", found).sentences == (
        "Where it was seen, own never lay outside the band of its 24 barley peers within 2.3 km"
        " for three windows in a row.",
    )


def test_few_peers_are_said(connection: Any, season: Season, compared: Callable[..., None]) -> None:
    compared(number=3)
    found = peers.find(connection, season, "own")
    band = peers.band(connection, season, "own", found)
    assert band.sentences == (
        "Only 3 barley peers within 200 m: with fewer than 10 there is no band.",
    )
    assert {one.side for series in band.series for one in series.windows} == {None}


def run(*words: str) -> Any:
    return CliRunner().invoke(app, words)


def test_commands(
    connection: Any, season: Season, compared: Callable[..., None], tmp_path: Path
) -> None:
    compared()
    listed = run("list", "dk-2018", "own", "--nearest", "3", "--out", str(tmp_path / "p.csv"))
    assert listed.exit_code == 0, listed.output
    assert listed.output.startswith("3 barley peers of own, within 200 m.\nleft out: ")
    with (tmp_path / "p.csv").open() as file:
        assert [row["peer"] for row in csv.DictReader(file)] == ["n00", "n01", "n02"]
    found = json.loads(run("list", "dk-2018", "own", "--json").output)
    assert [one["pid"] for one in found["peers"]][:2] == ["n00", "n01"]

    words = ("band", "dk-2018", "own", "--distance", "5000")
    told = run(*words, "--out", str(tmp_path / "b.png"))
    assert "From 6 May to 25 May VH ascending lay" in told.output
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    assert run(*words, "--out", str(tmp_path / "b.csv")).exit_code == 0
    with (tmp_path / "b.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 24
    assert {row["side"] for row in rows} == {"below", "inside", ""}
    shown = json.loads(run(*words, "--json").output)
    assert shown["series"][0]["windows"][0]["first"] == "2018-04-11"
    assert run(*words, "--card", "bs").exit_code == 0


def test_nothing_to_compare_with(connection: Any, season: Season) -> None:
    add_parcels(connection, season, {"own": square(0, 0), "far": square(5101, 0)})
    listed = run("list", "dk-2018", "own", "--distance", "5000")
    assert (listed.exit_code, listed.output) == (
        0, "No peer of own: no other parcel of barley as asked for lies within 5 km.\n",
    )  # fmt: skip
    alone = run("band", "dk-2018", "own", "--nearest", "5")
    assert str(alone.exception) == "own: has no peer as asked for within 5 km (crop: barley)"
    add_parcels(connection, season, {"near": square(200, 0)})
    empty = run("band", "dk-2018", "own")
    assert str(empty.exception) == "dk-2018: has no five-day means yet"


def test_more_parcels_than_are_looked_at(
    connection: Any, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = random_shapes(300, 4)
    add_parcels(connection, season, shapes)
    monkeypatch.setattr("dias_cbm.peers.search.MOST_CANDIDATES", 5)
    found = peers.find(connection, season, "p0", Criteria(distance=5000, pixels=0))
    assert [(one.pid, one.distance) for one in found.peers] == by_hand(shapes, "p0", 5000, 0, 5)
    assert found.remarks == (
        "Only the nearest 5 parcels of barley were looked at; a shorter distance looks at all.",
    )
