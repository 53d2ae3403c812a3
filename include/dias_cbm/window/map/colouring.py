"""Colourings: what the map may be coloured by, and the class of each parcel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.errors import CbmError
from dias_cbm.parcels.blocks import BLOCK_PARCELS
from dias_cbm.seasons import Season
from dias_cbm.window.map.places import HIDDEN, Places, first_place, places_of

#: Crops with a class of their own; all others share class 0.
MOST_CROPS = 60
#: Windows of five days that "observations" looks back.
WINDOWS = 6
VERDICTS = ("none", "confirmed", "inconclusive", "outlier", "right", "wrong", "unclear")
SCHEMES = ("none", "not_meant", "green", "yellow", "red", "open")
#: By the number of :class:`~dias_cbm.markers.events.Status`, so that maps and counts agree.
MARKERS = ("none", "seen", "not_seen", "not_executed")
GAPS = ("complete", "open_gap")
OBSERVATIONS = ("0", "1", "2", "3-5", "6+")
_STEPS = (1, 2, 3, 6)


class ColouringUnknown(CbmError):
    """The map has no such colouring."""


@dataclass(frozen=True, slots=True)
class Colouring:
    """What a map is coloured by.

    :param key: ``verdict``, ``crop``, ``gaps``, ``marker:NAME``, ``scheme:NAME`` or
        ``observations:CARD``.
    :param names: of the classes, by number.
    :param marked: numbers of the classes that an inspector looks for.
    """

    key: str
    names: tuple[str, ...]
    marked: frozenset[int]

    @property
    def kind(self) -> str:
        """What stands before the colon."""
        return self.key.partition(":")[0]

    @property
    def of(self) -> str:
        """What stands behind the colon; empty if there is none."""
        return self.key.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Versions:
    """What the colours of a season depend on; each is None if there is none yet.

    :param decision: None also where no verdicts were asked for; ``gaps`` likewise.
    """

    parcels: str | None
    outlier_run: int | None
    decision: str | None
    scheme_run: int | None
    markers: str | None
    gaps: str | None


def versions(
    connection: Connection, season: Season, kinds: Collection[str] = ("verdict", "gaps")
) -> Versions:
    """What the colours depend on now.

    :param kinds: of the colourings that are looked at, as in :attr:`Colouring.kind`.
    :raises SeasonError: the season was dropped.
    """
    values = {"season": season.id, "decisions": "verdict" in kinds, "gaps": "gaps" in kinds}
    row = connection.execute(query("window/map_versions"), values).fetchone()
    if row is None:
        seasons.get(connection, season.name)
        raise RuntimeError("a season without a row")
    return Versions(**row._asdict())


def available(
    connection: Connection, season: Season, now: Versions, crops: Colouring
) -> list[Colouring]:
    """The colourings that a season has data for, that by crops among them."""
    found = [crops, Colouring("gaps", GAPS, frozenset((1,)))]
    if now.outlier_run is not None:
        found.insert(0, Colouring("verdict", VERDICTS, frozenset((3,))))
    if now.scheme_run is not None:
        rows = connection.execute(query("window/schemes"), {"run": now.scheme_run})
        marked = frozenset((3, 4))
        found += [Colouring(f"scheme:{row.scheme}", SCHEMES, marked) for row in rows]
    for part in (now.markers or "").split():
        name = part.rpartition("=")[0]
        found.append(Colouring(f"marker:{name}", MARKERS, frozenset((1,))))
    for row in connection.execute(query("window/observed"), {"season": season.id}):
        found.append(Colouring(f"observations:{row.card}", OBSERVATIONS, frozenset((0,))))
    return found


def version_of(colouring: Colouring, now: Versions) -> str:
    """Text that changes whenever a class of this colouring, or the place of a parcel, may have."""
    parts: Mapping[str, tuple[object, ...]] = {
        "verdict": (now.outlier_run, now.decision),
        "scheme": (now.scheme_run,),
        "marker": (now.markers,),
        "gaps": (now.gaps,),
    }
    return "-".join(
        str(part) for part in (BLOCK_PARCELS, now.parcels, *parts.get(colouring.kind, ()))
    )


def classes(
    connection: Connection, season: Season, places: Places, colouring: Colouring, now: Versions
) -> np.ndarray:
    """The class of every place; for verdicts, see :func:`listed` and :func:`decided`.

    :returns: uint8[n]; 255 where there is no parcel.
    :raises ColouringUnknown: its kind is none of those of :class:`Colouring`.
    """
    if colouring.kind not in _READERS:
        raise ColouringUnknown("is not a colouring of the map", subject=colouring.key)
    found = _READERS[colouring.kind](connection, season, places, colouring, now)
    return np.where(places.there, found, HIDDEN).astype(np.uint8)


def listed(connection: Connection, places: Places, now: Versions) -> np.ndarray:
    """What the newest list says of every place; some 0.6 s for a country.

    :returns: uint8[n]; 255 where there is no parcel.
    """
    values = {"run": now.outlier_run}
    rows = array_cursor(connection).execute(query("window/verdict_classes"), values)
    return np.where(places.there, _by_position(places, rows), HIDDEN).astype(np.uint8)


def decided(connection: Connection, season: Season, found: np.ndarray, now: Versions) -> np.ndarray:
    """The same with what people found since, a matter of milliseconds: they decide all day.

    :param found: of :func:`listed`.
    """
    values = {"season": season.id, "run": now.outlier_run}
    rows = array_cursor(connection).execute(query("window/decided_classes"), values)
    return _put_by_position(found.copy(), rows)


def by_crops(connection: Connection, season: Season) -> Colouring:
    """The colouring by crops; some 0.3 s for a country."""
    rows = connection.execute(query("window/crops"), {"season": season.id}).fetchmany(MOST_CROPS)
    return Colouring("crop", ("", *(row.crop for row in rows)), frozenset())


def _crop(
    connection: Connection, season: Season, places: Places, colouring: Colouring, _: Versions
) -> np.ndarray:
    values = {"season": season.id, "crops": list(colouring.names[1:])}
    return _by_position(
        places, array_cursor(connection).execute(query("window/crop_classes"), values)
    )


def _by_position(places: Places, rows: Iterable[Any]) -> np.ndarray:
    return _put_by_position(np.zeros(len(places), np.uint8), rows)


def _put_by_position(found: np.ndarray, rows: Iterable[Any]) -> np.ndarray:
    for row in rows:
        place = places_of(row.blk, row.pos)
        inside = place < len(found)
        found[place[inside]] = row.kind[inside]
    return found


def _scheme(
    connection: Connection, _: Season, places: Places, colouring: Colouring, now: Versions
) -> np.ndarray:
    values = {"run": now.scheme_run, "scheme": colouring.of}
    return _by_block(
        places, array_cursor(connection).execute(query("window/scheme_classes"), values)
    )


def _marker(
    connection: Connection, season: Season, places: Places, colouring: Colouring, _: Versions
) -> np.ndarray:
    values = {"season": season.id, "marker": colouring.of}
    return _by_block(
        places, array_cursor(connection).execute(query("window/marker_classes"), values)
    )


def _by_block(places: Places, rows: Iterable[Any]) -> np.ndarray:
    found = np.zeros(len(places), np.uint8)
    for row in rows:
        _put(found, row.blk, row.kind)
    return found


def _gaps(
    connection: Connection, season: Season, places: Places, _: Colouring, __: Versions
) -> np.ndarray:
    found = np.zeros(len(places), np.uint8)
    for row in connection.execute(query("window/gap_blocks"), {"season": season.id}):
        for blk in row.blocks or places.tiles.get(row.tile, ()):
            _put(found, blk, np.ones(BLOCK_PARCELS, np.uint8))
    return found


def _observations(
    connection: Connection, season: Season, places: Places, colouring: Colouring, _: Versions
) -> np.ndarray:
    number = np.zeros(len(places), np.int32)
    observed = connection.execute(query("window/observed"), {"season": season.id}).fetchall()
    for card in (row for row in observed if row.card == colouring.of):
        values = {
            "season": season.id, "card": card.card, "band": card.band,
            "first": card.last - WINDOWS + 1, "last": card.last,
        }  # fmt: skip
        for row in array_cursor(connection).execute(query("window/observation_classes"), values):
            first = first_place(row.blk)
            number[first : first + len(row.n)] += np.maximum(row.n, 0)
    return np.digitize(number, _STEPS)


def _put(found: np.ndarray, blk: int, values: np.ndarray) -> None:
    """Set the classes of a block; one that the parcels no longer have is left out."""
    first = first_place(blk)
    room = found[first : first + BLOCK_PARCELS]
    room[: len(values)] = values[: len(room)]


_Reader = Callable[[Connection, Season, Places, Colouring, Versions], np.ndarray]
_READERS: Mapping[str, _Reader] = {
    "crop": _crop,
    "scheme": _scheme,
    "marker": _marker,
    "gaps": _gaps,
    "observations": _observations,
}
