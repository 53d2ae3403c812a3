"""``/api/v1/seasons/{season}/map`` and ``/tiles``: colourings, legend, search and vector tiles."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season
from dias_cbm.window import replies, tables
from dias_cbm.window.api import map_examples as examples
from dias_cbm.window.context import Context
from dias_cbm.window.map import colouring as colourings
from dias_cbm.window.map import tiles, view
from dias_cbm.window.map.backgrounds import backgrounds
from dias_cbm.window.map.season_map import Filter, SeasonMaps
from dias_cbm.window.rights import Right

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
#: Parcels that a search lists.
MOST_FOUND = 50
#: No season has more places: PostgreSQL counts them in an integer.
MOST_PLACES = 2**31 - 1


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    maps = context.maps
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(tags=["map"], dependencies=[reader])

    @routes.get("/api/v1/seasons/{season}/map", responses=tables.example(examples.MAP))
    async def season_map(season: str) -> dict[str, Any]:
        """What the map of a season may be coloured by, and where it lies, in degrees."""
        return await context.of_season(season, _about, maps)

    @routes.get("/api/v1/seasons/{season}/map/legend", responses=tables.example(examples.LEGEND))
    async def legend(
        season: str, shown: Annotated[Filter, Depends(_filter)], colour: str = "crop"
    ) -> dict[str, Any]:
        """Parcels and hectares of each class, of those that the filter shows."""
        return await context.of_season(season, _legend, maps, colour, shown)

    @routes.get("/api/v1/seasons/{season}/map/search", responses=tables.example(examples.SEARCH))
    async def search(
        season: str,
        text: Annotated[str, Query(min_length=1, max_length=200)],
        limit: Annotated[int, Query(ge=1, le=MOST_FOUND)] = 10,
    ) -> dict[str, Any]:
        """Parcels whose identifier begins with a text, with longitude and latitude."""
        return await context.of_season(season, _search, text, limit)

    @routes.get("/api/v1/seasons/{season}/map/view", responses=tables.example(examples.VIEW))
    async def in_view(
        season: str,
        shown: Annotated[Filter, Depends(_filter)],
        box: Annotated[view.Box, Depends(_box)],
        colour: str = "crop",
        limit: Annotated[int, Query(ge=1, le=view.MOST)] = 25,
    ) -> dict[str, Any]:
        """Parcels in a part of the map as a list: those that are looked for, then the nearest."""
        return await context.of_season(season, _view, maps, colour, shown, box, limit)

    @routes.get(
        "/api/v1/seasons/{season}/map/places/{place}", responses=tables.example(examples.PLACE)
    )
    async def at_place(
        season: str, place: Annotated[int, Path(ge=0, le=MOST_PLACES)]
    ) -> dict[str, Any]:
        """The parcel that a feature of a tile stands for."""
        return await context.of_season(season, _place, place)

    @routes.get(
        "/tiles/{season}/{z}/{x}/{y}.mvt",
        response_class=Response,
        responses=tables.files(MEDIA_TYPE),
    )
    async def tile(
        request: Request,
        season: str,
        z: int,
        x: int,
        y: int,
        shown: Annotated[Filter, Depends(_filter)],
        colour: str = "crop",
        version: str | None = None,
    ) -> Response:
        """A vector tile; layers ``parcels`` from zoom 11, ``cells`` and ``points`` below."""
        body, now = await context.of_season(season, _tile, maps, colour, shown, (z, x, y))
        cache = replies.FOR_EVER if version == now else replies.ASK_AGAIN
        return replies.reply(request, body, MEDIA_TYPE, cache=cache)

    return routes


async def _filter(
    crop: str | None = None,
    tile: str | None = None,
    holding: str | None = None,
    only: Annotated[list[str] | None, Query()] = None,
) -> Filter:
    """Of a map: only parcels of this crop, MGRS tile or holding, or in these classes."""
    return Filter(crop or None, tile or None, holding or None, frozenset(only or ()))


async def _box(
    west: Annotated[float, Query(ge=-540, le=540)],
    south: Annotated[float, Query(ge=-85.06, le=85.06)],
    east: Annotated[float, Query(ge=-540, le=540)],
    north: Annotated[float, Query(ge=-85.06, le=85.06)],
) -> view.Box:
    """A part of the map, in degrees; across the antimeridian 177 to 182, or 177 to -178."""
    return west, south, east + 360.0 if east < west else east, north


def _about(connection: Connection, season: Season, maps: SeasonMaps) -> dict[str, Any]:
    now = colourings.versions(connection, season)
    places = maps.places(connection, season, now)
    return {
        "season": season.name,
        "extent": places.extent,
        "tiles": sorted(places.tiles),
        "first_zoom_with_outlines": tiles.FIRST_OUTLINES,
        "last_zoom": tiles.LAST,
        "holding_attribute": settings().outliers.holding_attribute,
        "backgrounds": [{"name": one.name, "url": one.url} for one in backgrounds()],
        "colourings": [
            {
                "key": one.key,
                "kind": one.kind,
                "of": one.of,
                "names": one.names,
                "marked": sorted(one.marked),
                "version": colourings.version_of(one, now),
            }
            for one in maps.colourings(connection, season, now)
        ],
    }


def _legend(
    connection: Connection, season: Season, maps: SeasonMaps, key: str, shown: Filter
) -> dict[str, Any]:
    coloured = maps.coloured(connection, season, key, shown)
    return {
        "colour": key,
        "version": coloured.version,
        "filter": asdict(shown) | {"only": sorted(shown.only)},
        "rows": coloured.legend(),
    }


def _search(connection: Connection, season: Season, text: str, limit: int) -> dict[str, Any]:
    values = {"season": season.id, "text": text, "limit": limit}
    rows = connection.execute(query("window/parcels_like"), values).fetchall()
    return {"rows": [row._asdict() for row in rows], "next": None}


def _view(
    connection: Connection,
    season: Season,
    maps: SeasonMaps,
    key: str,
    shown: Filter,
    box: view.Box,
    limit: int,
) -> dict[str, Any]:
    coloured = maps.coloured(connection, season, key, shown)
    return view.in_view(connection, season.id, coloured, box, limit)


def _place(connection: Connection, season: Season, place: int) -> dict[str, Any]:
    return view.at_place(connection, season.id, place)


def _tile(
    connection: Connection,
    season: Season,
    maps: SeasonMaps,
    key: str,
    shown: Filter,
    address: tuple[int, int, int],
) -> tuple[bytes, str]:
    tiles.check(*address)
    coloured = maps.coloured(connection, season, key, shown)
    body = tiles.tile(
        connection,
        season.id,
        coloured.places,
        coloured.classes,
        coloured.colouring.marked,
        address,
    )
    return body, coloured.version
