"""``/query``: JRC's query API, for notebooks that know it; see :mod:`dias_cbm.window.jrc`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response, status
from fastapi.responses import HTMLResponse

from dias_cbm import seasons
from dias_cbm.chips import Format, Wish
from dias_cbm.chips.frame import LARGEST_M, SMALLEST_M, USUAL_M
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.peers.by_statistic import Statistic
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window import signatures, tables
from dias_cbm.window.context import Context
from dias_cbm.window.jrc import chips, parcels, series
from dias_cbm.window.jrc.chips import Shot
from dias_cbm.window.jrc.columns import Columns, band_of, flag, refused
from dias_cbm.window.rights import Right, User, may

_CHIP = "/query/chips/{season}/{obsid}/{lon}_{lat}_{size}/{name}.{bands}.{form}"
#: Their names of three bands, and the band set that shows them.
_COLOURS = {"B04_B03_B02": "true_colour", "B08_B11_B04": "false_colour"}
_USUAL_COLOURS = "B08_B11_B04"
Longitude = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)]
Scene = Annotated[int, Path(ge=0, lt=2**31)]
After = Annotated[int | None, Query(ge=0, lt=2**31)]
WithGeometry = Annotated[str, Query(alias="withGeometry")]
Size = Annotated[float, Query(gt=0, allow_inf_nan=False)]


class Asker:
    """Who asks about which season: ``aoi`` and ``year`` are one, ``ptype`` another set of it."""

    def __init__(self, context: Context, user: User, name: str) -> None:
        self._context, self.user, self.season = context, user, name

    async def run(self, work: Callable[..., Columns], *arguments: Any, **named: Any) -> Response:
        """Answer with the columns that a function of a season finds."""
        return _answer(await self.find(work, *arguments, **named))

    async def find(self, work: Callable[..., Columns], *arguments: Any, **named: Any) -> Columns:
        """The columns that a function of a season finds."""
        return await self._context.of_season(self.season, work, *arguments, **named)


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
    _chips(routes, context, reader, asked)

    @routes.get("/query/info")
    async def info(user: User = reader) -> Response:
        """Areas, years and bands that there are."""
        return _answer(await context.run(_info, user))

    return routes


def _parcels(routes: APIRouter, asked: Any) -> None:
    @routes.get("/query/parcelByID")
    async def by_id(
        pid: str = "",
        geometry: WithGeometry = "",
        wgs84: str = "",
        asker: Asker = asked,
    ) -> Response:
        """One parcel; none without an identifier, which their client asks for at times."""
        wish = {"geometry": flag(geometry), "wgs84": flag(wgs84)}
        return await asker.run(parcels.by_id, pid, **wish)

    @routes.get("/query/parcelByLocation")
    async def by_place(
        lon: Longitude, lat: Latitude,
        geometry: WithGeometry = "", wgs84: str = "", asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """The parcels at a place."""
        wish = {"geometry": flag(geometry), "wgs84": flag(wgs84)}
        return await asker.run(parcels.by_place, lon, lat, **wish)

    @routes.get("/query/parcelsByPolygon")
    async def by_polygon(
        polygon: Annotated[str, Query(max_length=40_000)],
        geometry: WithGeometry = "", only_ids: str = "", wgs84: str = "",
        most: Annotated[int, Query(alias="max", ge=1)] = parcels.USUAL, asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """The parcels that touch a polygon."""
        wish = {"geometry": flag(geometry), "wgs84": flag(wgs84), "only_ids": flag(only_ids)}
        return await asker.run(parcels.by_polygon, polygon, most, **wish)

    @routes.get("/query/parcelPeers")
    async def near(
        pid: str,
        distance: Annotated[float, Query(allow_inf_nan=False)] = 1000.0,
        most: Annotated[int, Query(alias="max")] = 10,
        asker: Asker = asked,
    ) -> Response:
        """Parcels of the same crop near by, nearest first."""
        return await asker.run(parcels.near, pid, distance, most)

    @routes.get("/query/parcelStatsPeers")
    async def by_statistic(
        band: str, values: str, start_date: date, end_date: date,
        stype: Statistic = Statistic.MEAN,
        most: Annotated[int, Query(alias="max")] = 100, asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """Parcels by the value of an observation."""
        days = _days(start_date, end_date)
        return await asker.run(parcels.by_statistic, band, values, days, stype, most)


def _series(routes: APIRouter, asked: Any) -> None:
    @routes.get("/query/parcelTimeSeries")
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
        return _as_csv(found) if tsformat == "csv" else _answer(found)

    @routes.get("/query/markers")
    async def markers(pid: str, asker: Asker = asked) -> Response:
        """The events that markers saw."""
        return await asker.run(series.events, pid)

    @routes.get("/query/weatherTimeSeries")
    async def weather(pid: str, asker: Asker = asked) -> Response:
        """Daily weather near the parcel."""
        return await asker.run(series.weather, pid)


def _chips(routes: APIRouter, context: Context, reader: Any, asked: Any) -> None:
    found = _Chips(context)

    @routes.get("/query/rawChipByLocation")
    async def raw_by_place(
        request: Request, lon: Longitude, lat: Latitude, start_date: date, end_date: date,
        band: str, chipsize: Size = USUAL_M, plevel: str | None = None, onlylist: str = "",
        after: After = None, user: User = reader,
    ) -> Response:  # fmt: skip
        """Addresses of GeoTIFFs of a place, of one band."""
        days = _days(start_date, end_date)
        card, wanted = _one_band(plevel, band)
        shots, more = await found.at(user, (lon, lat), card, days, after)
        chip = _Chip((lon, lat), _size(chipsize), wanted, Format.TIFF)
        return found.listed(request, user, shots, more, chip, flag(onlylist))

    @routes.get("/query/rawChipByParcelID")
    async def raw_by_id(
        request: Request, pid: str, start_date: date, end_date: date, band: str,
        chipsize: Size = USUAL_M, plevel: str | None = None, onlylist: str = "",
        after: After = None, asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """Addresses of GeoTIFFs of a parcel, of one band."""
        days = _days(start_date, end_date)
        card, wanted = _one_band(plevel, band)
        place, shots, more = await found.of_parcel(asker.season, pid, card, days, after)
        chip = _Chip(place, _size(chipsize), wanted, Format.TIFF)
        return found.listed(request, asker.user, shots, more, chip, flag(onlylist))

    @routes.get("/query/chipsByLocation")
    async def by_place(
        lon: Longitude, lat: Latitude, start_date: date, end_date: date,
        bands: str = _USUAL_COLOURS, chipsize: Size = USUAL_M,
        after: After = None, user: User = reader,
    ) -> Response:  # fmt: skip
        """A page of pictures of a place."""
        days = _days(start_date, end_date)
        shots, more = await found.at(user, (lon, lat), Card.S2, days, after)
        return found.page(user, shots, more, _Chip((lon, lat), _size(chipsize), bands, Format.PNG))

    @routes.get("/query/chipsByParcelID")
    async def by_id(
        pid: str, start_date: date, end_date: date, bands: str = _USUAL_COLOURS,
        chipsize: Size = USUAL_M, after: After = None, asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """A page of pictures of a parcel."""
        days = _days(start_date, end_date)
        place, shots, more = await found.of_parcel(asker.season, pid, Card.S2, days, after)
        chip = _Chip(place, _size(chipsize), bands, Format.PNG)
        return found.page(asker.user, shots, more, chip)

    @routes.get("/query/backgroundByLocation", dependencies=[reader])
    @routes.get("/query/backgroundByParcelID", dependencies=[reader])
    async def background() -> Response:
        """No orthophotos are held: none, as their client reads it."""
        return _answer({})

    @routes.get(
        signatures.PREFIX + _CHIP,
        dependencies=[Depends(signatures.right(context))],
        include_in_schema=False,
    )
    async def chip(
        season: str, obsid: Scene, lon: float, lat: float, size: float, bands: str, form: Format
    ) -> Response:
        wish = Wish(_COLOURS.get(bands, bands), size, form, partly=True)
        order = await context.of_season(season, chips.order, obsid, (lon, lat), wish)
        cut = await context.picture(order.cut)
        return Response(cut.image, media_type=cut.media_type)


@dataclass(frozen=True, slots=True)
class _Chip:
    """What is wanted of each scene.

    :param place: longitude and latitude.
    """

    place: tuple[float, float]
    size: float
    bands: str
    form: Format


class _Chips:
    """Finds scenes, and signs the addresses of their chips."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def at(
        self,
        user: User,
        place: tuple[float, float],
        card: Card,
        days: tuple[date, date],
        after: int | None,
    ) -> tuple[Sequence[Shot], int | None]:
        """Scenes over a place, in the seasons there that the user may see."""

        def look(connection: Connection) -> tuple[Sequence[Shot], int | None]:
            there = chips.here(connection, *place)
            own = [one for one in there if may(user, Right.READ, one.name)]
            if there and not own:
                raise HTTPException(status.HTTP_403_FORBIDDEN, "you may not read here")
            return chips.shots(connection, own, place, card, days, after)

        return await self._context.run(look)

    async def of_parcel(
        self, name: str, pid: str, card: Card, days: tuple[date, date], after: int | None
    ) -> tuple[tuple[float, float], Sequence[Shot], int | None]:
        """Scenes over the middle of a parcel, in its season; none of one that is not known."""

        def look(
            connection: Connection,
        ) -> tuple[tuple[float, float], Sequence[Shot], int | None]:
            season = seasons.get(connection, name)
            place = parcels.place_of(connection, season, pid)
            if place is None:
                return (0.0, 0.0), (), None
            return place, *chips.shots(connection, [season], place, card, days, after)

        return await self._context.run(look)

    def listed(
        self,
        request: Request,
        user: User,
        shots: Sequence[Shot],
        more: int | None,
        chip: _Chip,
        only: bool,
    ) -> Response:
        """Dates and addresses; the header ``Link`` leads to those that follow."""
        found: Columns = {} if only else {"dates": [f"{one.at:%Y%m%dT%H%M%S}" for one in shots]}
        found["chips"] = [self._address(user, one, chip) for one in shots]
        reply = _answer(found)
        if more is not None:
            kept = [one for one in request.query_params.multi_items() if one[0] != "after"]
            reply.headers["Link"] = f'<?{urlencode([*kept, ("after", more)])}>; rel="next"'
        return reply

    def page(
        self, user: User, shots: Sequence[Shot], more: int | None, chip: _Chip
    ) -> HTMLResponse:
        """A page of pictures, without style or script."""
        if chip.bands not in _COLOURS:
            raise refused(f"bands: one of {', '.join(_COLOURS)}")
        pictures = [
            f'<figure><img src="..{escape(self._address(user, one, chip))}" alt="{one.name}">'
            f"<figcaption>{one.at:%Y-%m-%d %H:%M} UTC</figcaption></figure>"
            for one in shots
        ]
        rest = "" if more is None else f"<p>There are more: ask with after={more}.</p>"
        body = "".join(pictures) or "<p>No image.</p>"
        return HTMLResponse(f"<!doctype html><title>Chips</title>{body}{rest}")

    def _address(self, user: User, shot: Shot, chip: _Chip) -> str:
        lon, lat = chip.place
        path = _CHIP.format(
            season=shot.season, obsid=shot.obsid, lon=lon, lat=lat, size=f"{chip.size:g}",
            name=shot.name, bands=chip.bands, form=chip.form,
        )  # fmt: skip
        return signatures.sign(self._context.host.secret(), user, path)


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


def _one_band(level: str | None, band: str) -> tuple[Card, str]:
    """Card and band of a chip."""
    if "_" in band:
        raise refused("band: one at a time")
    card = chips.card_of(level, band)
    return card, band_of(band, card)[1]


def _size(size: float) -> float:
    """The side of a chip that is made: as asked for, within what can be."""
    return min(max(size, SMALLEST_M), LARGEST_M)


def _days(first: date, last: date) -> tuple[date, date]:
    if first > last:
        raise refused("end_date: before start_date")
    return first, last


def _answer(found: Columns) -> Response:
    return Response(tables.as_json(found), media_type="application/json")


def _as_csv(found: Columns) -> Response:
    rows = [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]
    return Response(tables.as_csv(rows, list(found)), media_type=tables.FORMATS["csv"])
