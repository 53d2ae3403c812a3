"""Who may what in the window: one function, which denies what it does not know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dias_cbm.errors import SettingsError

#: Stands for every season in the setting ``window.seasons_of_roles``.
EVERY = "*"


class Right(StrEnum):
    """What a user may do."""

    READ = "read"
    DECIDE = "decide"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is logged in, or who holds a key.

    :param id: as the host knows the user; it never changes.
    :param name: as people know the user.
    :param seasons: names of the only seasons that the user may see; None: every season.
    :param by_key: came with an API key instead of a login.
    """

    id: str
    name: str
    rights: frozenset[Right] = frozenset()
    seasons: frozenset[str] | None = None
    by_key: bool = False


def may(user: User | None, right: Right | str, season: str | None = None) -> bool:
    """Whether a user has a right.

    :param season: name of the season that it is about; None: whether the user has it anywhere.
    """
    if user is None or right not in user.rights:
        return False
    return season is None or user.seasons is None or season in user.seasons


def seasons_of(roles: Iterable[str], limits: Iterable[str]) -> frozenset[str] | None:
    """The seasons that somebody with these roles may see.

    :param limits: ``ROLE=SEASON`` each, ``*`` for every season; empty: nothing is limited.
    :returns: None for every season. A role that no limit names sees none.
    :raises SettingsError: a limit has another form.
    """
    own, seasons, limited = set(roles), set(), False
    for limit in limits:
        limited = True
        role, equals, season = (part.strip() for part in limit.partition("="))
        if not (role and equals and season):
            raise SettingsError(
                f"{limit!r} is not ROLE=SEASON",
                subject="window.seasons_of_roles",
                hint="for example Jutland=dk-2018, or Admin=* for every season",
            )
        if role in own:
            seasons.add(season)
    return frozenset(seasons) if limited and EVERY not in seasons else None
