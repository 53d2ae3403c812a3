"""Seasons in the database."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from shapely import MultiPolygon

from dias_cbm import seasons
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import SeasonError
from dias_cbm.precision import Precision

pytestmark = pytest.mark.integration
AREA = MultiPolygon([shapely.box(8, 54, 13, 58)])
FIRST, LAST = date(2018, 3, 1), date(2018, 10, 31)


def test_a_season_comes_back_as_it_was_created(connection: Connection) -> None:
    created = seasons.create(connection, "dk-2018", AREA, 25832, FIRST, LAST)
    assert created == seasons.get(connection, "dk-2018")
    assert (created.srid, created.starts, created.ends) == (25832, FIRST, LAST)
    assert (created.epoch, created.step_days) == (date(2018, 1, 1), 5)
    assert created.area.equals(AREA)
    assert created.bounds == AREA.bounds
    other = seasons.create(connection, "es-2018", AREA, 25830, FIRST, LAST, FIRST, 7)
    assert (other.epoch, other.step_days) == (FIRST, 7)
    assert [season.name for season in seasons.all_seasons(connection)] == ["dk-2018", "es-2018"]


def test_a_season_observes_from_its_first_to_its_last_day(connection: Connection) -> None:
    seasons.create(connection, "dk-2018", AREA, 25832, FIRST, LAST)
    seasons.create(connection, "es-2018", AREA, 25830, date(2018, 10, 31), date(2018, 12, 31))
    names = {
        day: [season.name for season in seasons.on_day(connection, day)]
        for day in (date(2018, 2, 28), FIRST, LAST, date(2018, 11, 1))
    }
    assert list(names.values()) == [[], ["dk-2018"], ["dk-2018", "es-2018"], ["es-2018"]]


def test_a_name_is_taken_once_and_an_unknown_one_is_answered_with_the_known(
    connection: Connection,
) -> None:
    with pytest.raises(SeasonError, match="none yet"):
        seasons.get(connection, "dk-2018")
    seasons.create(connection, "dk-2018", AREA, 25832, FIRST, LAST)
    with pytest.raises(SeasonError, match="dk-2018: exists already"):
        seasons.create(connection, "dk-2018", AREA, 25832, FIRST, LAST)
    with pytest.raises(SeasonError, match=r"no such season.*dk-2018"):
        seasons.get(connection, "dk-2019")


@pytest.mark.parametrize(
    ("first", "last", "epoch", "step"),
    [
        (LAST, FIRST, None, 5),
        (FIRST, LAST, date(2018, 3, 2), 5),
        (FIRST, LAST, None, 0),
        (FIRST, LAST, None, 61),
    ],
)
def test_dates_that_cannot_be(
    connection: Connection, first: date, last: date, epoch: date | None, step: int
) -> None:
    with pytest.raises(SeasonError, match="cannot last"):
        seasons.create(connection, "dk-2018", AREA, 25832, first, last, epoch, step)
    with pytest.raises(SeasonError, match="area"):
        seasons.create(connection, "dk-2018", MultiPolygon(), 25832, FIRST, LAST)
    assert seasons.all_seasons(connection) == []


@pytest.mark.usefixtures("without_partitions")
def test_a_season_has_partitions_with_arrays_stored_as_they_are(connection: Connection) -> None:
    season = seasons.create(connection, "dk-2018", AREA, 25832, FIRST, LAST)
    connection.execute("select create_season_partitions(%s::smallint)", (season.id,))
    leaves = [f"signature_block_{season.id}_{card}" for card in ("bs", "c6", "c12", "s2")]
    leaves += [f"five_day_mean_block_{season.id}_{card}" for card in ("bs", "c6", "c12", "s2")]
    leaves += [f"histogram_block_{season.id}"]
    rows = connection.execute(
        "select attrelid::regclass::text as leaf, attstorage::text as storage,"
        " attstattarget as statistics, attname = 'n' as observations"
        " from pg_attribute where attrelid = any(%s::regclass[])"
        " and atttypid in ('real[]'::regtype, 'smallint[]'::regtype)",
        (leaves,),
    ).fetchall()
    assert {row.leaf for row in rows} == set(leaves)
    # Only numbers of observations are compressed, since they are nearly all the same.
    stored = {(row.observations, row.storage, row.statistics) for row in rows}
    assert stored == {(False, "e", 0), (True, "x", 0)}
    assert len(rows) == 4 * 8 + 4 * 2 + 1


@pytest.mark.usefixtures("without_partitions")
def test_only_a_quantised_season_compresses_its_statistics(connection: Connection) -> None:
    """And a call for another one, or for one that is not there, changes nothing."""
    full = seasons.create(connection, "dk-2018", AREA, 25832, FIRST, LAST)
    short = seasons.create(
        connection, "dk-2019", AREA, 25832, FIRST, LAST, precision=Precision.QUANTISED
    )
    assert short == seasons.get(connection, "dk-2019")
    assert (full.precision, short.precision) == (Precision.FULL, Precision.QUANTISED)
    assert seasons.precision_of(connection, short.id) is Precision.QUANTISED
    with pytest.raises(SeasonError, match="no such season"):
        seasons.precision_of(connection, 999)
    for season in (full.id, 999):
        connection.execute("select compress_statistics(%s::smallint)", (season,))
    rows = connection.execute(
        "select attrelid::regclass::text as leaf, attname, attstorage::text as storage,"
        " attcompression::text as method from pg_attribute"
        " join pg_partition_tree('signature_block') on relid = attrelid"
        " where isleaf and atttypid = 'real[]'::regtype"
        " and attrelid::regclass::text ~ %s",
        (f"_({full.id}|{short.id})_",),
    ).fetchall()
    assert len(rows) == 2 * 4 * 8
    stored = {(f"_{short.id}_" in row.leaf, row.storage, row.method) for row in rows}
    assert stored == {(False, "e", ""), (True, "x", "p")}


@pytest.mark.usefixtures("without_partitions")
def test_a_new_season_does_not_wait_for_the_extraction_of_another(
    database: str, connection: Connection
) -> None:
    season = seasons.create(connection, "dk-2018", AREA, 25832, FIRST, LAST)
    connection.commit()
    connection.execute("insert into histogram_block values (%s, 1, 1, 4, '{1}')", (season.id,))
    with connect(database) as other:
        other.execute("set lock_timeout = '2s'")
        seasons.create(other, "es-2018", AREA, 25830, FIRST, LAST)
        other.commit()
        # And the extraction goes on while the other season is not committed yet.
        seasons.create(other, "fi-2018", AREA, 3067, FIRST, LAST)
        connection.execute("set lock_timeout = '2s'")
        connection.execute("insert into histogram_block values (%s, 1, 2, 4, '{1}')", (season.id,))
    connection.commit()


@pytest.mark.parametrize("name", ["", "dk\n2018", "a b", "../dk", "dk'--", "-dk", "x" * 64, "dk\t"])
def test_names_that_are_not_for_a_season(connection: Connection, name: str) -> None:
    with pytest.raises(SeasonError, match="is not a name for a season"):
        seasons.create(connection, name, AREA, 25832, FIRST, LAST)
    assert seasons.create(connection, "dk_2018.é", AREA, 25832, FIRST, LAST).name == "dk_2018.é"
