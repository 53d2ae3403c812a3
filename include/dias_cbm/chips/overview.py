"""Whole products made small, and tiles of a web map from the newest products."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import rasterio.warp
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling

from dias_cbm.chips.bands import BandSet, band_set
from dias_cbm.chips.cache import ChipCache, chip_cache
from dias_cbm.chips.looks import Look
from dias_cbm.chips.picture import Format, colours, picture
from dias_cbm.chips.pixels import reduced
from dias_cbm.chips.product import opened
from dias_cbm.errors import GridError, ProductError, ProductGone

log = logging.getLogger(__name__)

#: Pixels along the longer side of a quick look, and along a side of a tile.
SIDE, TILE = 512, 256
#: Products that one tile is put together from.
MOST_PRODUCTS = 6
#: Part of every key of the cache: raise it when the same input would look different.
_VERSION = 1
#: Half the width of the world in Web Mercator (EPSG:3857), in metres.
_HALF_WORLD_M = math.pi * 6_378_137.0
_MERCATOR = CRS.from_epsg(3857)
#: Pixels that are read of a product for a tile, along a side. From this zoom on, these are all that
#: Sentinel-2 has in it, and what was decoded for one tile serves those beside it.
_READ, _READ_WHOLE, _WHOLE_ZOOM = 2 * TILE, 4 * TILE, 12

Address = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class QuickLook:
    """A whole product as a small picture.

    :param corners: upper left, upper right, lower right, lower left: longitude and latitude.
    """

    image: bytes
    width: int
    height: int
    corners: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class MapTile:
    """A tile of a web map.

    :param image: WebP with 256 pixels a side; empty: no product shows anything here.
    :param shown: ids of the products in it, the newest first.
    :param missing: ids of those that are not in their store any more, or cannot be used.
    """

    image: bytes
    shown: list[int]
    missing: list[int]


def quick_look_key(look: Look) -> str:
    """The key of a product's quick look in the cache."""
    return _key("quick look", [look])


def quick_look(look: Look, *, cache: ChipCache | None = None) -> QuickLook:
    """A product as a small picture in its own projection, or what the cache has.

    :raises ProductGone: the product is not in its store any more.
    :raises ProductNotHeld: only statistics of it are here.
    :raises ProductError: it cannot be used.
    :raises StoreError: the store cannot or may not deliver it.
    """
    found = kept_quick_look(look, cache=cache)
    if found is not None:
        return found
    made = _quick_look(look)
    about = {"width": made.width, "height": made.height, "corners": made.corners}
    (cache or chip_cache()).put(quick_look_key(look), about, made.image)
    return made


def kept_quick_look(look: Look, *, cache: ChipCache | None = None) -> QuickLook | None:
    """A product's quick look, if it was made before and is in the cache."""
    kept = (cache or chip_cache()).get(quick_look_key(look))
    if kept is None:
        return None
    about, image = kept
    corners = [(x, y) for x, y in about["corners"]]
    return QuickLook(image, about["width"], about["height"], corners)


def map_tile_key(looks: Sequence[Look], address: Address) -> str:
    """The key of a tile in the cache."""
    return _key("map tile", looks, *address)


def kept_tile(key: str, *, cache: ChipCache | None = None) -> MapTile | None:
    """The tile of a key, if it was made before and is in the cache."""
    kept = (cache or chip_cache()).get(key)
    return None if kept is None else MapTile(kept[1], **kept[0])


def map_tile(looks: Sequence[Look], address: Address, *, cache: ChipCache | None = None) -> MapTile:
    """A tile of the newest products: where the first has no data, the next one shows.

    It reads at most 1,024 pixels a side of each product, whatever the zoom.

    :param looks: products of one card, the newest first.
    :param address: zoom, column and row.
    :raises StoreError: a store cannot or may not deliver a product.
    """
    key = map_tile_key(looks, address)
    found = kept_tile(key, cache=cache)
    if found is not None:
        return found
    made = _map_tile(looks, address)
    if not made.missing:
        # Nothing is cached while a product is missing, so it shows as soon as it is back.
        (cache or chip_cache()).put(key, {"shown": made.shown, "missing": []}, made.image)
    return made


def bounds_of(address: Address, crs: int = 4326) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile.

    :param crs: number of its EPSG code.
    """
    west, south, east, north = _mercator(address)
    there = rasterio.warp.transform_bounds(
        _MERCATOR, CRS.from_epsg(crs), west, south, east, north, densify_pts=21
    )
    return (float(there[0]), float(there[1]), float(there[2]), float(there[3]))


def _quick_look(look: Look) -> QuickLook:
    chosen = band_set(look.card)
    with opened(look, chosen.bands) as (bands, _):
        grid = max(bands, key=lambda band: band.grid.transform.a).grid
        if grid.crs is None:
            raise GridError("has no CRS", subject=look.product)
        layers = reduced(bands, grid.bounds, SIDE)
    rows = min(layer.shape[0] for layer, _ in layers)
    columns = min(layer.shape[1] for layer, _ in layers)
    values = {
        band.name: layer[:rows, :columns] for band, (layer, _) in zip(bands, layers, strict=True)
    }
    west, south, east, north = grid.bounds
    xs, ys = rasterio.warp.transform(
        grid.crs, CRS.from_epsg(4326), [west, east, east, west], [north, north, south, south]
    )
    corners = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    image = picture(colours(chosen, values), Format.WEBP)
    return QuickLook(image, columns, rows, corners)


def _map_tile(looks: Sequence[Look], address: Address) -> MapTile:
    seen = np.zeros((TILE, TILE, 4), np.uint8)
    shown: list[int] = []
    missing: list[int] = []
    for look in looks[:MOST_PRODUCTS]:
        if seen[..., 3].all():
            break
        try:
            pixels = _warped(look, address)
        except (ProductGone, ProductError) as error:
            log.warning("%s: not on the map: %s", look.product, error)
            missing.append(look.obsid)
            continue
        free = (seen[..., 3] == 0) & (pixels[..., 3] > 0)
        if free.any():
            seen[free] = pixels[free]
            shown.append(look.obsid)
    image = picture(seen, Format.WEBP) if shown else b""
    return MapTile(image, shown, missing)


def _warped(look: Look, address: Address) -> NDArray[np.uint8]:
    """A product in the pixels of a tile: uint8[256, 256, 4]."""
    chosen = band_set(look.card)
    west, south, east, north = _mercator(address)
    step = (east - west) / TILE
    place = Affine(step, 0, west, 0, -step, north)
    with opened(look, chosen.bands) as (bands, _):
        crs = bands[0].grid.crs
        if crs is None:
            raise GridError("has no CRS", subject=look.product)
        around = step  # A pixel more on each side, for the interpolation.
        there = rasterio.warp.transform_bounds(
            _MERCATOR, crs, west - around, south - around, east + around, north + around, 21
        )
        layers = reduced(bands, there, _READ_WHOLE if address[0] >= _WHOLE_ZOOM else _READ)
    values = {}
    for band, (layer, transform) in zip(bands, layers, strict=True):
        values[band.name] = np.full((TILE, TILE), np.nan, np.float32)
        if layer.size:
            rasterio.warp.reproject(
                layer, values[band.name], src_transform=transform, src_crs=crs, src_nodata=np.nan,
                dst_transform=place, dst_crs=_MERCATOR, dst_nodata=np.nan,
                resampling=Resampling.bilinear,
            )  # fmt: skip
    return colours(chosen, values)


def _mercator(address: Address) -> tuple[float, float, float, float]:
    zoom, column, row = address
    width = 2 * _HALF_WORLD_M / 2**zoom
    west, north = column * width - _HALF_WORLD_M, _HALF_WORLD_M - row * width
    return west, north - width, west + width, north


def _key(what: str, looks: Sequence[Look], *more: Any) -> str:
    """SHA-256 of everything that a picture depends on."""
    sets: list[BandSet] = [band_set(look.card) for look in looks]
    content = [
        what, _VERSION, more,
        [[one.platform, one.obsid, one.product, one.location, one.changed] for one in looks],
        [[asdict(channel) for channel in one.channels] for one in sets],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
