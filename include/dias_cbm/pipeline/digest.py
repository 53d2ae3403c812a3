"""Digests: one mail per season about what is missing, sent once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from dias_cbm import seasons
from dias_cbm.completeness import gaps
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.notices import alerts, digest, refusals
from dias_cbm.notices.alerts import Send as SendAlert
from dias_cbm.notices.digest import Digest
from dias_cbm.seasons import Season

#: Sends a digest to its recipients; returns those refused while others were not.
Send = Callable[[str, Digest], Mapping[str, str] | None]

log = logging.getLogger(__name__)


def send_digests(
    connection: Connection,
    send_alert: SendAlert,
    send: Send,
) -> dict[str, str]:
    """Update every season's gaps, and mail its digest if there is news; commits.

    Alerts that could not be sent when their tasks failed are sent first.

    :param send_alert: sends one alert.
    :param send: sends a digest to its recipients.
    If one season fails, the others follow first.

    :returns: by season, the subject of the sent mail, or why none was sent.
    :raises Exception: the first failure, with those of other seasons as notes.
    """
    recipients = ", ".join(settings().mail.to)
    failures: list[Exception] = []
    try:
        if recipients and (sent := alerts.deliver(connection, send_alert)):
            log.info("sent %d pending alerts", sent)
    except Exception as error:
        _note(connection, failures, "alerts", error)
    results = {}
    for season in seasons.all_seasons(connection):
        try:
            report = gaps.refresh(connection, season)
            log.info("%s: %s", season.name, report)
            results[season.name] = _send(connection, season, recipients, send)
            log.info("%s: %s", season.name, results[season.name])
        except Exception as error:
            _note(connection, failures, season.name, error)
    if failures:
        raise failures[0]
    return results


def _note(
    connection: Connection, failures: list[Exception], subject: str, error: Exception
) -> None:
    log.warning("%s: %s", subject, error, exc_info=error)
    if not connection.closed:
        connection.rollback()
    failures.append(error)
    failures[0].add_note(f"{subject}: {error}")


def _send(
    connection: Connection,
    season: Season,
    recipients: str,
    send: Send,
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
        refused = send(recipients, composed)
    except Exception:
        digest.release(connection, composed)
        raise
    refusals.record(connection, refused or {})
    digest.record_sent(connection, composed)
    return composed.subject
