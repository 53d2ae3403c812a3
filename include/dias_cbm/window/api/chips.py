"""``/api/v1/seasons/{season}/parcels/{pid}/chips``: a parcel's dates, and an image of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from dias_cbm.chips import BAND_SETS, Chip, Format, Wish, band_set
from dias_cbm.chips.frame import LARGEST_M, SMALLEST_M
from dias_cbm.window import names, replies, shell, signatures, tables
from dias_cbm.window.context import Context
from dias_cbm.window.data import chips
from dias_cbm.window.data.chips import DateOfChip, Order
from dias_cbm.window.rights import Right, User

_BELOW = "/seasons/{season}/parcels/{pid:name}/chips"
Scene = Annotated[int, Path(ge=0, lt=2**31)]
Bands = Annotated[str | None, Query(max_length=50)]
Size = Annotated[float | None, Query(ge=SMALLEST_M, le=LARGEST_M, allow_inf_nan=False)]
_EXAMPLE = {
    "season": "dk-2018",
    "pid": "4711-12",
    "rows": [
        {
            "obsid": 812,
            "at": "2018-05-03T10:30:21Z",
            "day": "2018-05-03",
            "card": "s2",
            "sensor": "S2",
            "satellite": "S2A",
            "orbit": 108,
            "direction": "D",
            "tile": "32VNH",
            "product": "S2A_MSIL2A_20180503T103021_N0500_R108_T32VNH_20230613T101112",
            "clear_share": 0.97,
            "ndvi": 0.71,
            "held": "held",
            "why_not": None,
            "decides": "before mowing between 5 and 12 May",
            "bands": "true_colour",
            "band_sets": ["true_colour", "false_colour"],
            "version": "5f1d7a84db1e0a41",
            "frame": {
                "width": 128,
                "height": 128,
                "bounds": [549360, 6189360, 550640, 6190640],
                "crs": "EPSG:32632",
                "pixel_m": 10,
                "outline": "M58.1 60.2 L70.0 60.9 L69.4 66.6Z",
            },
            "image": "api/v1/seasons/dk-2018/parcels/4711-12/chips/812.webp?bands=true_colour",
            "about": "api/v1/seasons/dk-2018/parcels/4711-12/chips/812?bands=true_colour",
            "raw": "signed/1793325600.lmrdc.mfxgc/seasons/dk-2018/parcels/4711-12/chips/"
            "812.tif?bands=true_colour",
            "renew": "api/v1/seasons/dk-2018/parcels/4711-12/chips/812/raw?bands=true_colour",
        }
    ],
    "next": None,
    "band_sets": [{"name": "true_colour", "title": "true colour (B04, B03, B02)"}],
    "doubts": [{"name": "outlier", "colour": "red", "sentence": "It looks like maize."}],
    "notes": [],
}
_ABOUT = {
    "obsid": 812,
    "bands": "true_colour",
    "version": "5f1d7a84db1e0a41",
    "width": 128,
    "height": 128,
    "bounds": [549360, 6189360, 550640, 6190640],
    "crs": "EPSG:32632",
    "corners": [[9.78, 55.85], [9.8, 55.85], [9.8, 55.84], [9.78, 55.84]],
    "pixel_m": 10,
    "outline": "M58.1 60.2 L70.0 60.9 L69.4 66.6Z",
    "whole": True,
    "data_share": 1.0,
}


_PIXELS = {
    "obsid": 812,
    "pixels": 2,
    "ndvi": [0] * 34 + [1, 1] + [0] * 4,
    "red": [0.041, 0.038],
    "nir": [0.252, 0.311],
}


@dataclass(frozen=True, slots=True)
class _Image:
    """What every address of one image names."""

    season: str
    pid: str
    obsid: int
    bands: str | None
    size_m: float | None

    def wish(self, form: Format = Format.WEBP, *, clear_only: bool = False) -> Wish:
        return Wish(self.bands, self.size_m, form, clear_only, partly=True)


async def _image_of(
    season: str, pid: str, obsid: Scene, bands: Bands = None, size_m: Size = None
) -> _Image:
    return _Image(season, pid, obsid, bands, size_m)


Asked = Annotated[_Image, Depends(_image_of)]


def router(context: Context) -> APIRouter:
    """The routes: for those who may read, and for signed addresses that they were given."""
    routes = APIRouter(tags=["chips"])
    reader = Depends(context.right(Right.READ))
    signed = Depends(signatures.right(context))

    @routes.get("/api/v1" + _BELOW, responses=tables.example(_EXAMPLE))
    async def list_dates(
        request: Request,
        season: str,
        pid: str,
        bands: Bands = None,
        size_m: Size = None,
        user: User = reader,
    ) -> Response:
        """The dates of a parcel, which of them would decide what is in doubt, and their images.

        Addresses begin at the mount. ``frame`` is known once the image was asked for; ``about``
        tells it at any time. ``raw`` needs no login and ends after a quarter of an hour; ``renew``
        needs one and leads to a new ``raw`` at any time.
        """
        found = await context.of_season(season, chips.calendar, pid, bands, size_m)
        rows = [_row(context, user, found.season, pid, one, size_m) for one in found.rows]
        sets = [{"name": one.name, "title": one.title} for one in BAND_SETS.values()]
        value = asdict(found) | {"rows": rows, "next": None, "band_sets": sets}
        return tables.answer(request, value)

    @routes.get(
        "/api/v1" + _BELOW + "/{obsid}.{form}",
        response_class=Response,
        responses=tables.files(*(one.media_type for one in Format)),
    )
    async def image(
        request: Request,
        asked: Asked,
        form: Format,
        clear_only: bool = False,
        version: str | None = None,
        user: User = reader,
    ) -> Response:
        """The image of one date: WebP or PNG to look at, GeoTIFF with the stored numbers."""
        wish = asked.wish(form, clear_only=clear_only)
        return await _image(context, request, asked, wish, version)

    @routes.get(
        "/api/v1" + _BELOW + "/{obsid}/raw",
        status_code=307,
        response_class=Response,
        responses={307: {"description": "``Location`` is an address that needs no login"}},
    )
    async def renew(
        request: Request,
        asked: Asked,
        user: User = reader,
    ) -> Response:
        """Leads to the GeoTIFF of one date by an address that is good for a quarter of an hour."""
        order = await _order(context, asked, asked.wish(Format.TIFF))
        query = _query(band_set(order.look.card, asked.bands).name, asked.size_m)
        address = _raw(context, user, asked.season, asked.pid, asked.obsid, query)
        there = shell.root(request) + address
        return Response(status_code=307, headers={"Location": there, "Cache-Control": "no-store"})

    @routes.get("/api/v1" + _BELOW + "/{obsid}", responses=tables.example(_ABOUT))
    async def about(
        request: Request,
        asked: Asked,
        user: User = reader,
    ) -> Response:
        """Where an image lies, and the parcel's outline in its pixels; cuts it if need be."""
        order = await _order(context, asked, asked.wish())
        chip = await _chip(context, order)
        described = {"obsid": asked.obsid, "bands": chip.bands, "version": order.version}
        return tables.answer(request, described | asdict(chips.frame_of(chip)))

    @routes.get("/api/v1" + _BELOW + "/{obsid}/pixels", responses=tables.example(_PIXELS))
    async def pixels(
        request: Request, season: str, pid: str, obsid: Scene, user: User = reader
    ) -> Response:
        """The parcel's clear pixels in one optical image: NDVI, and red beside near infrared."""
        order = await context.of_season(season, chips.order, pid, obsid, chips.PIXELS)
        return tables.answer(request, await context.picture(partial(chips.pixels, order)))

    @routes.get(
        signatures.PREFIX + _BELOW + "/{obsid}.tif",
        response_class=Response,
        include_in_schema=False,
    )
    async def raw(
        request: Request,
        asked: Asked,
        user: User = signed,
    ) -> Response:
        """The stored numbers of one date as GeoTIFF, for a program without the login."""
        return await _image(context, request, asked, asked.wish(Format.TIFF), None)

    return routes


async def _order(context: Context, asked: _Image, wish: Wish) -> Order:
    order: Order = await context.of_season(asked.season, chips.order, asked.pid, asked.obsid, wish)
    return order


async def _image(
    context: Context, request: Request, asked: _Image, wish: Wish, version: str | None
) -> Response:
    order = await _order(context, asked, wish)
    cache = replies.FOR_EVER if version == order.version else replies.ASK_AGAIN
    if replies.fresh(request, order.key):
        return replies.not_modified(order.key, cache)
    chip = await _chip(context, order)
    headers = {
        "ETag": f'W/"{order.key}"',
        "Cache-Control": cache,
        "Content-Disposition": f'inline; filename="{asked.obsid}_{chip.bands}.{wish.form}"',
    }
    return replies.part(request, chip.image, chip.media_type, headers)


async def _chip(context: Context, order: Order) -> Chip:
    if order.kept is not None:
        return order.kept
    return await context.picture(order.cut)


def _row(
    context: Context,
    user: User,
    season: str,
    pid: str,
    one: DateOfChip,
    size_m: float | None,
) -> dict[str, Any]:
    """A date with its addresses, from the mount on."""
    query = _query(one.bands, size_m)
    below = f"/seasons/{season}/parcels/{names.inside(pid)}/chips/{one.obsid}"
    there = f"api/v1{names.sent(below)}"
    return asdict(one) | {
        "image": f"{there}.webp?{urlencode(query | {'version': one.version})}",
        "about": f"{there}?{urlencode(query)}",
        "raw": _raw(context, user, season, pid, one.obsid, query),
        "renew": f"{there}/raw?{urlencode(query)}",
    }


def _query(bands: str, size_m: float | None) -> dict[str, Any]:
    return {"bands": bands} | ({"size_m": size_m} if size_m else {})


def _raw(
    context: Context, user: User, season: str, pid: str, obsid: int, query: Mapping[str, Any]
) -> str:
    """The signed address of a GeoTIFF, from the mount on."""
    path = f"/seasons/{season}/parcels/{names.inside(pid)}/chips/{obsid}.tif"
    return signatures.sign(context.host.secret(), user, path, urlencode(query)).removeprefix("/")
