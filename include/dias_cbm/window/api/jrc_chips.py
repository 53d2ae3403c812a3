"""Calls of JRC's query API for chips: lists of signed addresses, and pages of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response, status
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from dias_cbm import seasons
from dias_cbm.cards import Kind
from dias_cbm.chips import Format, Wish
from dias_cbm.chips.frame import LARGEST_M, SMALLEST_M, USUAL_M
from dias_cbm.db.connection import Connection
from dias_cbm.window import replies, signatures, tables
from dias_cbm.window.api.jrc_asker import Asker, answer, days_of
from dias_cbm.window.context import Context
from dias_cbm.window.jrc import chips, parcels
from dias_cbm.window.jrc.chips import Search, Shot
from dias_cbm.window.jrc.columns import Columns, flag, refused
from dias_cbm.window.rights import Right, User, may

_CHIP = "/query/chips/{season}/{obsid}/{lon}_{lat}_{size}/{name}.{bands}.{form}"
_USUAL_COLOURS = "B08_B11_B04"
#: Chips of a batch, which has no next page.
MOST_OF_BATCH = 1000
Longitude = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)]
Scene = Annotated[int, Path(ge=0, lt=2**31)]
After = Annotated[int | None, Query(ge=0, lt=2**31)]
Size = Annotated[float, Query(gt=0, allow_inf_nan=False)]
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_LISTED = {
    "dates": ["20180503T103021"],
    "chips": [
        "/signed/1793325600.lmrdc.mfxgc/query/chips/dk-2018/812/9.8_55.85_1280/"
        "S2A_MSIL2A_20180503T103021_N0500_R108_T32VNH_20230613T101112.B08.tif"
    ],
}


_PAGE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/html": {
                "example": "<!doctype html><title>Chips</title>"
                '<figure><img src="../signed/..." alt="S2A_MSIL2A_20180503T103021_...">'
                "<figcaption>2018-05-03 10:30 UTC</figcaption></figure>"
            }
        }
    }
}


class _Batch(BaseModel):
    """A place, and the side of its chips in metres. What else is given is not looked at."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    chipsize: float = Field(default=USUAL_M, gt=0)

    @property
    def place(self) -> tuple[float, float]:
        """Longitude and latitude."""
        return self.lon, self.lat


class OpticalBatch(_Batch):
    """Products by name, as the file names of chips begin, and bands: each band of each product."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lon": 9.8,
                    "lat": 55.85,
                    "tiles": ["S2A_MSIL2A_20180503T103021_N0500_R108_T32VNH_20230613T101112"],
                    "bands": ["B08", "B04"],
                    "chipsize": 1280,
                }
            ]
        }
    )

    tiles: list[_Name] = Field(min_length=1, max_length=MOST_OF_BATCH)
    bands: list[_Name] = Field(min_length=1, max_length=20)


class RadarBatch(_Batch):
    """First and last day, included, and ``CARD-BS``, ``CARD-COH6`` or ``CARD-COH12``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"lon": 9.8, "lat": 55.85, "dates": ["2018-05-01", "2018-05-14"],
                 "plevel": "CARD-BS", "chipsize": 1280}
            ]
        }
    )  # fmt: skip

    dates: tuple[date, date]
    plevel: str = "CARD-BS"


def router(context: Context, reader: Any, asked: Any) -> APIRouter:
    """The routes.

    :param reader: dependency: a user who may read.
    :param asked: dependency: an :class:`Asker`, who may read the season.
    """
    routes, found = APIRouter(), _Chips(context)
    _lists(routes, found, reader, asked)
    _pages(routes, found, reader, asked)

    @routes.get(
        signatures.PREFIX + _CHIP,
        dependencies=[Depends(signatures.right(context))],
        include_in_schema=False,
    )
    async def chip(
        request: Request, season: str, obsid: Scene, lon: float, lat: float, size: float,
        bands: str, form: Format,
    ) -> Response:  # fmt: skip
        wish = Wish(bands, size, form, partly=True)
        order = await context.of_season(season, chips.order, obsid, (lon, lat), wish)
        cut = await context.picture(order.cut)
        return replies.part(request, cut.image, cut.media_type, {})

    return routes


def _lists(routes: APIRouter, found: _Chips, reader: Any, asked: Any) -> None:
    @routes.get("/query/rawChipByLocation", responses=tables.example(_LISTED))
    async def raw_by_place(
        request: Request, lon: Longitude, lat: Latitude, start_date: date, end_date: date,
        band: str, chipsize: Size = USUAL_M, plevel: str | None = None, onlylist: str = "",
        after: After = None, user: User = reader,
    ) -> Response:  # fmt: skip
        """Addresses of GeoTIFFs of a place, of one band."""
        kind, wanted = _one_band(plevel, band)
        search = Search(kind, days_of(start_date, end_date), after)
        shots, more = await found.at(user, (lon, lat), search)
        chip = _Chip((lon, lat), _size(chipsize), wanted, Format.TIFF)
        return found.listed(request, user, shots, more, chip, flag(onlylist))

    @routes.get("/query/rawChipByParcelID", responses=tables.example(_LISTED))
    async def raw_by_id(
        request: Request, pid: str, start_date: date, end_date: date, band: str,
        chipsize: Size = USUAL_M, plevel: str | None = None, onlylist: str = "",
        after: After = None, asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """Addresses of GeoTIFFs of a parcel, of one band."""
        kind, wanted = _one_band(plevel, band)
        search = Search(kind, days_of(start_date, end_date), after)
        place, shots, more = await found.of_parcel(asker.season, pid, search)
        chip = _Chip(place, _size(chipsize), wanted, Format.TIFF)
        return found.listed(request, asker.user, shots, more, chip, flag(onlylist))

    @routes.post("/query/rawChipsBatch", responses=tables.example(_LISTED))
    async def batch(wish: OpticalBatch, user: User = reader) -> Response:
        """Addresses of GeoTIFFs of a place: each band of each product named.

        Products that are not held are left out.
        """
        bands = [_one_band(None, band) for band in dict.fromkeys(wish.bands)]
        if any(kind is not Kind.S2_L2A for kind, _ in bands):
            raise refused("bands: of Sentinel-2; see rawS1ChipsBatch")
        if len(wish.tiles) * len(bands) > MOST_OF_BATCH:
            raise refused(f"tiles and bands: at most {MOST_OF_BATCH} chips")
        optical = Search(Kind.S2_L2A, limit=MOST_OF_BATCH, products=wish.tiles)
        sensed = Search(Kind.S2_L1C, limit=MOST_OF_BATCH, products=wish.tiles)
        shots = [one for search in (optical, sensed)
                 for one in (await found.at(user, wish.place, search))[0]]  # fmt: skip
        return found.all_of(user, shots, [name for _, name in bands], wish)

    @routes.post("/query/rawS1ChipsBatch", responses=tables.example(_LISTED))
    async def radar_batch(wish: RadarBatch, user: User = reader) -> Response:
        """Addresses of GeoTIFFs of a place: each polarisation of each radar product."""
        kind = chips.kind_of(wish.plevel, "VV")
        if kind.sensor != "S1":
            raise refused("plevel: CARD-BS, CARD-COH6 or CARD-COH12")
        search = Search(kind, days_of(*wish.dates), limit=MOST_OF_BATCH // 2)
        shots, more = await found.at(user, wish.place, search)
        if more is not None:
            raise refused(f"dates: more than {MOST_OF_BATCH} chips; ask for fewer days")
        bands = await found.polarisations(shots, kind)
        return found.all_of(user, shots, bands, wish)


def _pages(routes: APIRouter, found: _Chips, reader: Any, asked: Any) -> None:
    @routes.get("/query/chipsByLocation", response_class=HTMLResponse, responses=_PAGE)
    async def by_place(
        lon: Longitude, lat: Latitude, start_date: date, end_date: date,
        bands: str = _USUAL_COLOURS, chipsize: Size = USUAL_M, plevel: str | None = None,
        after: After = None, user: User = reader,
    ) -> Response:  # fmt: skip
        """A page of pictures of a place."""
        search = Search(_of_colours(plevel, bands), days_of(start_date, end_date), after)
        shots, more = await found.at(user, (lon, lat), search)
        return found.page(user, shots, more, _Chip((lon, lat), _size(chipsize), bands, Format.PNG))

    @routes.get("/query/chipsByParcelID", response_class=HTMLResponse, responses=_PAGE)
    async def by_id(
        pid: str, start_date: date, end_date: date, bands: str = _USUAL_COLOURS,
        chipsize: Size = USUAL_M, plevel: str | None = None, after: After = None,
        asker: Asker = asked,
    ) -> Response:  # fmt: skip
        """A page of pictures of a parcel."""
        search = Search(_of_colours(plevel, bands), days_of(start_date, end_date), after)
        place, shots, more = await found.of_parcel(asker.season, pid, search)
        chip = _Chip(place, _size(chipsize), bands, Format.PNG)
        return found.page(asker.user, shots, more, chip)

    @routes.get("/query/backgroundByLocation", dependencies=[reader], responses=tables.example({}))
    @routes.get("/query/backgroundByParcelID", dependencies=[reader], responses=tables.example({}))
    async def background() -> Response:
        """No orthophotos are held: none, as their client reads it."""
        return answer({})


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
        self, user: User, place: tuple[float, float], search: Search
    ) -> tuple[Sequence[Shot], int | None]:
        """Scenes over a place, in the seasons there that the user may see."""

        def look(connection: Connection) -> tuple[Sequence[Shot], int | None]:
            there = chips.here(connection, *place)
            own = [one for one in there if may(user, Right.READ, one.name)]
            if there and not own:
                raise HTTPException(status.HTTP_403_FORBIDDEN, "you may not read here")
            return chips.shots(connection, own, place, search)

        return await self._context.run(look)

    async def of_parcel(
        self, name: str, pid: str, search: Search
    ) -> tuple[tuple[float, float], Sequence[Shot], int | None]:
        """Scenes over the middle of a parcel, in its season; none of one that is not known."""

        def look(
            connection: Connection,
        ) -> tuple[tuple[float, float], Sequence[Shot], int | None]:
            season = seasons.get(connection, name)
            place = parcels.place_of(connection, season, pid)
            if place is None:
                return (0.0, 0.0), (), None
            return place, *chips.shots(connection, [season], place, search)

        return await self._context.run(look)

    async def polarisations(self, shots: Sequence[Shot], kind: Kind) -> list[str]:
        """The polarisations that products of a kind have in the seasons of scenes."""
        here = {one.season for one in shots}
        return await self._context.run(chips.polarisations, here, kind)

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
        found: Columns = {} if only else {"dates": [one.date for one in shots]}
        found["chips"] = [self._address(user, one, chip) for one in shots]
        reply = answer(found)
        if more is not None:
            kept = [one for one in request.query_params.multi_items() if one[0] != "after"]
            reply.headers["Link"] = f'<?{urlencode([*kept, ("after", more)])}>; rel="next"'
        return reply

    def all_of(
        self, user: User, shots: Sequence[Shot], bands: Sequence[str], wish: _Batch
    ) -> Response:
        """Dates and addresses of each band of each scene."""
        chip = _Chip(wish.place, _size(wish.chipsize), "", Format.TIFF)
        pairs = [(one, replace(chip, bands=band)) for one in shots for band in bands]
        return answer(
            {
                "dates": [one.date for one, _ in pairs],
                "chips": [self._address(user, one, wanted) for one, wanted in pairs],
            }
        )

    def page(
        self, user: User, shots: Sequence[Shot], more: int | None, chip: _Chip
    ) -> HTMLResponse:
        """A page of pictures, without style or script."""
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


def _one_band(level: str | None, band: str) -> tuple[Kind, str]:
    """Kind of product and band of a chip."""
    if "_" in band:
        raise refused("band: one at a time")
    kind = chips.kind_of(level, band)
    return kind, chips.band_of_chip(kind, band)


def _of_colours(level: str | None, bands: str) -> Kind:
    """The kind of product of a picture of three bands."""
    kind = chips.kind_of(level, "")
    if kind.sensor != "S2" or len(bands.split("_")) != 3:
        raise refused("bands: three of Sentinel-2, e.g. B08_B11_B04")
    for band in bands.split("_"):
        chips.band_of_chip(kind, band)
    return kind


def _size(size: float) -> float:
    """The side of a chip that is made: as asked for, within what can be."""
    return min(max(size, SMALLEST_M), LARGEST_M)
