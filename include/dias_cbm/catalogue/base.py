"""The interface of catalogue adapters: queries, pages and capabilities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, Self

from shapely import MultiPolygon

from dias_cbm.errors import BadQuery
from dias_cbm.scenes import Kind, Scene


@dataclass(frozen=True, slots=True)
class Query:
    """A search for products. All times are aware UTC.

    :param kinds: at least one.
    :param area: in EPSG:4326, longitude first; None for the whole world.
    :param start: sensing start at or after this.
    :param end: sensing start before this.
    :param published_after: published later than this; None for any time.
    :raises BadQuery: a time without zone, an empty window, an empty area or no kind.
    """

    kinds: tuple[Kind, ...]
    area: MultiPolygon | None
    start: datetime
    end: datetime
    published_after: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("start", "end", "published_after"):
            value = getattr(self, name)
            if value is not None and value.utcoffset() != timedelta(0):
                raise BadQuery(f"{name} must be in UTC", subject=value)
        if self.start >= self.end:
            raise BadQuery("the window is empty", subject=f"{self.start} .. {self.end}")
        if not self.kinds:
            raise BadQuery("no kind of product asked for", subject="query")
        if self.area is not None and self.area.is_empty:
            raise BadQuery("the area is empty", subject="query")

    def halves(self) -> tuple[Self, Self]:
        """Two queries for the halves of the window, without gap or overlap."""
        middle = self.start + (self.end - self.start) / 2
        return replace(self, end=middle), replace(self, start=middle)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An entry of a product type that we process, but that cannot be used.

    :param scene: with ``footprint`` None, so that the ledger keeps a row for it.
    """

    name: str
    reason: str
    scene: Scene


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that we do not process: an auxiliary file or another product type."""

    product_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One parsed reply of a catalogue; every entry is in one of the three lists."""

    scenes: list[Scene] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform's catalogue can do; the layer above adapts to it.

    :param published_filter: it can filter by publication time.
    :param largest_page: entries per page, at most.
    :param largest_offset: entries that can be skipped, at most; None for no known limit.
    :param deletions: it lists deleted products.
    """

    published_filter: bool
    largest_page: int
    largest_offset: int | None
    deletions: bool = False


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A product that a platform has deleted.

    :param cause: in the platform's words.
    """

    product_id: str
    name: str
    deleted: datetime
    cause: str


class Catalogue(Protocol):
    """One platform's catalogue."""

    platform: str
    capabilities: Capabilities

    def search(self, query: Query) -> Iterator[Page]:
        """Every entry that matches the query, each once, however many there are.

        :raises CatalogueError: one of its leaves; what was yielded before is correct, but not
            complete.
        """

    def deleted(self, since: datetime) -> Iterator[Tombstone]:
        """Products deleted since a moment; none where the platform does not list deletions.

        :raises CatalogueError: as :meth:`search`.
        """

    def close(self) -> None:
        """Close the connections."""
