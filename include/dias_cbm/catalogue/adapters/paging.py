"""Paging, shared by all adapters: one query per kind and polygon, read to its last page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import httpx
import shapely
from shapely import Polygon

from dias_cbm.cards import LONGEST_PAIR, PAIR_KINDS
from dias_cbm.catalogue.area import cover
from dias_cbm.catalogue.base import Capabilities, Page, Quarantined, Query, Skipped, Tombstone
from dias_cbm.catalogue.odd_entries import Odd, SetAside
from dias_cbm.catalogue.query_windows import Seen, complete
from dias_cbm.config.settings import settings
from dias_cbm.errors import BadQuery, SchemaChanged, TooManyResults, Unavailable
from dias_cbm.scenes import Kind, Scene
from dias_cbm.transport.http import Client

Entry = Scene | Quarantined | Skipped

#: Longer than any product except a coherence pair. Where a platform compares the end of sensing
#: with the end of the window, the window is extended by this. Windows are not halved below it.
LONGEST_SENSING = timedelta(minutes=2)
#: Pages of one window; a listing that is longer does not end.
MOST_PAGES = 5000
#: Degrees from the polygon asked for at which a footprint may be: services measure on a sphere.
_NEAR = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """One kind over one polygon in one window.

    :param polygon: None for the whole world.
    """

    query: Query
    kind: Kind
    polygon: Polygon | None

    @property
    def late_end(self) -> datetime:
        """The time by which the sensing of everything that starts in the window has ended."""
        return self.query.end + (LONGEST_PAIR if self.kind in PAIR_KINDS else LONGEST_SENSING)


@dataclass(frozen=True, slots=True)
class Batch:
    """One parsed reply.

    :param more: more pages follow.
    :param link: what the platform wants to get back in the next request, if anything.
    """

    entries: Sequence[Entry | Odd]
    more: bool
    link: Any = None


class PagedCatalogue(ABC):
    """A catalogue over HTTP that lists page by page.

    :param platform: its name, written into every scene.
    :param base_url: of its catalogue.
    :param client: transport; else one of its own.
    :param page: entries a page; else the setting ``catalogue.page_entries``.
    """

    capabilities: Capabilities
    #: The platform takes boxes, not polygons: what is outside the polygon is left out here.
    boxes_only: ClassVar[bool] = False

    def __init__(
        self,
        platform: str,
        base_url: str,
        *,
        client: Client | None = None,
        page: int | None = None,
    ) -> None:
        self.platform = platform
        self._url = base_url.rstrip("/")
        self._client = client or Client(platform)
        wanted = settings().catalogue.page_entries if page is None else page
        self._page = max(1, min(wanted, self.capabilities.largest_page))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def deleted(self, since: datetime) -> Iterator[Tombstone]:
        """Nothing: the platform does not list deletions."""
        return iter(())

    def search(self, query: Query) -> Iterator[Page]:
        """Every product that matches the query, each once.

        An entry that cannot be read is quarantined by its name on the last page. If none can be
        read, the schema has changed.

        :raises CatalogueError: RateLimited, Unavailable, Unauthorised, BadQuery, SchemaChanged,
            TooManyResults.
        """
        if query.published_after is not None and not self.capabilities.published_filter:
            raise BadQuery(
                "cannot be searched by publication time",
                subject=self.platform,
                hint="search by sensing time",
            )
        polygons: list[Polygon | None] = [None] if query.area is None else [*cover(query.area)]
        seen, aside = Seen(), SetAside()
        for kind in dict.fromkeys(query.kinds):
            for polygon in polygons:
                read = partial(self._read, kind=kind, polygon=polygon, aside=aside)
                yield from complete(read, query, seen=seen)
        if aside.odd:
            self._check(aside)
            yield seen.fresh(aside.page(self.platform, query.kinds, query.start))

    @abstractmethod
    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        """Request one page and parse it.

        :param position: number of entries listed before this page.
        :param link: of the page before; None for the first page.
        """

    def _read(
        self, query: Query, *, kind: Kind, polygon: Polygon | None, aside: SetAside
    ) -> Iterator[Page]:
        """One window, page by page, until the platform has no more."""
        asked = Question(query, kind, polygon)
        position, link = 0, None
        listed: set[str] = set()
        followed: set[str] = set()
        for _ in range(MOST_PAGES):
            try:
                batch = self._batch(asked, position, link)
            except SchemaChanged as error:
                raise self._changed(error.message) from error
            ids = {_id(entry) for entry in batch.entries}
            if ids and ids <= listed:
                self._check(aside)
                raise self._changed("the same page was sent twice")
            listed |= ids
            aside.note(batch.entries)
            yield self._page_of(batch.entries, asked)
            if not batch.more:
                return
            position, link = position + len(batch.entries), batch.link
            if link is not None and repr(link) in followed:
                raise self._changed("the links to the next page go in a circle")
            followed.add(repr(link))
            reached = link if isinstance(link, int) else position
            limit = self.capabilities.largest_offset
            if limit is not None and reached > limit:
                raise TooManyResults(
                    f"more than {limit} entries",
                    subject=f"{self.platform} {query.start:%FT%T} .. {query.end:%FT%T}",
                    hint="ask for a smaller area",
                )
        raise self._changed(f"the listing does not end: {MOST_PAGES} pages, and more follow")

    def _check(self, aside: SetAside) -> None:
        try:
            aside.check()
        except SchemaChanged as error:
            raise self._changed(error.message) from error

    def _page_of(self, entries: Sequence[Entry | Odd], asked: Question) -> Page:
        page = Page()
        for entry in entries:
            if isinstance(entry, Odd):
                continue
            if isinstance(entry, Skipped):
                page.skipped.append(entry)
            elif not self._answers(entry, asked):
                continue
            elif isinstance(entry, Quarantined):
                page.quarantined.append(entry)
            elif reason := _elsewhere(entry, asked):
                astray = replace(entry, footprint=None)
                page.quarantined.append(Quarantined(entry.name, reason, astray))
            else:
                page.scenes.append(entry)
        return page

    def _answers(self, entry: Scene | Quarantined, asked: Question) -> bool:
        """Whether an entry is in the window: platforms compare with its ends in different ways."""
        scene = entry.scene if isinstance(entry, Quarantined) else entry
        if not asked.query.start <= scene.start < asked.query.end:
            return False
        if not self.boxes_only or asked.polygon is None or scene.footprint is None:
            return True
        return bool(shapely.intersects(asked.polygon, scene.footprint))

    def _limited(self, values: list[Any], path: str) -> list[Any]:
        """The entries of a reply; more than were requested is an error."""
        if len(values) > self._page:
            raise self._changed(f"{len(values)} entries at {path}, {self._page} were asked for")
        return values

    def _until(self, total: int | None, position: int, count: int) -> bool:
        """Whether more follows, by the platform's total count; a gap in a listing is an error.

        After a full page that goes beyond the count, more may follow: the count is wrong.
        """
        if total is None:
            raise self._changed("no count of all results")
        if not count and position < total:
            raise Unavailable(
                f"the listing ends at {position} of {total}",
                subject=self.platform,
                hint="ask again",
            )
        reached = position + count
        return reached < total or (reached > total and count >= self._page)

    def _own(self, address: str, path: str) -> httpx.URL:
        """Parse a link from a reply; it is never requested, only its parameters are used.

        So it may name another host, as a mirror's links do: the next request goes to the host that
        was asked, and credentials go nowhere else.

        :raises SchemaChanged: not a link.
        """
        try:
            return httpx.URL(address)
        except (httpx.InvalidURL, TypeError):
            raise self._changed(f"no link at {path}") from None

    def _changed(self, what: str) -> SchemaChanged:
        return SchemaChanged(
            what,
            subject=self.platform,
            hint="the platform's protocol has changed; this version cannot read it",
        )


def _elsewhere(scene: Scene, asked: Question) -> str | None:
    """Why a scene cannot be where its footprint is, such as one with its axes swapped."""
    if asked.polygon is None or scene.footprint is None:
        return None
    away = float(shapely.distance(asked.polygon, scene.footprint))
    return f"footprint is {away:.0f} degrees from the area asked for" if away > _NEAR else None


def _id(entry: Entry | Odd) -> str:
    return entry.scene.product_id if isinstance(entry, Quarantined) else entry.product_id


def iso(moment: datetime) -> str:
    """ISO 8601, always with ``Z``: services have taken times without a zone for local time."""
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
