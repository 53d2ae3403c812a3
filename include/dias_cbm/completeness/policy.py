"""The retry policy: what is done about each kind of failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from dias_cbm.config.settings import settings
from dias_cbm.scenes import Cause

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


class Failure(StrEnum):
    """Kinds of failure that are handled differently."""

    NOT_PUBLISHED = "not yet published"
    BUSY = "platform busy"
    OFFLINE = "offline, being restored"
    FETCH = "could not be fetched"
    CORRUPT = "corrupt"
    CARD = "CARD engine failed"
    ORBIT = "orbit file cannot be read"
    UNSYNCHRONISED = "bursts not synchronised"
    EXTRACTION = "extraction failed"
    POISON = "failed too often"


@dataclass(frozen=True, slots=True)
class Policy:
    """How one kind of failure is handled.

    :param does: in words, for logs and mails.
    :param first: first wait, in units of ``completeness.first_retry_hours``; it doubles.
    :param longest: longest wait.
    :param again: whether a failed product is reopened; the catalogue is asked in any case.
    :param limited: whether failing counts towards the setting ``extraction.attempts``.
    """

    failure: Failure
    does: str
    first: float = 1.0
    longest: timedelta = _WEEK
    again: bool = True
    limited: bool = True

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after a number of attempts: twice as long each time, up to a limit."""
        first = timedelta(hours=settings().completeness.first_retry_hours) * self.first
        # After some doublings the limit applies anyway, and 2**attempts would overflow a timedelta.
        return min(first * 2 ** min(attempts, 30), self.longest)


POLICIES: Mapping[Failure, Policy] = {
    policy.failure: policy
    for policy in (
        Policy(
            Failure.NOT_PUBLISHED,
            "ask the catalogue again until the gap is given up",
            limited=False,
        ),
        Policy(
            Failure.BUSY,
            "ask that platform nothing more in this run; the gaps stay due",
            again=False,
            limited=False,
        ),
        Policy(
            Failure.OFFLINE,
            "check soon, and at least daily, whether it has been restored",
            first=1 / 3,
            longest=_DAY,
            limited=False,
        ),
        Policy(
            Failure.FETCH, "fetch it again soon, at least daily", 1 / 3, longest=_DAY, limited=False
        ),
        Policy(Failure.CORRUPT, "fetch and validate it again"),
        Policy(Failure.CARD, "let the engine make it again"),
        Policy(
            Failure.ORBIT,
            "let the engine make it again, at least daily, until an orbit file can be read",
            longest=_DAY,
            limited=False,
        ),
        Policy(
            Failure.UNSYNCHRONISED,
            "not made again: the acquisitions stay as they are",
            first=28.0,
            again=False,
            limited=False,
        ),
        Policy(Failure.EXTRACTION, "extract it again from the product"),
        Policy(
            Failure.POISON,
            "set aside: reopened only if the platform publishes it again",
            first=28.0,
            again=False,
        ),
    )
}

_OF_CAUSE: Mapping[Cause, Failure] = {
    Cause.FETCH_FAILED: Failure.FETCH,
    Cause.CORRUPT: Failure.CORRUPT,
    Cause.CARD_FAILED: Failure.CARD,
    Cause.ORBIT_UNREADABLE: Failure.ORBIT,
    Cause.UNSYNCHRONISED: Failure.UNSYNCHRONISED,
    Cause.EXTRACTION_FAILED: Failure.EXTRACTION,
}


def policy_of(cause: Cause, *, attempts: int = 0, online: bool | None = None) -> Policy:
    """The policy for the cause of a gap or of a failed scene.

    :param attempts: times the product itself has failed.
    :param online: whether the catalogue says the product is online; None if it does not say.
    """
    failure = _OF_CAUSE.get(cause, Failure.NOT_PUBLISHED)
    if failure is Failure.FETCH and online is False:
        failure = Failure.OFFLINE
    if POLICIES[failure].limited and attempts >= settings().extraction.attempts:
        failure = Failure.POISON
    return POLICIES[failure]
