"""The task that asks the platforms again for what is missing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import task

from operators import names

if TYPE_CHECKING:
    from cbm.database import Connection
    from cbm.scenes import Kind
    from cbm.seasons import Season

log = logging.getLogger(__name__)


@task(pool=names.CATALOGUE_POOL, execution_timeout=timedelta(hours=2))
def recheck_gaps(**context: Any) -> list[list[int]]:
    """Bring the gaps of every season up to date, and ask again for what is due.

    :returns: ids, in batches, of scenes to work on: of passes that were missing, and those that
        were published or reprocessed after their day was closed.
    :raises CatalogueError: a platform did not give a usable answer.
    """
    from cbm import seasons
    from cbm.database import connect
    from operators.batches import batches
    from operators.connections import database_url

    everything: bool = context["params"]["everything"]
    scenes: set[int] = set()
    with connect(database_url(), application="airflow recheck_gaps") as connection:
        for season in seasons.all_seasons(connection):
            scenes |= _recheck(connection, season, everything)
    return batches(sorted(scenes))


def _recheck(connection: Connection, season: Season, everything: bool) -> set[int]:
    from cbm.catalogue.sync import poll
    from cbm.completeness import gaps, retries
    from cbm.database import query
    from cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card

    if everything or _may_get_news(season):
        cards = [Card(card) for card in names.CARDS]
        kinds = [kinds[card] for card in cards for kinds in (SOURCE_OF_CARD, KIND_OF_CARD)]
        # Both coherences are made from the same acquisitions.
        log.info("%s: %s", season.name, poll(connection, season, dict.fromkeys(kinds)))
    log.info("%s: %s", season.name, gaps.refresh(connection, season))
    due = retries.due(connection, season, everything)
    found = retries.recheck(connection, season, due, _look)
    log.info("%s: %s", season.name, found)
    late = connection.execute(query("scenes_after_closing"), {"season": season.id})
    return {*found.scenes, *(row.id for row in late)}


def _look(
    connection: Connection,
    season: Season,
    kinds: Sequence[Kind],
    start: datetime,
    end: datetime,
) -> None:
    """Enter what the catalogue lists, and what an engine is to make of it."""
    from cbm.card.plan import plan_products
    from cbm.catalogue.sync import sync

    sync(connection, season, kinds, start, end)
    for card in {kind.card for kind in kinds if kind.card}:
        plan_products(connection, card, start, end)
    connection.commit()


def _may_get_news(season: Season) -> bool:
    """Whether publications about a season are still to be expected."""
    from cbm.settings import settings

    today = datetime.now(UTC).date()
    return season.starts <= today <= season.ends + timedelta(days=settings().gap_give_up_days)
