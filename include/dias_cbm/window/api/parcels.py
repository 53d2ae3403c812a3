"""``/api/v1/seasons/{season}/parcels/{pid}``: a parcel, its series, its gaps, and the evidence."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window import replies, tables
from dias_cbm.window.api import parcel_examples as examples
from dias_cbm.window.api import peers, verdicts, weather
from dias_cbm.window.api.parcel_address import PARCEL, Cards
from dias_cbm.window.context import Context
from dias_cbm.window.data import (
    parcel,
    parcel_evidence,
    parcel_gaps,
    parcel_observations,
    parcel_series,
    parcel_windows,
)
from dias_cbm.window.data.parcel_series import ParcelSeries
from dias_cbm.window.listing import Limit, Listing
from dias_cbm.window.rights import Right, User, may
from dias_cbm.window.tables import Rows

_CHAINS = Listing(
    "evidence", parcel_evidence.COLUMNS, lambda row: (row["time"], row["obsid"]), (datetime, int)
)


class Table(StrEnum):
    """The rows of a series as a table."""

    OBSERVATIONS = "observations"
    WINDOWS = "windows"


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(tags=["parcels"], dependencies=[reader])

    @routes.get(PARCEL + "/series", responses=tables.example(examples.SERIES))
    async def show_series(
        request: Request,
        season: str,
        pid: str,
        card: Cards = None,
        band: Annotated[list[str] | None, Query()] = None,
        inner: bool = True,
        table: Table = Table.OBSERVATIONS,
    ) -> Response:
        """Observations, missing passes and five-day means.

        JSON has a list for each column of each series; CSV and Parquet have a row for each
        observation and missing pass, or for each five-day window with ``table=windows``. Where
        there is no value, it is null or an empty cell at its date. ``inner=false`` leaves out the
        quartiles.
        """
        found = await context.of_season(season, _series, pid, card, band, inner)
        if tables.wanted(request, ("json", "csv", "parquet")) == "json":
            about = {"season": season, "pid": pid}
            return tables.answer(request, about | parcel_series.as_json(found))
        observed = table is Table.OBSERVATIONS
        return tables.table(
            request,
            found.observations if observed else found.windows,
            columns=parcel_observations.COLUMNS if observed else parcel_windows.COLUMNS,
            name=f"series-{table}",
        )

    @routes.get(PARCEL + "/gaps", responses=tables.example(examples.GAPS))
    async def list_gaps(request: Request, season: str, pid: str) -> Response:
        """Spans without evidence: from the look before to the look after, and why, in words."""
        rows = await context.of_season(season, _gaps, pid)
        return tables.table(request, rows, columns=parcel_gaps.COLUMNS, name="gaps-of-parcel")

    @routes.get(PARCEL + "/evidence", responses=tables.example(examples.EVIDENCE))
    async def list_evidence(
        request: Request,
        season: str,
        pid: str,
        obsid: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
        after: str | None = None,
        limit: int | None = Limit,
    ) -> Response:
        """What each observation was made from: record, extraction, product, engine, sources."""

        async def read(place: Any, number: int) -> Rows:
            return await context.of_season(
                season, _evidence, pid, obsid=obsid, after=place, limit=number
            )

        return await _CHAINS.answer(context, request, read, after, limit)

    routes.include_router(verdicts.router(context))
    routes.include_router(peers.router(context))
    routes.include_router(weather.router(context))

    # The last one: its identifier takes everything that follows.
    @routes.get(PARCEL, responses=tables.example(examples.PARCEL))
    async def show_parcel(request: Request, season: str, pid: str, user: User = reader) -> Response:
        """The declaration, the geometry in degrees, flags, and the seasons before and after."""
        found = await context.of_season(season, _parcel, pid, user)
        if tables.wanted(request, ("json", "geojson")) == "json":
            return tables.answer(request, found)
        shape = found.pop("geometry")
        feature = {"type": "Feature", "id": pid, "geometry": shape, "properties": found}
        return replies.reply(request, tables.as_json(feature), tables.FORMATS["geojson"])

    return routes


def _series(
    connection: Connection,
    season: Season,
    pid: str,
    cards: list[Card] | None,
    bands: list[str] | None,
    inner: bool,
) -> ParcelSeries:
    place = parcel.place_of_records(connection, season, pid)
    return parcel_series.read(connection, season, place, cards=cards, bands=bands, inner=inner)


def _gaps(connection: Connection, season: Season, pid: str) -> list[dict[str, Any]]:
    return parcel_gaps.spans(connection, season, parcel.place_of_records(connection, season, pid))


def _evidence(
    connection: Connection, season: Season, pid: str, **chosen: Any
) -> list[dict[str, Any]]:
    place = parcel.place_of_records(connection, season, pid)
    return parcel_evidence.chains(connection, season, place, **chosen)


def _parcel(connection: Connection, season: Season, pid: str, user: User) -> dict[str, Any]:
    return parcel.describe(connection, season, pid, lambda other: may(user, Right.READ, other))
