"""``/query``: JRC's query API, for notebooks that know it; see :mod:`dias_cbm.window.jrc`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Response, status

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.peers.by_statistic import Statistic
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.api import jrc_chips
from dias_cbm.window.api import jrc_examples as examples
from dias_cbm.window.api.jrc_asker import Asker, answer, days_of
from dias_cbm.window.api.jrc_chips import Latitude, Longitude
from dias_cbm.window.context import Context
from dias_cbm.window.jrc import parcels, series
from dias_cbm.window.jrc.columns import Columns, flag
from dias_cbm.window.rights import Right, User, may

WithGeometry = Annotated[str, Query(alias="withGeometry")]


def router(context: Context) -> APIRouter:
    """The routes, for those who may read; chips for whom their addresses were made."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(tags=["JRC's query API"])

    async def asker(aoi: str, year: str, ptype: str | None = None, user: User = reader) -> Asker:
        name = "-".join(one for one in (aoi, year, ptype) if one)
        if not may(user, Right.READ, name):
            raise HTTPException(status.HTTP_403_FORBIDDEN, f"you may not read {name[:80]}")
        return Asker(context, user, name)

    asked = Depends(asker)
    _parcels(routes, asked)
    _series(routes, asked)
    routes.include_router(jrc_chips.router(context, reader, asked))

    @routes.get("/query/info", responses=tables.example(examples.INFO))
    async def info(user: User = reader) -> Response:
        """Areas, years and bands that there are."""
        return answer(await context.run(_info, user))

    return routes


def _parcels(routes: APIRouter, asked: Any) -> None:
    @routes.get("/query/parcelByID", responses=tables.example(examples.PARCEL))
    async def by_id(
        pid: str = "",
        geometry: WithGeometry = "",
        wgs84: str = "",
        asker: Asker = asked,
    ) -> Response:
        """One parcel; none without an identifier, which their client asks for at times."""
        wish = {"geometry": flag(geometry), "wgs84": flag(wgs84)}
        return await asker.run(parcels.by_id, pid, **wish)

    @routes.get("/query/parcelByLocation", responses=tables.example(examples.PARCEL))
    async def by_place(
        lon: Longitude, lat: Latitude,
        geometry: WithGeometry = "", wgs84: str = "", asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """The parcels at a place."""
        wish = {"geometry": flag(geometry), "wgs84": flag(wgs84)}
        return await asker.run(parcels.by_place, lon, lat, **wish)

    @routes.get("/query/parcelsByPolygon", responses=tables.example(examples.PARCEL))
    async def by_polygon(
        polygon: Annotated[str, Query(max_length=40_000)],
        geometry: WithGeometry = "", only_ids: str = "", wgs84: str = "",
        most: Annotated[int, Query(alias="max", ge=1)] = parcels.USUAL, asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """The parcels that touch a polygon."""
        wish = {"geometry": flag(geometry), "wgs84": flag(wgs84), "only_ids": flag(only_ids)}
        return await asker.run(parcels.by_polygon, polygon, most, **wish)

    @routes.get("/query/parcelPeers", responses=tables.example(examples.PEERS))
    async def near(
        pid: str,
        distance: Annotated[float, Query(allow_inf_nan=False)] = 1000.0,
        most: Annotated[int, Query(alias="max")] = 10,
        asker: Asker = asked,
    ) -> Response:
        """Parcels of the same crop near by, nearest first."""
        return await asker.run(parcels.near, pid, distance, most)

    @routes.get("/query/parcelStatsPeers", responses=tables.example(examples.PIDS))
    async def by_statistic(
        band: str, values: str, start_date: date, end_date: date,
        stype: Statistic = Statistic.MEAN,
        most: Annotated[int, Query(alias="max")] = 100, asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """Parcels by the value of an observation."""
        days = days_of(start_date, end_date)
        return await asker.run(parcels.by_statistic, band, values, days, stype, most)


def _series(routes: APIRouter, asked: Any) -> None:
    @routes.get("/query/parcelTimeSeries", responses=tables.example(examples.SERIES))
    async def time_series(
        pid: str, tstype: str, band: str | None = None, scl: str | None = None,
        ref: str | None = None, tsformat: str = "json", asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """A parcel's statistics: ``s2``, ``bs``, ``c6`` and ``c12``, or its classes: ``scl``."""
        card = parcels.card_of(tstype)
        if tstype == "scl":
            found = await asker.find(series.classes, pid)
        else:
            found = await asker.find(
                series.signatures, pid, card, band,
                classes=flag(scl, default=True), reference=flag(ref),
            )  # fmt: skip
        return _as_csv(found) if tsformat == "csv" else answer(found)

    @routes.get("/query/markers", responses=tables.example(examples.MARKERS))
    async def markers(pid: str, asker: Asker = asked) -> Response:
        """The events that markers saw."""
        return await asker.run(series.events, pid)

    @routes.get("/query/weatherTimeSeries", responses=tables.example(examples.WEATHER))
    async def weather(pid: str, asker: Asker = asked) -> Response:
        """Daily weather near the parcel."""
        return await asker.run(series.weather, pid)


def _info(connection: Connection, user: User) -> Columns:
    own = [one for one in seasons.all_seasons(connection) if may(user, Right.READ, one.name)]
    rows = [row for one in own for row in _bands(connection, one)]
    areas, years = (
        zip(*(one.name.rpartition("-")[::2] for one in own), strict=True) if own else ((), ())
    )
    return {
        "areas": sorted(set(areas)),
        "years": sorted(set(years)),
        "bands": series.bands(rows),
    }


def _bands(connection: Connection, season: Season) -> list[Any]:
    return connection.execute(query("window/jrc_bands"), {"season": season.id}).fetchall()


def _as_csv(found: Columns) -> Response:
    rows = [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]
    return Response(tables.as_csv(rows, list(found)), media_type=tables.FORMATS["csv"])
