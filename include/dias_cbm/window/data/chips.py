"""The chips of a parcel: its dates, those that would decide, and one chip with what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from dias_cbm import chips
from dias_cbm.chips import BAND_SETS, Chip, Format, Held, Look, Wish
from dias_cbm.db.connection import Connection
from dias_cbm.errors import ChipError, SceneUnknown
from dias_cbm.follow_up.make import Plan, plans
from dias_cbm.follow_up.subjects import subjects
from dias_cbm.parcel_shape import shape_of
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.data.parcel import require_records

#: The chip that :func:`pixels` is made from.
PIXELS = Wish("false_colour", None, Format.TIFF, clear_only=True, partly=True)
#: Pixels that are listed one by one.
MOST_PIXELS = 1500
#: Part of a chip's key that its address carries.
_VERSION_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a chip lies; see :class:`~dias_cbm.chips.Chip`."""

    width: int
    height: int
    bounds: tuple[float, float, float, float]
    crs: str
    corners: list[tuple[float, float]]
    pixel_m: float
    outline: str
    whole: bool
    data_share: float


@dataclass(frozen=True, slots=True)
class DateOfChip:
    """A date of a parcel's calendar.

    :param why_not: why there is no image; None if there is one.
    :param decides: what the image would decide; None if it is not one of those.
    :param bands: the band set of ``version``.
    :param band_sets: names of those that can be asked for.
    :param version: of the image; changes when it does.
    :param frame: None until the chip is cut for the first time.
    """

    obsid: int
    at: datetime
    day: date
    card: Card
    sensor: str
    satellite: str
    orbit: int | None
    direction: str | None
    tile: str | None
    product: str
    clear_share: float | None
    ndvi: float | None
    held: Held
    why_not: str | None
    decides: str | None
    bands: str
    band_sets: list[str]
    version: str
    frame: Frame | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The dates of a parcel.

    :param doubts: name, colour and sentence of everything that is in doubt about it.
    :param notes: why there is no image of days that matter.
    """

    season: str
    pid: str
    rows: list[DateOfChip]
    doubts: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that a chip is cut from; asks no database.

    :param key: of the chip in the cache.
    :param kept: the chip, if it is there.
    """

    look: Look
    shape: BaseGeometry
    srid: int
    wish: Wish
    key: str
    kept: Chip | None

    def cut(self) -> Chip:
        """Cut the chip; see :func:`dias_cbm.chips.cut_look`."""
        return chips.cut_look(self.look, self.shape, self.srid, self.wish)

    @property
    def version(self) -> str:
        """Changes when the chip does."""
        return self.key[:_VERSION_CHARACTERS]


def calendar(
    connection: Connection, season: Season, pid: str, bands: str | None, size_m: float | None
) -> Calendar:
    """The dates of a parcel, in order of time.

    :param bands: band set of those cards that have it; the others show their default.
    :raises ParcelUnknown: the season has no such parcel.
    :raises ChipError: no card has such bands, or the size is out of the limits.
    :raises StateConflict: the season's records are detached, and so would be all dates.
    """
    plan = next(plans(connection, season, subjects(connection, season, [pid], 1)), None)
    looks = chips.dates(connection, season, pid) if plan is None else list(plan.looks.values())
    shape = shape_of(connection, season, pid).geometry
    if not looks:
        require_records(connection, season)
    wishes = _wishes(bands, size_m)
    decides = {} if plan is None else {one.candidate.obsid: one.why for one in plan.choices}
    rows = [_date(one, shape, season, wishes[one.card], decides.get(one.obsid)) for one in looks]
    return Calendar(season.name, pid, rows, _doubts(plan), _notes(plan))


def order(connection: Connection, season: Season, pid: str, obsid: int, wish: Wish) -> Order:
    """What is needed to cut a chip, and the chip itself if it was cut before.

    :raises ParcelUnknown: the season has no such parcel.
    :raises SceneUnknown: the scene has no statistics of the parcel.
    :raises ChipError: the wish cannot be met.
    :raises StateConflict: the season's records are detached.
    """
    try:
        look = chips.look(connection, season, pid, obsid)
    except SceneUnknown:
        require_records(connection, season)
        raise
    shape = shape_of(connection, season, pid).geometry
    key = chips.key_of(look, shape, season.srid, wish)
    return Order(look, shape, season.srid, wish, key, chips.kept(key))


def frame_of(chip: Chip) -> Frame:
    """Where a chip lies."""
    about = chip.about()
    return Frame(**{name: about[name] for name in Frame.__dataclass_fields__})


def pixels(order: Order) -> dict[str, Any]:
    """The clear pixels of a parcel on one date: a histogram of NDVI, and red beside near infrared.

    :param order: of :data:`PIXELS`.
    :returns: ``ndvi``, counts of bins of 0.05 from -1 on, without pixels that are black in both
        bands; ``red`` and ``nir``, reflectances of at most :data:`MOST_PIXELS` of the ``pixels``,
        evenly spread.
    """
    chip = order.kept or order.cut()
    values = chips.values_inside(chip.image, order.shape, order.srid)
    red, nir = values["B04"].astype(float), values["B08"].astype(float)
    total = red + nir
    ndvi = np.divide(nir - red, total, out=np.full(len(red), np.nan), where=total > 0)
    counts, _ = np.histogram(np.clip(ndvi[np.isfinite(ndvi)], -1, 1), bins=40, range=(-1, 1))
    some = slice(None, None, max(1, -(-len(red) // MOST_PIXELS)))
    return {
        "obsid": order.look.obsid,
        "pixels": len(red),
        "ndvi": counts.tolist(),
        "red": np.round(red[some], 4).tolist(),
        "nir": np.round(nir[some], 4).tolist(),
    }


def _wishes(bands: str | None, size_m: float | None) -> dict[Card, Wish]:
    made, refused = {}, []
    for card in Card:
        try:
            chosen = chips.band_set(card, bands).name
        except ChipError as error:
            refused.append(error)
            chosen = chips.band_set(card).name
        made[card] = Wish(chosen, size_m, partly=True)
    if len(refused) == len(made):
        raise refused[0]
    return made


def _date(
    look: Look, shape: BaseGeometry, season: Season, wish: Wish, decides: str | None
) -> DateOfChip:
    key = chips.key_of(look, shape, season.srid, wish)
    cut = chips.kept(key)
    return DateOfChip(
        obsid=look.obsid, at=look.at, day=look.day, card=look.card, sensor=look.sensor,
        satellite=look.satellite, orbit=look.orbit, direction=look.direction, tile=look.tile,
        product=look.product, clear_share=look.clear_share, ndvi=look.ndvi, held=look.held,
        why_not=look.why, decides=decides, bands=wish.bands or "",
        band_sets=[one.name for one in BAND_SETS.values() if look.card in one.cards],
        version=key[:_VERSION_CHARACTERS], frame=None if cut is None else frame_of(cut),
    )  # fmt: skip


def _doubts(plan: Plan | None) -> list[dict[str, Any]]:
    if plan is None:
        return []
    return [
        {"name": one.name, "colour": one.colour, "sentence": one.sentence}
        for one in plan.subject.doubts
    ]


def _notes(plan: Plan | None) -> list[str]:
    if plan is None:
        return ["Nothing about this parcel is in doubt, so no image would decide anything."]
    return plan.notes
