"""API keys: for programs that cannot log in. Only a hash is stored; a key is shown once."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import CbmError
from dias_cbm.window.rights import Right, User

#: Every key begins with it, to distinguish it from a password or a token of the host.
PREFIX = "cbm_"
LONGEST_DAYS = 366
MOST_LABEL = 80
#: Keys of one user that are in force at a time.
MOST_KEYS = 50


class KeyRefused(CbmError):
    """A key cannot be made with these rights, seasons, label or days."""


@dataclass(frozen=True, slots=True)
class Given:
    """A key as a request brings it.

    :param name: the user name of a Basic login; None if the key came as a Bearer token.
    """

    secret: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without the key itself.

    :param seasons: the only seasons that it opens; None: those of its user.
    """

    id: int
    user_id: str
    user_name: str
    label: str
    rights: tuple[Right, ...]
    seasons: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def user(self, holder: User | None) -> User | None:
        """Its user: with the rights and seasons of the key that the holder still has."""
        if holder is None:
            return None
        own = None if self.seasons is None else frozenset(self.seasons)
        if own is not None and holder.seasons is not None:
            own &= holder.seasons
        return User(
            self.user_id,
            self.user_name,
            holder.rights & frozenset(self.rights),
            holder.seasons if own is None else own,
            by_key=True,
        )


def given(authorization: str | None) -> Given | None:
    """The key in a header ``Authorization``: the password of a Basic login, or a Bearer token.

    :returns: None if there is none; a proxy's own password, or a token of the host, is not a key.
    """
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        found = Given(rest.strip())
    elif scheme.lower() == "basic":
        try:
            name, _, password = b64decode(rest.strip(), validate=True).decode().partition(":")
        except ValueError:
            return None
        found = Given(password, name)
    else:
        return None
    return found if found.secret.startswith(PREFIX) else None


def find(connection: Connection, key: Given, now: datetime | None = None) -> Key | None:
    """The key that a request brings, if it is in force; notes its use and commits.

    :returns: None if it is unknown, expired, revoked, or of another user.
    """
    now = now or datetime.now(UTC)
    values = {"hash": _hash(key.secret), "now": now}
    row = connection.execute(query("window/key_find"), values).fetchone()
    if row is None or (key.name is not None and key.name != row.user_name):
        return None
    connection.execute(query("window/key_used"), {"id": row.id, "now": now})
    connection.commit()
    return _key(row)


def make(
    connection: Connection,
    user: User,
    label: str,
    *,
    days: int,
    rights: Collection[Right] = (Right.READ,),
    seasons: Collection[str] | None = None,
    now: datetime | None = None,
) -> tuple[Key, str]:
    """Make a key of a user, and commit.

    :param seasons: the only seasons that it opens; None: those of its user.
    :returns: also the key itself, which is stored nowhere.
    :raises KeyRefused: it would do more than its user may, has no label, or lasts too long.
    """
    label, now = label.strip(), now or datetime.now(UTC)
    lacking = sorted(set(rights) - user.rights)
    foreign = [] if user.seasons is None else sorted(set(seasons or ()) - user.seasons)
    if lacking or Right.READ not in rights:
        problem = f"you may not {', '.join(lacking)} yourself" if lacking else "it must read"
        raise KeyRefused(problem, subject="rights")
    if foreign:
        raise KeyRefused(f"you may not see {', '.join(foreign)} yourself", subject="seasons")
    if not label or len(label) > MOST_LABEL or not label.isprintable():
        raise KeyRefused(f"needs 1 to {MOST_LABEL} letters in one line", subject="label")
    if not 1 <= days <= LONGEST_DAYS:
        raise KeyRefused(f"a key lasts 1 to {LONGEST_DAYS} days", subject="days")
    secret = PREFIX + secrets.token_urlsafe(32)
    values = {
        "hash": _hash(secret),
        "user_id": user.id,
        "user_name": user.name,
        "label": label,
        "rights": sorted(set(rights)),
        "seasons": None if seasons is None else sorted(set(seasons)),
        "now": now,
        "expires_at": now + timedelta(days=days),
        "most": MOST_KEYS,
    }
    row = connection.execute(query("window/key_make"), values).fetchone()
    if row is None:
        raise KeyRefused(f"you have {MOST_KEYS} keys already", hint="revoke one of them")
    connection.commit()
    return _key(row), secret


def of_user(connection: Connection, user: User) -> list[Key]:
    """The keys of a user, the newest first, with those that have expired or were revoked."""
    rows = connection.execute(query("window/key_list"), {"user_id": user.id})
    return [_key(row) for row in rows]


def revoke(connection: Connection, user: User, key: int, now: datetime | None = None) -> bool:
    """Revoke a key of a user, and commit.

    :returns: False if the user has no such key; a second time changes nothing.
    """
    values = {"id": key, "user_id": user.id, "now": now or datetime.now(UTC)}
    found = connection.execute(query("window/key_revoke"), values).fetchone()
    connection.commit()
    return found is not None


def _hash(secret: str) -> bytes:
    # 32 random bytes cannot be guessed: a slow hash would add nothing.
    return hashlib.sha256(secret.encode()).digest()


def _key(row: Any) -> Key:
    values = row._asdict()
    seasons = values["seasons"]
    return Key(
        **values
        | {
            "rights": tuple(Right(one) for one in values["rights"]),
            "seasons": None if seasons is None else tuple(seasons),
        }
    )
