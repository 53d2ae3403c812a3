"""One mail a day per season: what is missing, why, when it is tried next, what was recovered.

Sending goes ``compose`` -> ``claim`` -> send -> ``record_sent``, or ``release`` when sending fails.
The claim keeps two senders from sending the same digest, and no fact is mailed twice. If a sender
dies between the mail server's answer and ``record_sent``, its claim expires and the mail goes out a
second time rather than never, under the same Message-ID so that mail systems recognise the copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dias_cbm.completeness.scene_tiles import bounds
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict
from dias_cbm.notices import calendar, content, mail
from dias_cbm.notices.content import News
from dias_cbm.scenes import REPEAT_CYCLE
from dias_cbm.seasons import Season

# Without news there is one mail a week; the hour allows for jitter of the daily schedule.
_WEEKLY = timedelta(days=7) - timedelta(hours=1)


#: Content-ID of the calendar picture within the mail.
PICTURE = "calendar@cbm.invalid"


class DigestKind(StrEnum):
    """Why a digest is sent."""

    NEWS = "news"
    STILL_OPEN = "still open"
    ALL_WELL = "all is well"
    NOTHING_SEEN = "nothing seen"


@dataclass(frozen=True, slots=True)
class Digest:
    """One mail.

    :param season: id of the season it is about.
    :param news_hash: hash of the facts that it reports: the same news has the same hash.
    :param anything_new: whether to send it now.
    :param kind: why it is sent; without news it is a weekly mail.
    :param items: the facts that it reports for the first time.
    :param picture: the calendar as PNG, which the HTML form shows as ``PICTURE``.
    """

    season: int
    subject: str
    text: str
    html: str
    news_hash: str
    anything_new: bool
    kind: DigestKind
    items: Sequence[str] = ()
    picture: bytes | None = None

    @property
    def message_id(self) -> str:
        """Value of the Message-ID header; a repeated mail has the same one."""
        return f"<{self.news_hash}.{self.season}@cbm.invalid>"


def compose(
    connection: Connection,
    season: Season,
    now: datetime | None = None,
    *,
    with_picture: bool = False,
) -> Digest:
    """Write the digest of a season as of now. Stores nothing.

    :param now: instead of the present; aware UTC.
    :param with_picture: draw the calendar too, if the digest is due.
    """
    now = now or datetime.now(UTC)
    news = content.gather(connection, season, now)
    last_sent = _last_sent(connection, season)
    kind = _kind(news)
    weekly_due = last_sent is None or now - last_sent >= _WEEKLY
    if kind is DigestKind.NEWS:
        due, facts = True, list(news.items)
    elif kind is DigestKind.NOTHING_SEEN:
        due = weekly_due and now >= bounds(season)[0] + REPEAT_CYCLE["S1"]
        facts = [kind, str(last_sent)]
    else:
        due, facts = weekly_due, [kind, str(last_sent)]
    shown = calendar.gather(connection, season, now) if with_picture and due else None
    return Digest(
        season=season.id,
        subject=subject(news),
        text=mail.as_text(news),
        html=mail.as_html(news, f"cid:{PICTURE}", shown.summary()) if shown else mail.as_html(news),
        news_hash=hashlib.sha256("\n".join([season.name, *facts]).encode()).hexdigest()[:24],
        anything_new=due,
        kind=kind,
        items=[*news.items, *news.quiet_items],
        picture=calendar.as_png(shown) if shown else None,
    )


def subject(news: News) -> str:
    """The subject line, with the numbers."""
    return f"CbM {news.season.name}{' (simulated data)' * news.simulated}: {mail.headline(news)}"


def claim(connection: Connection, digest: Digest, now: datetime | None = None) -> bool:
    """Claim a digest for sending, and commit.

    :returns: False if it must not be sent: it was sent already, another one is being sent, or its
        news was mailed since it was composed.
    """
    hold(connection, Lock.DIGEST, digest.season)
    row = connection.execute(
        query("notices/digest_claim"),
        {
            "season": digest.season,
            "news": digest.news_hash,
            "subject": digest.subject,
            "items": list(digest.items),
            "now": now or datetime.now(UTC),
            "lease": timedelta(minutes=settings().extraction.lease_minutes),
        },
    ).fetchone()
    connection.commit()
    return row is not None


def release(connection: Connection, digest: Digest) -> None:
    """Release a claimed digest that could not be sent, and commit."""
    values = {"season": digest.season, "news": digest.news_hash}
    connection.execute(query("notices/digest_release"), values)
    connection.commit()


def record_sent(connection: Connection, digest: Digest, now: datetime | None = None) -> None:
    """Record that a claimed digest was sent, and commit.

    :raises StateConflict: it was not claimed.
    """
    result = connection.execute(
        query("notices/digest_sent"),
        {"season": digest.season, "news": digest.news_hash, "now": now or datetime.now(UTC)},
    )
    if result.rowcount != 1:
        raise StateConflict(
            "was sent without being claimed, or is recorded already",
            subject=f"digest {digest.news_hash}",
            hint="claim() before sending",
        )
    connection.commit()


def _kind(news: News) -> DigestKind:
    if news.items:
        return DigestKind.NEWS
    if news.open_gaps:
        return DigestKind.STILL_OPEN
    return DigestKind.ALL_WELL if news.expected else DigestKind.NOTHING_SEEN


def _last_sent(connection: Connection, season: Season) -> datetime | None:
    row = connection.execute(query("notices/digest_last_sent"), {"season": season.id}).fetchone()
    return None if row is None else row.at
