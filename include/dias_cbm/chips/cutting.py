"""Cutting chips: a piece of a product around a parcel, as a picture or as stored numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dias_cbm.chips.bands import BandSet, band_set
from dias_cbm.chips.cache import ChipCache, chip_cache
from dias_cbm.chips.frame import Frame, check_inside, check_size, frame_of, outline
from dias_cbm.chips.looks import Look, look
from dias_cbm.chips.picture import Format, colours, picture, raw
from dias_cbm.chips.pixels import enlarged, physical, read_layers
from dias_cbm.chips.product import opened
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.errors import ChipError, InconsistentProduct
from dias_cbm.parcel_shape import shape_of
from dias_cbm.products.model import Band
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season

#: Part of every key of the cache: raise it when a chip of the same input would look different.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Chip:
    """A piece of a product around a parcel.

    :param image: the file.
    :param form: its format.
    :param bands: name of the band set.
    :param width: pixels; ``height`` the same.
    :param bounds: west, south, east, north in ``crs``.
    :param crs: ``EPSG:n``, or WKT where the product's CRS has no such number.
    :param corners: upper left, upper right, lower right, lower left: longitude and latitude.
    :param pixel_m: size of its pixels in units of the CRS.
    :param outline: the parcel as an SVG path in its pixels; it is not drawn on the image.
    :param whole: whether the parcel fits in it.
    :param data_share: of its pixels, those with data, and clear if others are masked.
    """

    image: bytes
    form: Format
    obsid: int
    bands: str
    width: int
    height: int
    bounds: tuple[float, float, float, float]
    crs: str
    corners: list[tuple[float, float]]
    pixel_m: float
    outline: str
    whole: bool
    data_share: float

    @property
    def media_type(self) -> str:
        """The type that HTTP has for the image."""
        return self.form.media_type

    def about(self) -> dict[str, Any]:
        """Everything but the image, as values that JSON has."""
        return {name: value for name, value in asdict(self).items() if name != "image"}


@dataclass(frozen=True, slots=True)
class Wish:
    """How a chip is to be cut.

    :param bands: a band set, or one band; the card's default if None.
    :param size_m: side in metres, 20 to 5,120; by default it fits the parcel, from 1,280 on.
    :param clear_only: pixels of classes that are not clear are left out, of Sentinel-2 only.
    :param partly: whether a part of the parcel on the raster is enough.
    """

    bands: str | None = None
    size_m: float | None = None
    form: Format = Format.WEBP
    clear_only: bool = False
    partly: bool = False


def cut(
    connection: Connection,
    season: Season,
    pid: str,
    obsid: int,
    wish: Wish | None = None,
    *,
    cache: ChipCache | None = None,
) -> Chip:
    """Cut a chip of an observation of a parcel, or find it in the cache.

    :param obsid: the scene's id in the ledger, as :func:`~dias_cbm.chips.looks.dates` lists them.
    :param cache: instead of that of the settings.
    :raises ParcelUnknown: the season has no such parcel.
    :raises SceneUnknown: the scene has no statistics of the parcel.
    :raises ChipError: the wish cannot be met.
    :raises ProductNotHeld: only statistics of the scene are here.
    :raises ProductGone: the product is not in its store any more.
    :raises OffRaster: the parcel does not lie on the product, or only partly.
    :raises ProductError: the product cannot be used.
    :raises StoreError: the store cannot or may not deliver it.
    """
    wish = wish or Wish()
    seen = look(connection, season, pid, obsid)
    shape = shape_of(connection, season, pid).geometry
    return cut_look(seen, shape, season.srid, wish, cache=cache)


def cut_look(
    look: Look,
    shape: BaseGeometry,
    srid: int,
    wish: Wish,
    *,
    cache: ChipCache | None = None,
) -> Chip:
    """Cut a chip without asking the database; see :func:`cut`.

    :param shape: the parcel, in ``srid``.
    """
    chosen = band_set(look.card, wish.bands)
    key = key_of(look, shape, srid, wish)
    found = kept(key, cache=cache)
    if found is not None:
        return found
    chip = _cut(look, shape, srid, wish, chosen)
    (cache or chip_cache()).put(key, chip.about(), chip.image)
    return chip


def key_of(look: Look, shape: BaseGeometry, srid: int, wish: Wish) -> str:
    """SHA-256 of everything that a chip depends on.

    :raises ChipError: the wish cannot be met.
    """
    chosen = band_set(look.card, wish.bands)
    if wish.size_m is not None:
        check_size(wish.size_m)
    if wish.clear_only and look.card is not Card.S2:
        raise ChipError("only Sentinel-2 has classes of clouds", subject=look.product)
    return _key(look, shape, srid, wish, chosen)


def kept(key: str, *, cache: ChipCache | None = None) -> Chip | None:
    """The chip of a key, if it was cut before and is in the cache."""
    found = (cache or chip_cache()).get(key)
    return None if found is None else _of_cache(*found)


def _cut(look: Look, shape: BaseGeometry, srid: int, wish: Wish, chosen: BandSet) -> Chip:
    with opened(look, chosen.bands) as (bands, scl):
        if wish.clear_only and scl is None:
            raise InconsistentProduct(
                "has no scene classes to find clouds by", subject=look.product
            )
        read = [*bands, scl] if wish.clear_only and scl is not None else bands
        frame, there = frame_of(read, shape, srid, wish.size_m)
        check_inside(there, bands, partly=wish.partly)
        layers = read_layers(read, frame)
    if wish.clear_only:
        clear = _clear(read[-1], layers.pop()[0], frame)
        layers = [
            (numbers, data & _thinned(clear, frame.of_band(band)[-1]))
            for band, (numbers, data) in zip(bands, layers, strict=True)
        ]
    if wish.form is Format.TIFF:
        tags = {"CBM_PRODUCT": look.product, "CBM_SENSED": look.at.isoformat()}
        image = raw(bands, layers, frame, tags)
        opaque = np.stack(
            [_data(band, layer, frame) for band, layer in zip(bands, layers, strict=True)]
        )
        share = float(opaque.all(axis=0).mean())
    else:
        pixels = colours(chosen, _values(bands, layers, frame))
        image, share = picture(pixels, wish.form), float((pixels[..., 3] > 0).mean())
    epsg = frame.crs.to_epsg()
    return Chip(
        image=image,
        form=wish.form,
        obsid=look.obsid,
        bands=chosen.name,
        width=frame.width,
        height=frame.height,
        bounds=frame.bounds,
        crs=f"EPSG:{epsg}" if epsg else frame.crs.to_wkt(),
        corners=frame.corners,
        pixel_m=frame.transform.a,
        outline=outline(there, frame),
        whole=bool(shapely.box(*frame.bounds).covers(there)),
        data_share=share,
    )


def _values(
    bands: list[Band], layers: list[tuple[NDArray, NDArray[np.bool_]]], frame: Frame
) -> Mapping[str, NDArray[np.float32]]:
    return {
        band.name: enlarged(physical(band, *layer), frame.of_band(band)[-1])
        for band, layer in zip(bands, layers, strict=True)
    }


def _data(band: Band, layer: tuple[NDArray, NDArray[np.bool_]], frame: Frame) -> NDArray[np.bool_]:
    return enlarged(layer[1], frame.of_band(band)[-1])


def _clear(scl: Band, classes: NDArray, frame: Frame) -> NDArray[np.bool_]:
    """The clear pixels, on the frame's grid."""
    wanted = settings().extraction.clear_classes or tuple(range(1, 12))
    return enlarged(np.isin(classes, wanted), frame.of_band(scl)[-1])


def _thinned(layer: NDArray[np.bool_], factor: int) -> NDArray[np.bool_]:
    """A layer on the frame's grid in the pixels of a band, whose pixels are as coarse as SCL's."""
    return layer[::factor, ::factor]


def _key(look: Look, shape: BaseGeometry, srid: int, wish: Wish, chosen: BandSet) -> str:
    content = [
        VERSION, look.platform, look.obsid, look.product, look.location, look.changed,
        _channels(chosen), shapely.to_wkb(shape, hex=True), srid,
        wish.size_m, wish.form.value,
        sorted(settings().extraction.clear_classes) if wish.clear_only else None, wish.partly,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@cache
def _channels(chosen: BandSet) -> list[dict[str, Any]]:
    return [asdict(one) for one in chosen.channels]


def _of_cache(about: Mapping[str, Any], image: bytes) -> Chip:
    values = dict(about)
    return Chip(
        image=image,
        form=Format(values.pop("form")),
        bounds=tuple(values.pop("bounds")),
        corners=[(x, y) for x, y in values.pop("corners")],
        **values,
    )
