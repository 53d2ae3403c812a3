"""Parquet files of a season: against the views row by row, read by geopandas and by DuckDB."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from typer.testing import CliRunner

from dias_cbm import ledger
from dias_cbm.averages import update
from dias_cbm.cli import build
from dias_cbm.db.connection import Connection
from dias_cbm.errors import NotEnoughData, OutputError, SeasonError
from dias_cbm.export import What, export
from dias_cbm.parcels.load import load
from dias_cbm.scenes import Card, Kind, Status

pytestmark = pytest.mark.integration
NAN = float("nan")

# Two on either side of midnight of the first of June, in UTC.
SENSED = [
    (Kind.CARD_BS, datetime(2018, 5, 2, 5, 40, tzinfo=UTC)),
    (Kind.CARD_BS, datetime(2018, 5, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    (Kind.CARD_BS, datetime(2018, 6, 1, tzinfo=UTC)),
    (Kind.S2_L2A, datetime(2018, 6, 3, 10, 30, tzinfo=UTC)),
]


@pytest.fixture
def season(connection: Connection) -> int:
    """Two blocks, four scenes, holes of every kind; the ledger has their records."""
    made = add_season(connection, "dk-2018")
    add_block(connection, made, 1, ["a", "b", "c"])
    add_block(connection, made, 2, ["d"])
    rng = np.random.default_rng(5)
    for number, (kind, start) in enumerate(SENSED):
        orbit = {"direction": "A", "rel_orbit": 44 + number}
        scene = add_scene(connection, f"s{number}", start, kind, status=Status.READY, **orbit)
        units = ledger.plan_extractions(connection, scene.id)
        records = 0
        for blk, size in ((1, 3), (2, 1)):
            for band in ("VV", "VH") if kind is Kind.CARD_BS else ("B04",):
                count = np.array([12, 0, NAN])[rng.permutation(3)[:size]]
                mean = np.where(count > 0, rng.random(size), NAN)
                add_signatures(connection, made, scene, blk, band, count, mean)
                records += int((count > 0).sum())
        for unit in units:
            assert ledger.claim(connection, unit, "test")
            ledger.finish(connection, unit, records, 1.0)
        connection.commit()
    for card in ("bs", "s2"):
        update(connection, made, card)
    connection.commit()
    return made


def frame(connection: Connection, statement: str) -> pd.DataFrame:
    cursor = connection.execute(statement)
    return pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or ()])


def assert_same(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> None:
    assert len(found) == len(expected) > 0
    left = found[expected.columns].sort_values(keys).reset_index(drop=True)
    right = expected.sort_values(keys).reset_index(drop=True)
    pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_signatures_are_the_rows_of_the_view(
    connection: Connection, season: int, tmp_path: Path
) -> None:
    report = export(connection, "dk-2018", tmp_path / "out")
    names = {file.name: file.rows for file in report.files}
    assert set(names) == {
        "signatures_bs_2018-05.parquet",
        "signatures_bs_2018-06.parquet",
        "signatures_s2_2018-06.parquet",
        "means_bs.parquet",
        "means_s2.parquet",
        "parcels.parquet",
    }
    for card in ("bs", "s2"):
        files = sorted((tmp_path / "out").glob(f"signatures_{card}_*.parquet"))
        found = pd.concat([pd.read_parquet(file) for file in files])
        expected = frame(
            connection,
            "select v.*, obstime, sensor, rel_orbit, direction, card from"
            f" {card}_signatures v join dias_catalogue s on s.id = v.obsid",
        )
        assert_same(found, expected, ["pid", "obsid", "band"])
        assert set(found.columns) == set(expected.columns)
        assert len(found) == sum(rows for name, rows in names.items() if f"ures_{card}" in name)
    may = pd.read_parquet(tmp_path / "out/signatures_bs_2018-05.parquet")
    assert may["obstime"].max() == SENSED[1][1]
    assert may["obsid"].nunique() == 2


def test_several_workers_write_what_one_does(
    connection: Connection, season: int, tmp_path: Path
) -> None:
    one = export(connection, "dk-2018", tmp_path / "one")
    three = export(connection, "dk-2018", tmp_path / "three", workers=3)
    assert (one.files, one.empty) == (three.files, three.empty)
    assert len(one.files) > 4
    for file in one.files:
        left = pq.read_table(tmp_path / "one" / file.name)
        assert left.equals(pq.read_table(tmp_path / "three" / file.name))
        assert not any(pa.types.is_dictionary(kind) for kind in left.schema.types)


def test_means_are_the_rows_of_the_view(
    connection: Connection, season: int, tmp_path: Path
) -> None:
    export(connection, "dk-2018", tmp_path, [What.MEANS])
    found = pd.concat(
        [pd.read_parquet(tmp_path / f"means_{card}.parquet") for card in ("bs", "s2")]
    )
    keys = ["pid", "card", "band", "direction", "period"]
    assert_same(found, frame(connection, "select * from five_day_means"), keys)


def test_counts_add_up_with_the_ledger(connection: Connection, season: int, tmp_path: Path) -> None:
    report = export(connection, "dk-2018", tmp_path)
    counted = frame(
        connection,
        "select card, sum(records) as records from extraction"
        " join dias_catalogue on id = obsid group by card",
    )
    assert report.ledger == dict(zip(counted["card"], counted["records"], strict=True))
    assert report.different == []
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    for card, records in report.ledger.items():
        files = [f for f in manifest["files"] if f["card"] == card and f["what"] == "signatures"]
        assert sum(file["records"] for file in files) == records > 0
    for file in manifest["files"]:
        assert pq.read_metadata(tmp_path / file["name"]).num_rows == file["rows"]
    connection.execute("update extraction set records = records + 1 where obsid = 1")
    assert export(connection, "dk-2018", tmp_path).different == ["bs"]


def test_parcels_are_geoparquet(connection: Connection, season: int, tmp_path: Path) -> None:
    export(connection, "dk-2018", tmp_path, [What.PARCELS])
    parcels = geopandas.read_parquet(tmp_path / "parcels.parquet")
    assert parcels.crs.to_epsg() == 25832
    assert parcels["pid"].tolist() == ["a", "b", "c", "d"]
    assert parcels.geometry.area.tolist() == [10_000] * 4
    assert set(parcels.geom_type) == {"MultiPolygon"}
    assert parcels.geometry.iloc[0].bounds == (5e5, 6.2e6, 500_100, 6_200_100)


def test_parcels_can_be_loaded_again(connection: Connection, season: int, tmp_path: Path) -> None:
    export(connection, "dk-2018", tmp_path, [What.PARCELS])
    path = tmp_path / "parcels.parquet"
    report = load(connection, path, "dk-2019", id_column="pid", crop_column="crop")
    assert (report.loaded, report.rejected, report.srid) == (4, {}, 25832)
    same = connection.execute(
        "select count(*) as n from parcel as one join parcel as other using (pid, crop)"
        " where one.season < other.season and st_orderingequals(one.geom, other.geom)"
    ).fetchone()
    assert same == (4,)


def test_read_by_duckdb(connection: Connection, season: int, tmp_path: Path) -> None:
    export(connection, "dk-2018", tmp_path)
    found = duckdb.execute(
        "select pid, band, count(mean), avg(mean) from read_parquet(?)"
        " where obstime >= '2018-05-31 00:00:00+00' group by pid, band order by pid, band",
        [str(tmp_path / "signatures_bs_*.parquet")],
    ).fetchall()
    expected = connection.execute(
        "select pid, band, count(mean), avg(mean) from bs_signatures"
        " join dias_catalogue on id = obsid where obstime >= '2018-05-31T00:00Z'"
        " group by pid, band order by pid, band"
    ).fetchall()
    assert [row[:3] for row in found] == [tuple(row[:3]) for row in expected]
    averages = [row[3] for row in found if row[3] is not None]
    assert averages == pytest.approx([row[3] for row in expected if row[3] is not None])


def test_again_replaces_and_leaves_what_was_not_asked_for(
    connection: Connection, season: int, tmp_path: Path
) -> None:
    export(connection, "dk-2018", tmp_path)
    means = (tmp_path / "means_bs.parquet").stat().st_mtime_ns
    connection.execute("delete from signature_block where obsid = 3")
    connection.execute(
        "update signature_block set count = array_fill(7::real, array[3])"
        " where obsid = 1 and blk = 1"
    )
    report = export(connection, "dk-2018", tmp_path, [What.SIGNATURES], [Card.BS])
    assert report.removed == ["signatures_bs_2018-06.parquet"]
    assert (tmp_path / "means_bs.parquet").stat().st_mtime_ns == means
    may = pd.read_parquet(tmp_path / "signatures_bs_2018-05.parquet")
    assert len(may) == connection.execute("select count(*) from bs_signatures").fetchone()[0]
    listed = {
        file["name"] for file in json.loads((tmp_path / "manifest.json").read_text())["files"]
    }
    assert listed == {path.name for path in tmp_path.glob("*.parquet")}
    assert "signatures_s2_2018-06.parquet" in listed


def test_a_failure_leaves_the_earlier_export(
    connection: Connection, season: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    export(connection, "dk-2018", folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    connection.execute("delete from signature_block where obsid = 1")

    def fail(*_: Any) -> int:
        raise OSError("disk full")

    monkeypatch.setattr("dias_cbm.export.snapshot.write_parcels", fail)
    with pytest.raises(OutputError, match="disk full"):
        export(connection, "dk-2018", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_nothing_is_an_error(connection: Connection, season: int, tmp_path: Path) -> None:
    with pytest.raises(NotEnoughData, match="nothing to export"):
        export(connection, "dk-2018", tmp_path, [What.SIGNATURES], [Card.C6])
    export(connection, "dk-2018", tmp_path)
    add_season(connection, "es-2018")
    with pytest.raises(SeasonError, match="holds an export of season dk-2018"):
        export(connection, "es-2018", tmp_path)


def test_the_command(connection: Connection, season: int, tmp_path: Path) -> None:
    main = build()
    arguments = ["season", "export", "dk-2018", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, [*arguments, "--what", "means", "--card", "bs", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert [file["name"] for file in report["files"]] == ["means_bs.parquet"]
    text = CliRunner().invoke(main, arguments).output
    assert "nothing to write: signatures of c12, signatures of c6" in text
    assert CliRunner().invoke(main, [*arguments, "--what", "maps"]).exit_code == 2
