"""Digests: one mail per season about what is missing, sent once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from dias_cbm import seasons
from dias_cbm.completeness import gaps
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.notices import alerts, digest
from dias_cbm.notices.alerts import Alert
from dias_cbm.notices.digest import Digest
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)


def send_digests(
    connection: Connection,
    send_alert: Callable[[Alert], None],
    send: Callable[[str, Digest], None],
) -> dict[str, str]:
    """Update every season's gaps, and mail its digest if there is news; commits.

    Alerts that could not be sent when their tasks failed are sent first.

    :param send_alert: sends one alert.
    :param send: sends a digest to its recipients.
    :returns: by season, the subject of the sent mail, or why none was sent.
    """
    recipients = ", ".join(settings().mail.to)
    if recipients and (sent := alerts.deliver(connection, send_alert)):
        log.info("sent %d pending alerts", sent)
    results = {}
    for season in seasons.all_seasons(connection):
        report = gaps.refresh(connection, season)
        log.info("%s: %s", season.name, report)
        results[season.name] = _send(connection, season, recipients, send)
        log.info("%s: %s", season.name, results[season.name])
    return results


def _send(
    connection: Connection,
    season: Season,
    recipients: str,
    send: Callable[[str, Digest], None],
) -> str:
    composed = digest.compose(connection, season, with_picture=True)
    connection.commit()
    if not composed.anything_new:
        return "nothing new"
    if not recipients:
        return f"not sent, since the setting mail.to is empty: {composed.subject}"
    if not digest.claim(connection, composed):
        return "already sent"
    try:
        send(recipients, composed)
    except Exception:
        digest.release(connection, composed)
        raise
    digest.record_sent(connection, composed)
    return composed.subject
