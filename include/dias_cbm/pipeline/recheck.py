"""The recheck: ask the platforms again for missing, late and reprocessed products."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dias_cbm import seasons
from dias_cbm.card.plan import plan_products
from dias_cbm.catalogue import deletions
from dias_cbm.catalogue.all_platforms import ask, sync_everywhere
from dias_cbm.catalogue.sync import SyncReport, poll
from dias_cbm.completeness import gaps, retries
from dias_cbm.completeness.scene_tiles import TOLERANCE
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card, Kind
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rechecked:
    """Results of a recheck.

    :param scenes: ids of scenes to process: of passes that were missing, and those that were
        published or reprocessed after their day was closed.
    :param unanswered: names of the seasons for which no platform answered.
    """

    scenes: list[int]
    unanswered: list[str]


def recheck(
    connection: Connection,
    *,
    everything: bool = False,
    season: str | None = None,
    acquisition: int | None = None,
) -> Rechecked:
    """Update the gaps of every season, and ask again for those that are due; commits.

    A platform that does not answer is left out; its gaps stay due.

    :param everything: ask about every open gap, also those that are not due yet.
    :param season: name of the only one that it is about.
    :param acquisition: id of any scene of the only pass that it is about, in that season: then the
        platforms are not asked for other news.
    :raises SeasonError: there is no such season.
    """
    scenes: set[int] = set()
    unanswered = []
    if season is None:
        chosen = seasons.all_seasons(connection)
    else:
        chosen = [seasons.get(connection, season)]
    if acquisition is not None:
        for one in chosen:
            scenes |= _ask_for_gaps(connection, one, everything=True, acquisition=acquisition)
        connection.commit()
        return Rechecked(sorted(scenes), [])
    for one in chosen:
        if (everything or _may_get_news(one)) and not _take_news(connection, one):
            unanswered.append(one.name)
        scenes |= _ask_for_gaps(connection, one, everything=everything)
        late = connection.execute(query("pipeline/scenes_after_closing"), {"season": one.id})
        scenes |= {row.id for row in late}
    connection.commit()
    return Rechecked(sorted(scenes), unanswered)


def _may_get_news(season: Season) -> bool:
    """Whether new publications for a season are still expected."""
    today = datetime.now(UTC).date()
    return (
        season.starts <= today <= season.ends + timedelta(days=settings().completeness.give_up_days)
    )


def _take_news(connection: Connection, season: Season) -> bool:
    """Enter publications and deletions since the last poll; return whether a platform answered."""
    # Both coherences are made from the same acquisitions.
    kinds = dict.fromkeys(kind for card in Card for kind in _kinds(card))

    def look(platform: str) -> SyncReport:
        report = poll(connection, season, kinds, platform)
        deleted = deletions.apply(connection, season, platform)
        log.info("%s: %s", platform, deleted)
        return report

    answers = ask(connection, look)
    log.info("%s: %s", season.name, answers)
    return bool(answers.given)


def _ask_for_gaps(
    connection: Connection, season: Season, *, everything: bool, acquisition: int | None = None
) -> set[int]:
    """Ask for the passes of gaps; return the scenes that can be processed."""
    report = gaps.refresh(connection, season)
    log.info("%s: %s", season.name, report)
    due = retries.due(connection, season, everything)
    if acquisition is not None:
        values = {"season": season.id, "scene": acquisition, "tolerance": TOLERANCE}
        own = {row.id for row in connection.execute(query("completeness/gaps_of_scene"), values)}
        due = [gap for gap in due if gap.id in own]
    found = retries.recheck(connection, season, due, _look)
    log.info("%s: %s", season.name, found)
    return set(found.scenes)


def _look(
    connection: Connection,
    season: Season,
    kinds: Sequence[Kind],
    start: datetime,
    end: datetime,
) -> None:
    """Enter what the catalogues list, and the products that an engine makes from it."""
    sync_everywhere(connection, season, kinds, start, end)
    for card in {kind.card for kind in kinds if kind.card}:
        plan_products(connection, card, start, end)
    connection.commit()


def _kinds(card: Card) -> tuple[Kind, Kind]:
    return SOURCE_OF_CARD[card], KIND_OF_CARD[card]
