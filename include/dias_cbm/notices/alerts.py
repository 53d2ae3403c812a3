"""One mail for each task that has used up its retries; how it and others are recorded and sent.

A mail is recorded before it is sent and marked once the mail server has accepted it. A failure that
is reported twice is mailed once; one that happens while the mail server is down is mailed later.
One that the mail server refuses does not hold up the others; after five tries it is set aside, and
the next digest reports it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from dias_cbm.completeness.causes import CARD_NAME, when
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.notices import refusals
from dias_cbm.scenes import Card, explained

log = logging.getLogger(__name__)

#: Most scenes that one mail lists; the rest is only counted.
MOST_SCENES = 20
#: Tries of an alert that the mail server refuses, before it is set aside.
MOST_TRIES = 5

_BODY = "margin:24px;font:14px Arial,Helvetica,sans-serif;color:#1c2420;max-width:760px"
_NAME = "text-align:left;vertical-align:top;padding:4px 18px 4px 0;color:#4a564f;white-space:nowrap"
_VALUE = "padding:4px 0;vertical-align:top;overflow-wrap:anywhere"


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that has used up its retries.

    :param task: unique key of the try, e.g. ``cbm_bs/RUN/extract/0/5``.
    :param title: for people, e.g. ``cbm_bs.extract [0]``.
    :param scenes: ids of the scenes it was working on.
    :param error: the error it ended with.
    :param advice: what to do.
    :param link: to its log; empty if there is none.
    """

    task: str
    title: str
    run: str
    tries: int
    error: str
    advice: str
    scenes: Sequence[int] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One mail.

    :param task: the failure that it is about.
    """

    task: str
    subject: str
    text: str
    html: str

    @property
    def message_id(self) -> str:
        """Value of the Message-ID header; a repeated mail has the same one."""
        digest = hashlib.sha256(self.task.encode()).hexdigest()[:24]
        return f"<{digest}.alert@cbm.invalid>"


#: Sends one mail, or raises; returns the recipients that were refused while others were not.
Send = Callable[[Alert], Mapping[str, str] | None]


def compose(failure: Failure, scenes: Sequence[str] = ()) -> Alert:
    """Write the mail about a failure.

    :param scenes: lines of :func:`describe`.
    """
    tries = "1 try" if failure.tries == 1 else f"{failure.tries} tries"
    lines = [
        ("Task", f"{failure.title}, failed after {tries}"),
        ("Run", failure.run),
        *(("Scene", scene) for scene in scenes),
        ("Reason", failure.error),
        ("What to do", failure.advice),
        *([("Log", failure.link)] if failure.link else []),
    ]
    about = f": {scenes[0].partition(',')[0]}" if len(scenes) == 1 else ""
    return written(failure.task, f"[cbm] FAILED {failure.title}, {failure.run}{about}", lines)


def written(key: str, subject: str, lines: Sequence[tuple[str, str]]) -> Alert:
    """Write a mail of lines, each with a name."""
    rows = "".join(
        f'<tr><th style="{_NAME}">{name}</th><td style="{_VALUE}">{_html(name, value)}</td></tr>'
        for name, value in lines
    )
    return Alert(
        key,
        subject,
        "\n".join(f"{name}: {value}" for name, value in lines) + "\n",
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body style="{_BODY}">'
        f'<table style="border-collapse:collapse">{rows}</table></body></html>',
    )


def describe(connection: Connection, scenes: Sequence[int]) -> list[str]:
    """One line per scene: its name, product, time and state in the ledger."""
    rows = connection.execute(query("notices/alert_scenes"), {"scenes": list(scenes)}).fetchall()
    lines = [
        f"{row.reference}, {CARD_NAME[Card(row.card)] if row.card else 'level-1'},"
        f" {when(row.obstime)}, scene {row.id} in the ledger, state {row.status}"
        + (f": {why}" if (why := explained(row.cause, row.reason)) else "")
        for row in rows[:MOST_SCENES]
    ]
    left_out = len(rows) - len(lines)
    return [*lines, *([f"... and {left_out} more"] if left_out else [])]


def record(connection: Connection, alert: Alert) -> None:
    """Store an alert for sending, unless it is stored already. Commits."""
    values = {
        "task": alert.task,
        "subject": alert.subject,
        "text": alert.text,
        "html": alert.html,
    }
    connection.execute(query("notices/alert_record"), values)
    connection.commit()


def deliver(connection: Connection, send: Send, now: datetime | None = None) -> int:
    """Send all unsent alerts, the oldest first; commits after each.

    If a sender dies between the mail server's answer and the commit, its claim expires and the mail
    goes out again, under the same Message-ID so that mail systems recognise the copy.

    One that the mail server refuses is counted as tried, and the next one follows. If sending
    fails otherwise twice in a row, the server is taken to be down, and no try is counted.

    :param now: instead of the present; aware UTC.
    :returns: how many were sent.
    """
    sent = 0
    tried: list[str] = []
    failed: tuple[Alert, Exception] | None = None
    while (alert := _claim(connection, now or datetime.now(UTC), tried)) is not None:
        tried.append(alert.task)
        try:
            refused = send(alert)
        except Exception as error:
            if refusals.is_of_the_mail(error):
                _count(connection, alert, error)
                continue
            _note(connection, "notices/alert_release", alert)
            if failed is not None:
                raise
            failed = alert, error
            continue
        refusals.record(connection, refused or {})
        _note(connection, "notices/alert_sent", alert)
        sent += 1
        if failed is not None:
            # The server is up, so that it was this mail.
            _count(connection, *failed)
            failed = None
    if failed is not None:
        raise failed[1]
    return sent


def _claim(connection: Connection, now: datetime, tried: Sequence[str]) -> Alert | None:
    lease = timedelta(minutes=settings().extraction.lease_minutes)
    values = {"now": now, "lease": lease, "tried": list(tried)}
    row = connection.execute(query("notices/alert_claim"), values).fetchone()
    connection.commit()
    return None if row is None else Alert(**row._asdict())


def _count(connection: Connection, alert: Alert, error: Exception) -> None:
    log.warning("the mail server refuses the alert about %s: %s", alert.task, error)
    values = {"task": alert.task, "error": str(error)[:500], "most": MOST_TRIES}
    connection.execute(query("notices/alert_refused"), values)
    connection.commit()


def _note(connection: Connection, name: str, alert: Alert) -> None:
    connection.execute(query(name), {"task": alert.task})
    connection.commit()


def _html(name: str, value: str) -> str:
    text = escape(value)
    if name == "Log":
        return f'<a href="{text}">{text}</a>'
    return f'<pre style="margin:0;white-space:pre-wrap">{text}</pre>' if name == "Reason" else text
