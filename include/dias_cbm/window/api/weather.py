"""The weather of a parcel, from the nearest cell of its season."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season
from dias_cbm.weather import nearest
from dias_cbm.window import tables
from dias_cbm.window.api.parcel_address import PARCEL
from dias_cbm.window.context import Context
from dias_cbm.window.rights import Right

COLUMNS = ("day", "tmean", "tmin", "tmax", "precipitation")
_EXAMPLE = {
    "rows": [{"day": "2018-05-01", "tmean": 9.5, "tmin": 4.0, "tmax": 15.0, "precipitation": 0.2}],
    "next": None,
    "cell": "c1",
    "distance_m": 4210.0,
}


def router(context: Context) -> APIRouter:
    """The route, for those who may read."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(dependencies=[reader])

    @routes.get(PARCEL + "/weather", responses=tables.example(_EXAMPLE))
    async def list_weather(request: Request, season: str, pid: str) -> Response:
        """Daily temperature in degrees Celsius and precipitation in mm; 404 without weather."""
        rows, more = await context.of_season(season, _weather, pid)
        return tables.table(request, rows, columns=COLUMNS, name="weather", more=more)

    return routes


def _weather(
    connection: Connection, season: Season, pid: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found = nearest.of_parcel(connection, season, pid)
    values = found.columns()
    values["precipitation"] = values.pop("prec")
    values["day"] = values.pop("meteo_date")
    rows = [{name: values[name][number] for name in COLUMNS} for number in range(len(found.days))]
    return rows, {"cell": found.cell, "distance_m": round(found.metres, 1)}
