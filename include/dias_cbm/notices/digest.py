"""One mail a day per season: what is missing, why, when it is tried next, what was recovered.

Sending goes ``compose`` -> ``claim`` -> send -> ``record_sent``, or ``release`` when sending fails.
The claim keeps two senders from sending the same; what a sent digest told is never told again. A
sender that dies between the mail server's answer and ``record_sent`` leaves its claim behind, which
runs out: the mail then goes out a second time rather than never, under the same Message-ID, by
which mail systems know a copy.
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

# Without news there is a mail a week; the hour is for the jitter of a daily schedule.
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
    :param news_hash: names what it tells: the same news has the same hash.
    :param anything_new: whether it is to be sent now.
    :param kind: why; without news it is a weekly mail.
    :param items: the single facts it tells for the first time.
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
        """For the header of that name; a repeated mail has the same."""
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
    :param with_picture: paint the calendar too, if the digest is to be sent.
    """
    now = now or datetime.now(UTC)
    told = content.gather(connection, season, now)
    last_sent = _last_sent(connection, season)
    kind = _kind(told)
    weekly_due = last_sent is None or now - last_sent >= _WEEKLY
    if kind is DigestKind.NEWS:
        due, facts = True, list(told.items)
    elif kind is DigestKind.NOTHING_SEEN:
        due = weekly_due and now >= bounds(season)[0] + REPEAT_CYCLE["S1"]
        facts = [kind, str(last_sent)]
    else:
        due, facts = weekly_due, [kind, str(last_sent)]
    shown = calendar.gather(connection, season, now) if with_picture and due else None
    return Digest(
        season=season.id,
        subject=subject(told),
        text=mail.as_text(told),
        html=mail.as_html(told, f"cid:{PICTURE}", shown.summary()) if shown else mail.as_html(told),
        news_hash=hashlib.sha256("\n".join([season.name, *facts]).encode()).hexdigest()[:24],
        anything_new=due,
        kind=kind,
        items=[*told.items, *told.quiet_items],
        picture=calendar.as_png(shown) if shown else None,
    )


def subject(told: News) -> str:
    """The subject, with the numbers."""
    return f"CbM {told.season.name}{' (simulated data)' * told.simulated}: {mail.headline(told)}"


def claim(connection: Connection, digest: Digest, now: datetime | None = None) -> bool:
    """Take a digest for sending, and commit.

    :returns: False when it was sent, when another is being sent, or when what it tells was told
        since it was composed: then do not send.
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
    """Give a claimed digest back because it could not be sent, and commit."""
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


def _kind(told: News) -> DigestKind:
    if told.items:
        return DigestKind.NEWS
    if told.open_gaps:
        return DigestKind.STILL_OPEN
    return DigestKind.ALL_WELL if told.expected else DigestKind.NOTHING_SEEN


def _last_sent(connection: Connection, season: Season) -> datetime | None:
    row = connection.execute(query("notices/digest_last_sent"), {"season": season.id}).fetchone()
    return None if row is None else row.at
