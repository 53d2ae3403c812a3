"""A parcel's peers: parcels of its crop near by, and their band in every window."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from dias_cbm import peers
from dias_cbm.db.connection import Connection
from dias_cbm.errors import NotEnoughData, SettingsError
from dias_cbm.peers import Criteria, Likeness, table
from dias_cbm.peers.selection import FARTHEST_M, MOST_PEERS
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.api import parcel_examples as examples
from dias_cbm.window.api.parcel_address import PARCEL, Cards
from dias_cbm.window.context import Context
from dias_cbm.window.rights import Right


async def wanted(
    distance_m: Annotated[float, Query(gt=0, le=FARTHEST_M)] = 1_000.0,
    nearest: Annotated[int | None, Query(ge=1, le=MOST_PEERS)] = None,
    same: Likeness = Likeness.CROP,
    size_factor: Annotated[float | None, Query(ge=1, le=1e6)] = None,
    same_orbits: bool = False,
    without_outliers: bool = False,
    pixels: Annotated[float, Query(ge=0, le=1e9)] = 30.0,
    most: Annotated[int, Query(ge=1, le=MOST_PEERS)] = 100,
) -> Criteria:
    """What makes a parcel a peer; ``nearest`` takes the place of a distance."""
    try:
        return Criteria(
            distance_m, nearest, same, size_factor, same_orbits, without_outliers, pixels, most
        )
    except SettingsError as error:
        raise HTTPException(422, str(error)) from error


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(dependencies=[reader])

    @routes.get(PARCEL + "/peers/band", responses=tables.example(examples.BAND))
    async def show_band(
        request: Request,
        season: str,
        pid: str,
        criteria: Annotated[Criteria, Depends(wanted)],
        card: Cards = None,
        band: Annotated[list[str] | None, Query()] = None,
    ) -> Response:
        """10, 50 and 90 % of the peers beside the parcel's five-day means."""
        rows, more = await context.of_season(season, _band, pid, criteria, card, band)
        return tables.table(
            request, rows, columns=table.BAND_COLUMNS, name="band-of-peers", more=more
        )

    @routes.get(PARCEL + "/peers", responses=tables.example(examples.PEERS))
    async def list_peers(
        request: Request,
        season: str,
        pid: str,
        criteria: Annotated[Criteria, Depends(wanted)],
    ) -> Response:
        """Parcels of the same crop near by, nearest first."""
        rows, more = await context.of_season(season, _peers, pid, criteria)
        return tables.table(request, rows, columns=table.PEER_COLUMNS, name="peers", more=more)

    return routes


def _peers(
    connection: Connection, season: Season, pid: str, criteria: Criteria
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found = peers.find(connection, season, pid, criteria)
    more = {
        "crop": found.crop,
        "crops": found.crops,
        "searched_m": found.searched,
        "left_out": {str(reason): number for reason, number in found.left_out.items()},
        "run": found.run,
        "sentence": found.sentence,
        "remarks": found.remarks,
    }
    return list(table.peer_rows(found)), more


def _band(
    connection: Connection,
    season: Season,
    pid: str,
    criteria: Criteria,
    cards: list[Card] | None,
    bands: list[str] | None,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    near = peers.find(connection, season, pid, criteria)
    try:
        found = peers.band(connection, season, pid, near, cards=cards, bands=bands)
    except NotEnoughData as error:
        nothing = {"peers": len(near.peers), "sentences": [], "departures": [], "remarks": []}
        return [], nothing | {"because": error.message}
    departures = [asdict(one) for series in found.series for one in series.departures]
    more = {
        "because": None,
        "peers": found.peers,
        "farthest_m": found.farthest,
        "sentences": found.sentences,
        "departures": departures,
        "remarks": found.remarks,
    }
    return list(table.band_rows(found)), more
