"""Seasons detached, dumped, dropped and restored; another one feels nothing of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from blocks import add_scene, add_season
from typer.testing import CliRunner

from dias_cbm import archive, seasons
from dias_cbm.archive.tables import OWNED, PARTITIONED
from dias_cbm.cli import season as command
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import SeasonError
from dias_cbm.seasons import Season

pytestmark = pytest.mark.integration
Two = tuple[Season, Season]


def contents(connection: Connection) -> dict[str, list[str]]:
    """Every row of every table and view of rows, as text."""
    tables = connection.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p', 'v') and not relispartition"
        " and relname not like 'geo%%' and relname not in ('spatial_ref_sys', 'migration')"
    ).fetchall()
    found = {}
    for (table,) in tables:
        rows = connection.execute(f'select t::text as row from "{table}" t').fetchall()
        found[table] = sorted(row.row for row in rows)
    connection.commit()
    return found


def of_season(connection: Connection, season: Season) -> dict[str, int]:
    """Rows per table that name the season."""
    rows = connection.execute(
        "select table_name from information_schema.columns"
        " join information_schema.tables using (table_schema, table_name)"
        " where table_schema = 'public' and column_name = 'season' and table_type = 'BASE TABLE'"
        r" and table_name !~ '_block_\d'"
    ).fetchall()
    return {
        row.table_name: connection.execute(
            f'select count(*) from "{row.table_name}" where season = %s', (season.id,)
        ).fetchone()[0]
        for row in rows
    }


def test_no_table_of_a_season_is_forgotten(connection: Connection, two: Two) -> None:
    counted = of_season(connection, two[0])
    shared = set(counted) - set(PARTITIONED)
    assert shared | {"season", "parcel_rejected", "outlier_model"} == set(OWNED)
    # The test's own season has something in each of them, or it would prove nothing.
    assert [name for name, rows in counted.items() if not rows] == []


def test_dropped_without_a_trace_and_the_other_untouched(connection: Connection, two: Two) -> None:
    gone, kept = two
    before = of_season(connection, kept)
    expected = of_season(connection, gone)
    scenes = contents(connection)["dias_catalogue"]
    report = archive.drop(connection, gone)
    connection.commit()
    assert not any(of_season(connection, gone).values())
    assert of_season(connection, kept) == before
    assert contents(connection)["dias_catalogue"] == scenes
    assert [season.name for season in seasons.all_seasons(connection)] == ["es-2018"]
    assert {t: n for t, n in report.rows.items() if t in expected} == {
        t: n for t, n in expected.items() if t in report.rows
    }
    assert report.rows["season"] == 1
    assert [branch.table for branch in report.partitions] == sorted(PARTITIONED)
    left = connection.execute(
        "select count(*) from pg_class where relname ~ %s", (f"_block_{gone.id}(_|$)",)
    ).fetchone()
    assert left[0] == 0


def test_a_drop_that_is_not_committed_has_not_happened(connection: Connection, two: Two) -> None:
    before = contents(connection)
    archive.drop(connection, two[0])
    connection.rollback()
    assert contents(connection) == before


def test_dumped_dropped_and_restored_everything_is_as_before(
    connection: Connection, two: Two, tmp_path: Path
) -> None:
    before = contents(connection)
    archive.dump(connection, two[0], tmp_path / "dump")
    assert contents(connection) == before
    archive.drop(connection, two[0])
    connection.commit()
    restored = archive.restore(connection, tmp_path / "dump")
    connection.commit()
    assert restored == two[0]
    assert contents(connection) == before
    # A quantised season goes on compressing.
    storage = connection.execute(
        "select attstorage::text from pg_attribute where attrelid = %s::regclass"
        " and attname = 'mean'",
        (f"signature_block_{restored.id}_bs",),
    ).fetchone()
    assert storage == ("x",)
    # The next season gets a number of its own.
    assert add_season(connection, "fr-2018") > two[1].id


def test_restored_into_an_empty_database(connection: Connection, two: Two, tmp_path: Path) -> None:
    archive.dump(connection, two[1], tmp_path / "dump")
    before = contents(connection)
    mine = {view: [r for r in rows if "es-2018" in r] for view, rows in before.items()}
    scenes = before["dias_catalogue"]
    connection.execute("select set_config('cbm.dropped_season', 'every', true)")
    connection.execute("truncate season, dias_catalogue restart identity cascade")
    for season in two:
        for table in PARTITIONED:
            connection.execute(f"drop table {table}_{season.id}")
    connection.commit()
    archive.restore(connection, tmp_path / "dump")
    connection.commit()
    after = contents(connection)
    assert {v: [r for r in rows if "es-2018" in r] for v, rows in after.items()} == mine
    # With the acquisition it was made from and the scene that it superseded.
    named = {row.split(",")[3] for row in after["dias_catalogue"]}
    assert {"grd", "fast"} <= named
    assert set(after["dias_catalogue"]) <= set(scenes)
    assert len(after["card_source"]) == 1
    last = max(int(row[1:].split(",")[0]) for row in scenes)
    assert add_scene(connection, "new", datetime(2018, 6, 1, tzinfo=UTC)).id > last


def test_a_restore_does_not_take_what_is_another_ones(
    connection: Connection, two: Two, tmp_path: Path
) -> None:
    archive.dump(connection, two[0], tmp_path / "dump")
    with pytest.raises(SeasonError, match="dk-2018: exists already"):
        archive.restore(connection, tmp_path / "dump")
    archive.drop(connection, two[0])
    connection.execute("update dias_catalogue set product_id = 'other' where product_id = 'fast'")
    connection.commit()
    before = contents(connection)
    with pytest.raises(SeasonError, match="is a different scene here: fast"):
        archive.restore(connection, tmp_path / "dump")
    connection.rollback()
    assert contents(connection) == before


def test_a_damaged_dump_is_refused(connection: Connection, two: Two, tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    archive.dump(connection, two[0], folder)
    with pytest.raises(SeasonError, match="dump into a new folder"):
        archive.dump(connection, two[0], folder)
    archive.drop(connection, two[0])
    connection.commit()
    file = folder / f"signature_block_{two[0].id}.copy.zst"
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    with pytest.raises(SeasonError, match="damaged"):
        archive.restore(connection, folder)
    file.unlink()
    with pytest.raises(SeasonError, match="missing from the dump"):
        archive.restore(connection, folder)
    file.write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["migrations"].append("999_future")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SeasonError, match="other migrations"):
        archive.restore(connection, folder)
    with pytest.raises(SeasonError, match="is not a dump"):
        archive.restore(connection, tmp_path)


def test_detached_and_attached(connection: Connection, two: Two, tmp_path: Path) -> None:
    before = contents(connection)
    other = of_season(connection, two[1])
    assert len(archive.detach(connection, two[0])) == 3
    connection.commit()
    assert archive.detach(connection, two[0]) == []
    assert not [row for row in contents(connection)["signatures"] if "dk-2018" in row]
    assert of_season(connection, two[1]) == other
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("insert into histogram_block values (%s, 1, 1, 5, '{1}')", (two[0].id,))
    connection.rollback()
    assert len(archive.attach(connection, two[0])) == 3
    connection.commit()
    assert archive.attach(connection, two[0]) == []
    assert contents(connection) == before


def test_a_detached_season_can_be_dumped_and_dropped(
    connection: Connection, two: Two, tmp_path: Path
) -> None:
    before = contents(connection)
    archive.detach(connection, two[0])
    connection.commit()
    archive.dump(connection, two[0], tmp_path / "dump")
    archive.drop(connection, two[0])
    connection.commit()
    assert not any(of_season(connection, two[0]).values())
    archive.restore(connection, tmp_path / "dump")
    connection.commit()
    assert contents(connection) == before


def test_commands(two: Two, database: str, tmp_path: Path) -> None:
    def run(*arguments: object) -> str:
        result = CliRunner().invoke(command.app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        return result.output

    with connect(database) as other:
        before = contents(other)
        plan = run("detach", "dk-2018", "--dry-run")
        assert plan.count("would detach ") == 3
        run("drop", "dk-2018", "--dry-run")
        assert contents(other) == before
        run("detach", "dk-2018")
        run("attach", "dk-2018", "--json")
        run("dump", "dk-2018", "--out", tmp_path / "dump")
        assert contents(other) == before
        refused = CliRunner().invoke(command.app, ["drop", "dk-2018"], input="n\n")
        assert refused.exit_code == 1
        assert contents(other) == before
        report = json.loads(run("drop", "dk-2018", "--yes", "--json"))
        assert (report["rows"]["parcel"], report["rows"]["extraction"]) == (2, 1)
        run("restore", tmp_path / "dump")
        assert contents(other) == before
