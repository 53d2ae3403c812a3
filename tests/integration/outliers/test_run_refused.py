"""Seasons of which the outlier step makes no list, and what stays in force then."""

from datetime import date
from typing import Any

import psycopg
import pytest
from outlier_season import latest, season
from shapely import MultiPolygon, box

from dias_cbm import seasons
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import NotEnoughData, StateConflict
from dias_cbm.outliers import assess, report
from dias_cbm.outliers.run import run

__all__ = ["season"]
pytestmark = pytest.mark.integration


def test_too_little_data_is_said(connection: Connection) -> None:
    area = MultiPolygon([box(9, 56, 10, 57)])
    seasons.create(connection, "empty", area, 25832, date(2018, 1, 1), date(2018, 1, 30))
    connection.commit()
    with pytest.raises(NotEnoughData, match="no parcels"):
        run(connect, "empty")
    with pytest.raises(NotEnoughData, match="no outlier run yet"):
        report.rows(connection, "empty")


def test_a_database_that_goes_away_leaves_the_last_list_in_force(
    connection: Connection, season: int
) -> None:
    first = run(connect, "dk-2018")
    calls = iter([connect])

    def open_database() -> Connection:
        for opener in calls:
            return opener()
        raise psycopg.OperationalError("the connection was refused")

    with pytest.raises(psycopg.OperationalError):
        run(open_database, "dk-2018")
    assert latest(connection) == first.run


def test_a_list_of_replaced_parcels_is_not_stored(
    connection: Connection, season: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(connect, "dk-2018")
    learn = assess.assess

    def meanwhile(*given: Any, **named: Any) -> Any:
        connection.execute(
            "insert into parcel_load (season, file, report) values (%s, 'new.gpkg', '{}')",
            (season,),
        )
        connection.commit()
        return learn(*given, **named)

    monkeypatch.setattr(assess, "assess", meanwhile)
    with pytest.raises(StateConflict, match="parcels were loaded anew"):
        run(connect, "dk-2018")
    assert latest(connection) == first.run


def test_no_list_is_made_from_declarations_at_random(connection: Connection, season: int) -> None:
    first = run(connect, "dk-2018")
    connection.execute(
        "update parcel set crop = case when (pid::int / 2) %% 2 = 0 then 'grass' else 'barley' end"
        " where season = %s",
        (season,),
    )
    connection.commit()
    with pytest.raises(NotEnoughData, match="no better than if parcels exchange them"):
        run(connect, "dk-2018")
    assert latest(connection) == first.run


def test_one_crop_is_refused(connection: Connection, season: int) -> None:
    connection.execute("update parcel set crop = 'grass' where season = %s", (season,))
    connection.commit()
    with pytest.raises(NotEnoughData, match="grass: fewer than two crops"):
        run(connect, "dk-2018")
