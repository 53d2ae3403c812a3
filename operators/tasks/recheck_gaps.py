"""The task that asks the platforms again for what is missing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import task

from dias_cbm_airflow.operators import names

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection
    from dias_cbm.scenes import Kind
    from dias_cbm.seasons import Season

log = logging.getLogger(__name__)


@task(pool=names.CATALOGUE_POOL, execution_timeout=timedelta(hours=2))
def recheck_gaps(**context: Any) -> list[list[int]]:
    """Bring the gaps of every season up to date, and ask again for what is due.

    A platform that does not answer is left out, and the digest says so; when none does, the task is
    tried again before the rest goes on without them.

    :returns: ids, in batches, of scenes to work on: of passes that were missing, and those that
        were published or reprocessed after their day was closed.
    """
    from dias_cbm import seasons
    from dias_cbm.catalogue.accounts import accounts_from
    from dias_cbm.db.connection import connect
    from dias_cbm.storage import credentials_from
    from dias_cbm_airflow.operators.batches import batches
    from dias_cbm_airflow.operators.connections import database_url, dias_account, store_credentials
    from dias_cbm_airflow.operators.outage_retry import wait_for_platforms

    everything: bool = context["params"]["everything"]
    scenes: set[int] = set()
    outcomes = []
    with (
        accounts_from(dias_account),
        credentials_from(store_credentials),
        connect(database_url(), application="airflow recheck_gaps") as connection,
    ):
        for season in seasons.all_seasons(connection):
            answered, found = _recheck(connection, season, everything)
            outcomes.append("done" if answered else "paused")
            scenes |= found
    wait_for_platforms(context, outcomes)
    return batches(sorted(scenes))


def _recheck(connection: Connection, season: Season, everything: bool) -> tuple[bool, set[int]]:
    """Whether any platform answered, and the scenes to work on."""
    from dias_cbm.catalogue import deletions
    from dias_cbm.catalogue.all_platforms import ask
    from dias_cbm.catalogue.sync import SyncReport, poll
    from dias_cbm.completeness import gaps, retries
    from dias_cbm.db.queries import query
    from dias_cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card

    answered = True
    if everything or _may_get_news(season):
        cards = [Card(card) for card in names.CARDS]
        kinds = [kinds[card] for card in cards for kinds in (SOURCE_OF_CARD, KIND_OF_CARD)]

        # Both coherences are made from the same acquisitions.
        def look(platform: str) -> SyncReport:
            report = poll(connection, season, dict.fromkeys(kinds), platform)
            log.info("%s: %s", platform, deletions.apply(connection, season, platform))
            return report

        answers = ask(connection, look)
        log.info("%s: %s", season.name, answers)
        answered = bool(answers.given)
    log.info("%s: %s", season.name, gaps.refresh(connection, season))
    due = retries.due(connection, season, everything)
    found = retries.recheck(connection, season, due, _look)
    log.info("%s: %s", season.name, found)
    late = connection.execute(query("pipeline/scenes_after_closing"), {"season": season.id})
    return answered, {*found.scenes, *(row.id for row in late)}


def _look(
    connection: Connection,
    season: Season,
    kinds: Sequence[Kind],
    start: datetime,
    end: datetime,
) -> None:
    """Enter what the catalogues list, and what an engine is to make of it."""
    from dias_cbm.card.plan import plan_products
    from dias_cbm.catalogue.all_platforms import sync_everywhere

    sync_everywhere(connection, season, kinds, start, end)
    for card in {kind.card for kind in kinds if kind.card}:
        plan_products(connection, card, start, end)
    connection.commit()


def _may_get_news(season: Season) -> bool:
    """Whether publications about a season are still to be expected."""
    from dias_cbm.config.settings import settings

    today = datetime.now(UTC).date()
    return (
        season.starts <= today <= season.ends + timedelta(days=settings().completeness.give_up_days)
    )
