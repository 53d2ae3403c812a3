"""A second source of CARD products, for the few per cent that a platform's catalogue lacks.

It is the platform's store itself, or its daily lists. Missing metadata come from the level-1
acquisition that a product was made from, so the catalogue must be searched first.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import shapely

from dias_cbm.catalogue.base import Page, Skipped
from dias_cbm.catalogue.csv_lists import CsvLists
from dias_cbm.catalogue.store_listing import FOLDERS, StoreListing
from dias_cbm.catalogue.sync import SyncReport, enter
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import CatalogueError, SettingsError, StoreError
from dias_cbm.scenes import SOURCE_OF_CARD, Kind, Scene
from dias_cbm.seasons import Season
from dias_cbm.storage import open_store
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Service

log = logging.getLogger(__name__)

#: A product starts with its acquisition, or somewhat before if it was made from several slices.
_TOGETHER = timedelta(seconds=30)


class SupplementarySource(Protocol):
    """The interface of second sources: CARD products, day by day."""

    def read(self, kinds: Sequence[Kind], day: date) -> Page:
        """The products of a day of sensing."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def open_source(platform: str, address: str) -> SupplementarySource:
    """Open the second source of a platform.

    :param address: ``store``, or the address of daily lists.
    :raises SettingsError: it is neither.
    """
    if address == "store":
        return StoreListing(platform, open_store(platform))
    if address.startswith(("http://", "https://")):
        return CsvLists(platform, address)
    raise SettingsError(
        f"{address!r} is not a second source",
        subject=f"platforms.{platform}.second_source",
        hint="store, or the address of daily CSV lists",
    )


def sync(
    connection: Connection,
    season: Season,
    kinds: Iterable[Kind],
    start: datetime,
    end: datetime,
    platform: str | None = None,
    *,
    address: str = "",
) -> SyncReport:
    """Enter products of a window that the second source has and the ledger lacks; commits.

    Products without a level-1 acquisition in the ledger, or outside the season's area, are skipped
    and counted.

    :param start: aware UTC; sensed at or after this, and before ``end``.
    :param platform: else the setting ``platform``.
    :param address: instead of the platform's setting ``second_source``; without either nothing is
        done.
    :raises CatalogueError: no usable answer from the lists; nothing was entered.
    :raises StoreError: no usable answer from the store; nothing was entered.
    """
    platform = platform or settings().platform
    address = address or settings().known(platform).second_source
    wanted = [kind for kind in dict.fromkeys(kinds) if kind in FOLDERS]
    if not address or not wanted:
        return SyncReport()
    page = _listing(connection, platform, address, wanted, start, end)
    scenes = [scene for scene in page.scenes if start <= scene.start < end]
    report = enter(connection, [_new(connection, season, platform, scenes, page)])
    outages.end(connection, platform, Service.SECOND_SOURCE)
    connection.commit()
    return report


def _listing(
    connection: Connection,
    platform: str,
    address: str,
    kinds: Sequence[Kind],
    start: datetime,
    end: datetime,
) -> Page:
    connection.commit()  # no open transaction while waiting for the network
    whole = Page()
    try:
        with closing(open_source(platform, address)) as source:
            day, last = start.date(), (end - timedelta(microseconds=1)).date()
            while day <= last:
                page = source.read(kinds, day)
                whole.scenes.extend(page.scenes)
                whole.quarantined.extend(page.quarantined)
                whole.skipped.extend(page.skipped)
                day += timedelta(days=1)
    except (CatalogueError, StoreError) as error:
        outages.begin(connection, platform, Service.SECOND_SOURCE, str(error))
        connection.commit()
        raise
    return whole


def _new(
    connection: Connection, season: Season, platform: str, scenes: list[Scene], page: Page
) -> Page:
    """Scenes that the ledger lacks, with their metadata filled in; the others as skipped."""
    values = {
        "platform": platform,
        "kinds": [str(kind) for kind in FOLDERS],
        "names": [scene.name for scene in scenes] + [one.scene.name for one in page.quarantined],
    }
    known = {
        row.reference for row in connection.execute(query("catalogue/supplementary_known"), values)
    }
    unknown = [scene for scene in scenes if scene.name not in known]
    result = Page(skipped=list(page.skipped))
    acquisitions = _acquisitions(connection, platform, unknown)
    for scene in unknown:
        completed = _completed(scene, acquisitions)
        if completed.footprint is None:
            reason = "its acquisition is not in the ledger"
            result.skipped.append(Skipped(scene.product_id, scene.name, reason))
        elif shapely.intersects(completed.footprint, season.area):
            result.scenes.append(completed)
        else:
            result.skipped.append(Skipped(scene.product_id, scene.name, "outside the area"))
    # Listed without a usable location: quarantined if we process its acquisition.
    for one in page.quarantined:
        if one.scene.name not in known and _source_of(one.scene, acquisitions):
            result.quarantined.append(one)
    return result


def _acquisitions(connection: Connection, platform: str, scenes: Sequence[Scene]) -> list[Any]:
    if not scenes:
        return []
    values = {
        "platform": platform,
        "start": min(scene.start for scene in scenes) - _TOGETHER,
        "end": max(scene.start for scene in scenes) + _TOGETHER,
    }
    return connection.execute(query("catalogue/supplementary_acquisitions"), values).fetchall()


def _source_of(scene: Scene, acquisitions: Sequence[Any]) -> Any:
    """The acquisition that a product was made from: by name, else by satellite and time."""
    card = scene.kind.card
    kind = SOURCE_OF_CARD[card] if card else None
    ours = [row for row in acquisitions if row.kind == kind and row.sensor == scene.satellite]
    if scene.kind is Kind.CARD_BS:
        name = scene.name.removesuffix("_CARD_BS")
        return next((row for row in ours if row.reference == name), None)
    near = [row for row in ours if abs(row.obstime - scene.start) <= _TOGETHER]
    return min(near, key=lambda row: abs(row.obstime - scene.start), default=None)


def _completed(scene: Scene, acquisitions: Sequence[Any]) -> Scene:
    source = _source_of(scene, acquisitions)
    if source is None:
        return scene
    ground = shapely.from_wkb(source.footprint)
    return replace(
        scene,
        end=source.endtime if scene.end <= scene.start else scene.end,
        # A list has bounding boxes, which are larger than the footprint.
        footprint=ground if scene.kind is Kind.CARD_BS else scene.footprint or ground,
        rel_orbit=scene.rel_orbit or source.rel_orbit,
        abs_orbit=scene.abs_orbit or source.abs_orbit,
        direction=scene.direction or source.direction,
        datatake=scene.datatake or source.datatake,
        slice=scene.slice or source.slice,
        timeliness=scene.timeliness or source.timeliness,
    )
