"""The map of one season, kept in memory: places, classes of each colouring, and filters.

A season of 560,000 parcels takes 8 MB, and 0.6 MB for each colouring and filter that is looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic
from typing import Any
from zlib import crc32

import numpy as np

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.parcels.blocks import BLOCK_PARCELS
from dias_cbm.seasons import Season
from dias_cbm.window.data.remembered import Remembered
from dias_cbm.window.map import colouring as colourings
from dias_cbm.window.map import places as place_arrays
from dias_cbm.window.map.colouring import Colouring, ColouringUnknown, Versions
from dias_cbm.window.map.places import HIDDEN, Places

#: Arrays that are kept at a time.
KEPT = 48
#: Seconds until new means show on the map.
FRESH_S = 30


@dataclass(frozen=True, slots=True)
class Filter:
    """Which parcels a map shows; None: all.

    :param holding: value of the attribute that the setting ``outliers.holding_attribute`` names.
    :param only: names of classes; empty: all.
    """

    crop: str | None = None
    tile: str | None = None
    holding: str | None = None
    only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Coloured:
    """The parcels of a season in the classes of a colouring.

    :param classes: uint8[n], by place.
    :param version: changes when a class may have changed.
    """

    places: Places
    colouring: Colouring
    classes: np.ndarray
    version: str

    def legend(self) -> list[dict[str, Any]]:
        """Parcels and hectares of each class that occurs."""
        shown = self.classes != HIDDEN
        kind = self.classes[shown]
        parcels = np.bincount(kind, minlength=len(self.colouring.names))
        area_ha = np.bincount(kind, self.places.area_ha[shown], len(parcels))
        return [
            {
                "class": number,
                "name": name,
                "parcels": int(parcels[number]),
                "area_ha": round(float(area_ha[number]), 1),
                "marked": number in self.colouring.marked,
            }
            for number, name in enumerate(self.colouring.names)
            if parcels[number]
        ]


class SeasonMaps:
    """The maps of all seasons that were looked at lately; safe in threads."""

    def __init__(self, kept: int = KEPT) -> None:
        # Keys name the versions of what a value was made from, so a value never gets old.
        self._arrays: Remembered[Any] = Remembered(most=kept)

    def coloured(
        self, connection: Connection, season: Season, key: str, shown: Filter | None = None
    ) -> Coloured:
        """A season's parcels in the classes of a colouring, as they are now.

        :param key: of the colouring.
        :raises ColouringUnknown: the season has no such colouring, or a class has another name.
        """
        shown = shown or Filter()
        now = colourings.versions(connection, season, (key.partition(":")[0],))
        chosen = self._colouring(connection, season, key, now)
        return self._coloured(connection, season, chosen, now, shown)

    def every(
        self, connection: Connection, season: Season, kinds: Collection[str]
    ) -> tuple[Places, list[Coloured], str]:
        """A season's parcels in the classes of all its colourings of some kinds.

        :param kinds: as in :attr:`Colouring.kind`.
        :returns: also where the parcels are, and a text that changes when they do.
        """
        now = colourings.versions(connection, season, kinds)
        found = [
            self._coloured(connection, season, one, now, Filter())
            for one in self.colourings(connection, season, now)
            if one.kind in kinds
        ]
        return self.places(connection, season, now), found, str(now.parcels)

    def matching(self, connection: Connection, season: Season, shown: Filter) -> np.ndarray:
        """The places that match crop, tile and holding of a filter: bool[n]."""
        now = colourings.versions(connection, season, ())
        size = len(self.places(connection, season, now))
        return self._matching(connection, season, now, size, shown)

    def _coloured(
        self,
        connection: Connection,
        season: Season,
        chosen: Colouring,
        now: Versions,
        shown: Filter,
    ) -> Coloured:
        version = colourings.version_of(chosen, now)
        places = self.places(connection, season, now)
        if chosen.kind == "observations":
            # No version counts new means, so the looks are counted again every half minute.
            classes = self._arrays.get(
                (season.id, now.parcels, chosen.key, _time()),
                lambda: colourings.classes(connection, season, places, chosen, now),
            )
            version = f"{version}-{crc32(classes.tobytes()):08x}"
        else:
            classes = self._arrays.get(
                (season.id, version, chosen.key),
                lambda: self._classes(connection, season, places, chosen, now),
            )
        return Coloured(
            places, chosen, self._shown(connection, season, now, classes, chosen, shown), version
        )

    def _classes(
        self,
        connection: Connection,
        season: Season,
        places: Places,
        chosen: Colouring,
        now: Versions,
    ) -> np.ndarray:
        if chosen.kind != "verdict":
            return colourings.classes(connection, season, places, chosen, now)
        listed = self._arrays.get(
            (season.id, now.parcels, now.outlier_run, "listed"),
            lambda: colourings.listed(connection, places, now),
        )
        return colourings.decided(connection, season, listed, now)

    def places(self, connection: Connection, season: Season, now: Versions) -> Places:
        """Where the season's parcels are."""
        found: Places = self._arrays.get(
            (season.id, now.parcels, "places"), lambda: place_arrays.read(connection, season.id)
        )
        return found

    def colourings(self, connection: Connection, season: Season, now: Versions) -> list[Colouring]:
        """The colourings that the season has data for."""
        crops = self._arrays.get(
            (season.id, now.parcels, "crops"), lambda: colourings.by_crops(connection, season)
        )
        # Neither a decision nor a gap makes a new one.
        depends = (now.parcels, now.outlier_run, now.scheme_run, now.markers)
        found: list[Colouring] = self._arrays.get(
            (season.id, depends, "colourings", _time()),
            lambda: colourings.available(connection, season, now, crops),
        )
        return found

    def _colouring(
        self, connection: Connection, season: Season, key: str, now: Versions
    ) -> Colouring:
        known = self.colourings(connection, season, now)
        for one in known:
            if one.key == key:
                return one
        raise ColouringUnknown(
            "the map of this season cannot be coloured by it",
            subject=key,
            hint="it has " + ", ".join(one.key for one in known),
        )

    def _matching(
        self, connection: Connection, season: Season, now: Versions, size: int, shown: Filter
    ) -> np.ndarray:
        found: np.ndarray = self._arrays.get(
            (season.id, now.parcels, shown.crop, shown.tile, shown.holding),
            lambda: _matches(connection, season, size, shown),
        )
        return found

    def _shown(
        self,
        connection: Connection,
        season: Season,
        now: Versions,
        classes: np.ndarray,
        colouring: Colouring,
        shown: Filter,
    ) -> np.ndarray:
        if shown.crop or shown.tile or shown.holding:
            through = self._matching(connection, season, now, len(classes), shown)
            classes = np.where(through, classes, np.uint8(HIDDEN))
        if shown.only:
            unknown = shown.only - set(colouring.names)
            if unknown:
                raise ColouringUnknown(
                    f"has no class {', '.join(sorted(unknown))}", subject=colouring.key
                )
            numbers = [n for n, name in enumerate(colouring.names) if name in shown.only]
            classes = np.where(np.isin(classes, numbers), classes, np.uint8(HIDDEN))
        return classes


def _time() -> int:
    """Changes every half minute."""
    return int(monotonic() // FRESH_S)


def _matches(connection: Connection, season: Season, size: int, shown: Filter) -> np.ndarray:
    """The places that match a filter: bool[size]."""
    values = {
        "season": season.id,
        "crop": shown.crop,
        "tile": shown.tile,
        "holding": shown.holding,
        "holding_column": settings().outliers.holding_attribute,
        "block_parcels": BLOCK_PARCELS,
    }
    through = np.zeros(size, bool)
    with connection.cursor(binary=True) as cursor:
        for row in cursor.execute(query("window/filtered_places"), values):
            through[row.place] = True
    return through
