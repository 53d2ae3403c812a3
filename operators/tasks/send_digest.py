"""The task that mails what is missing."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import TriggerRule, task

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection
    from dias_cbm.seasons import Season

log = logging.getLogger(__name__)


@task(execution_timeout=timedelta(minutes=30), trigger_rule=TriggerRule.ALL_DONE)
def send_digest() -> dict[str, str]:
    """Bring every season's gaps up to date, and mail each one's digest if it has news.

    Alerts that could not be sent when their tasks failed go first.

    :returns: by season the subject of what was sent, or why nothing was.
    """
    from dias_cbm import seasons
    from dias_cbm.completeness import gaps
    from dias_cbm.config.settings import settings
    from dias_cbm.db.connection import connect
    from dias_cbm.notices import alerts
    from dias_cbm_airflow.operators import failure_mail
    from dias_cbm_airflow.operators.connections import database_url

    results = {}
    with connect(database_url(), application="airflow send_digest") as connection:
        if settings().mail.to and (sent := alerts.deliver(connection, failure_mail.send)):
            log.info("sent %d alerts that had waited", sent)
        for season in seasons.all_seasons(connection):
            log.info("%s: %s", season.name, gaps.refresh(connection, season))
            results[season.name] = _send(connection, season)
            log.info("%s: %s", season.name, results[season.name])
    return results


def _send(connection: Connection, season: Season) -> str:
    from dias_cbm.config.settings import settings
    from dias_cbm.notices import digest
    from dias_cbm_airflow.operators import mail

    composed = digest.compose(connection, season, with_picture=True)
    connection.commit()
    recipients = settings().mail.to
    if not composed.anything_new:
        return "nothing new"
    if not recipients:
        return f"not sent, since the setting mail.to is empty: {composed.subject}"
    if not digest.claim(connection, composed):
        return "sent already"
    try:
        mail.send(
            ", ".join(recipients),
            composed.subject,
            composed.text,
            composed.html,
            message_id=composed.message_id,
            pictures={digest.PICTURE: composed.picture} if composed.picture else {},
        )
    except Exception:
        digest.release(connection, composed)
        raise
    digest.record_sent(connection, composed)
    return composed.subject
