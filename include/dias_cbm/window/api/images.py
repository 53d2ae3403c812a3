"""Quick looks of products, and the newest image of Sentinel-1 and Sentinel-2 as map tiles."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request, Response

from dias_cbm.chips import overview
from dias_cbm.chips.overview import TILE, MapTile
from dias_cbm.window import replies, tables
from dias_cbm.window.context import Context
from dias_cbm.window.data import images
from dias_cbm.window.data.images import Sensor, TileOrder
from dias_cbm.window.rights import Right

_WEBP = "image/webp"
_EXAMPLE = {
    "rows": [
        {
            "sensor": "s2",
            "bands": "true_colour",
            "title": "true colour (B04, B03, B02)",
            "first_zoom": 10,
            "last_zoom": 15,
            "newest_at": "2018-05-03T10:30:21Z",
            "products": [{"obsid": 812, "tile": "32VNH", "at": "2018-05-03T10:30:21Z"}],
            "tiles": "tiles/dk-2018/image/s2/{z}/{x}/{y}.webp",
            "tile_pixels": 256,
        }
    ],
    "next": None,
}


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(tags=["images"], dependencies=[reader])

    @routes.get(
        "/api/v1/seasons/{season}/products/{obsid}/quicklook",
        response_class=Response,
        responses=tables.files(_WEBP),
    )
    async def quick_look(
        request: Request, season: str, obsid: Annotated[int, Path(ge=0, lt=2**31)]
    ) -> Response:
        """A whole product as a small WebP, with its corners in the header ``CbM-Corners``."""
        look, kept = await context.of_season(season, images.product, obsid)
        tag = overview.quick_look_key(look)
        if replies.fresh(request, tag):
            return replies.not_modified(tag)
        found = kept
        if found is None:
            found = await context.picture(lambda: overview.quick_look(look))
        corners = " ".join(f"{x:.6f},{y:.6f}" for x, y in found.corners)
        headers = _headers(tag) | {"CbM-Corners": corners, "CbM-Sensed": look.at.isoformat()}
        return Response(found.image, media_type=_WEBP, headers=headers)

    @routes.get("/api/v1/seasons/{season}/map/images", responses=tables.example(_EXAMPLE))
    async def layers(request: Request, season: str) -> Response:
        """The layers of images, with the newest products of each."""
        found = await context.of_season(season, images.layers)
        rows = [_row(season, one) for one in found]
        return tables.answer(request, {"rows": rows, "next": None})

    @routes.get(
        "/tiles/{season}/image/{sensor}/{z}/{x}/{y}.webp",
        response_class=Response,
        responses=tables.files(_WEBP),
    )
    async def tile(
        request: Request, season: str, sensor: Sensor, z: int, x: int, y: int
    ) -> Response:
        """A tile of the newest products, dated by ``CbM-Sensed``; 204 where there are none."""
        order = await context.of_season(season, images.tile, sensor, (z, x, y))
        if replies.fresh(request, order.key):
            return replies.not_modified(order.key)
        made = order.kept
        if made is None and order.looks:
            made = await context.picture(order.make)
        if made is not None and made.missing:
            # Without a tag: once they are back, the tile has the same products and another image.
            missing = " ".join(str(obsid) for obsid in made.missing)
            own = {"Cache-Control": "no-store", "CbM-Missing": missing}
            if not made.image:
                return Response(status_code=204, headers=own)
            return Response(made.image, media_type=_WEBP, headers=own | _dated(order, made))
        if made is None or not made.image:
            return Response(status_code=204, headers=_headers(order.key))
        headers = _headers(order.key) | _dated(order, made)
        return Response(made.image, media_type=_WEBP, headers=headers)

    return routes


def _row(season: str, layer: images.Layer) -> dict[str, Any]:

    address = f"tiles/{quote(season, safe='')}/image/{layer.sensor}/{{z}}/{{x}}/{{y}}.webp"
    return asdict(layer) | {"tiles": address, "tile_pixels": TILE}


def _dated(order: TileOrder, made: MapTile) -> dict[str, str]:
    at = {one.obsid: one.at for one in order.looks}
    dates = sorted({at[obsid].isoformat() for obsid in made.shown}, reverse=True)
    return {"CbM-Sensed": " ".join(dates)}


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": f'W/"{tag}"', "Cache-Control": replies.ASK_AGAIN}
