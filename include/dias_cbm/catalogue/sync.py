"""Synchronise the ledger with a platform's catalogue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta

from dias_cbm import ledger
from dias_cbm.catalogue import card_sources, open_catalogue, sweeps, watermark
from dias_cbm.catalogue.base import Catalogue, Page, Query
from dias_cbm.catalogue.supersession import lock, settle
from dias_cbm.config.settings import settings
from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import BadQuery, CatalogueError, SchemaChanged, TooManyResults
from dias_cbm.scenes import Kind, Scene
from dias_cbm.seasons import Season
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Service

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Result of a synchronisation.

    :param found: scenes that the platform lists, quarantined ones included.
    :param changed: known scenes that were published again.
    :param superseded: scenes that a better product has now superseded.
    :param quarantined: scenes that cannot be used; the ledger says why.
    :param skipped: entries of other product types.
    :param new_ids: ids of the scenes listed for the first time.
    :param ready_ids: ids of the listed CARD products to be processed, by sensing time.
    """

    found: int = 0
    new: int = 0
    changed: int = 0
    superseded: int = 0
    quarantined: int = 0
    skipped: int = 0
    new_ids: list[int] = field(default_factory=list)
    ready_ids: list[int] = field(default_factory=list)

    def __add__(self, other: SyncReport) -> SyncReport:
        """Both together; a scene that both have is counted twice."""
        return SyncReport(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def sync(
    connection: Connection,
    season: Season,
    kinds: Iterable[Kind],
    start: datetime,
    end: datetime,
    platform: str | None = None,
    *,
    catalogue: Catalogue | None = None,
) -> SyncReport:
    """Enter everything sensed over a season's area in a window; commits.

    Running it again changes nothing; two concurrent runs have the same result as two in sequence.

    :param start: sensing start at or after this; aware UTC.
    :param end: sensing start before this.
    :param platform: else the setting ``platform``.
    :param catalogue: instead of the platform's own; stays open.
    :raises CatalogueError: the platform did not give a complete answer; nothing was entered.
    """
    platform = platform or settings().platform
    kinds = tuple(kinds)
    log.info("%s: %s from %s to %s", platform, ", ".join(kinds), start, end)
    query = Query(kinds, season.area, start, end)
    pages = _pages(connection, platform, catalogue, lambda _: [query])
    report = enter(connection, pages)
    connection.commit()
    return report


def poll(
    connection: Connection,
    season: Season,
    kinds: Iterable[Kind],
    platform: str | None = None,
    *,
    catalogue: Catalogue | None = None,
) -> SyncReport:
    """Enter everything published since the last poll, however long ago it was sensed; commits.

    It looks again at what was published up to ``catalogue.overlap_days`` before the watermark,
    because publications do not appear in order, and once a week at everything sensed within
    :data:`dias_cbm.catalogue.sweeps.SWEEP`. A platform without a publication filter is searched by
    sensing time: the first time for the whole season, then for the period of a sweep. The
    watermark moves in the transaction that enters the scenes.

    :param platform: else the setting ``platform``.
    :raises CatalogueError: the platform did not give a complete answer; nothing was entered.
    """
    platform, kinds = platform or settings().platform, tuple(kinds)
    swept = sweeps.last(connection, platform, season.id, sweeps.SWEPT)
    now = datetime.now(UTC)
    due = swept is None or now - swept >= sweeps.SWEEP_EVERY

    def questions(opened: Catalogue) -> list[Query]:
        if not opened.capabilities.published_filter:
            return [_sensed(season, kinds) if swept is None else _recent(season, kinds, now)]
        asked = [_since(connection, season, kind, platform) for kind in kinds]
        # Without an earlier poll everything is asked for anyway.
        known = tuple(one.kinds[0] for one in asked if one.published_after is not None)
        return asked + ([_recent(season, known, now)] if due and known else [])

    pages = _pages(connection, platform, catalogue, questions)
    report = enter(connection, pages)
    for kind, published in _latest(pages).items():
        watermark.advance(connection, platform, season.id, kind, published)
    if due:
        sweeps.record(connection, platform, season.id, sweeps.SWEPT, now)
    connection.commit()
    return report


def sweep(
    connection: Connection,
    season: Season,
    kinds: Iterable[Kind],
    platform: str | None = None,
    *,
    catalogue: Catalogue | None = None,
    now: datetime | None = None,
) -> SyncReport:
    """Enter all that was sensed in the last :data:`dias_cbm.catalogue.sweeps.SWEEP`; commits.

    It finds what a poll by publication misses: a publication time that was set back, or an entry
    that appeared long after it.

    :param now: aware UTC; else the current time. After the season its last days are swept.
    :raises CatalogueError: the platform did not give a complete answer; nothing was entered.
    """
    platform, now = platform or settings().platform, now or datetime.now(UTC)
    query = _recent(season, tuple(kinds), now)
    pages = _pages(connection, platform, catalogue, lambda _: [query])
    report = enter(connection, pages)
    sweeps.record(connection, platform, season.id, sweeps.SWEPT, now)
    connection.commit()
    return report


def _sensed(season: Season, kinds: tuple[Kind, ...]) -> Query:
    """The whole season by sensing time."""
    return Query(kinds, season.area, *day_bounds(season.starts, season.ends))


def _recent(season: Season, kinds: tuple[Kind, ...], now: datetime) -> Query:
    """The last days of the season so far, by sensing time."""
    whole = _sensed(season, kinds)
    # Before the season there is nothing; its first day is asked for all the same.
    end = min(whole.end, max(now, whole.start + timedelta(days=1)))
    return replace(whole, start=max(whole.start, end - sweeps.SWEEP), end=end)


def _since(connection: Connection, season: Season, kind: Kind, platform: str) -> Query:
    read = watermark.read(connection, platform, season.id, kind)
    overlap = timedelta(days=settings().catalogue.overlap_days)
    after = None if read is None else read - overlap
    return replace(_sensed(season, (kind,)), published_after=after)


def _pages(
    connection: Connection,
    platform: str,
    catalogue: Catalogue | None,
    questions: Callable[[Catalogue], list[Query]],
) -> list[Page]:
    opened = catalogue or open_catalogue(platform, shared=True)
    try:
        queries = questions(opened)
        # No open transaction, which would hold back vacuum, while waiting for the network.
        connection.commit()
        pages = [page for query in queries for page in opened.search(query)]
    except (BadQuery, TooManyResults):  # of this question, not of the platform
        raise
    except CatalogueError as error:
        # A platform with an unexpected reply is up: one odd reply must not stop other queries.
        backoff = not isinstance(error, SchemaChanged)
        outages.begin(connection, platform, Service.CATALOGUE, str(error), backoff=backoff)
        connection.commit()
        raise
    finally:
        if catalogue is None:
            opened.close()
    outages.end(connection, platform, Service.CATALOGUE)
    return pages


def _latest(pages: list[Page]) -> dict[Kind, datetime]:
    latest: dict[Kind, datetime] = {}
    for scene in _scenes(pages):
        if scene.published is not None:
            latest[scene.kind] = max(scene.published, latest.get(scene.kind, scene.published))
    return latest


def _scenes(pages: list[Page]) -> list[Scene]:
    """All scenes listed, also the quarantined ones: each gets a row."""
    listed = [scene for page in pages for scene in page.scenes]
    return listed + [entry.scene for page in pages for entry in page.quarantined]


def enter(connection: Connection, pages: list[Page]) -> SyncReport:
    """Write a listing, supersede duplicates and link sources, one listing at a time."""
    scenes = _scenes(pages)
    reasons = {}
    for page in pages:
        for entry in page.quarantined:
            log.warning("%s: quarantined: %s", entry.name, entry.reason)
            reasons[entry.scene.platform, entry.scene.product_id] = entry.reason
        for skipped in page.skipped:
            log.info("%s: skipped: %s", skipped.name, skipped.reason)
    lock(connection)
    entered = ledger.upsert(connection, scenes, reasons)
    ids = [*entered.new, *entered.changed, *entered.known, *entered.quarantined]
    losers = 0
    if scenes:
        start, end = min(s.start for s in scenes), max(s.start for s in scenes)
        window = start, end + timedelta(minutes=1)
        card_sources.complete(connection, *window)
        losers = settle(connection, ids)
        card_sources.link(connection, *window)
    ready = connection.execute(query("catalogue/ready"), {"ids": ids}).fetchall()
    return SyncReport(
        found=len(ids),
        new=len(entered.new),
        changed=len(entered.changed),
        superseded=losers,
        quarantined=len(entered.quarantined),
        skipped=sum(len(page.skipped) for page in pages),
        new_ids=entered.new,
        ready_ids=[row.id for row in ready],
    )
