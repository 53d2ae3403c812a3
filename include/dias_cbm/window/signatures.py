"""Signed addresses: who has one may read what it names without a login, for some minutes.

A program that fetches a file does not always send the login that it asked for the address with. So
the address carries it: when it ends, for whom it was made, and an HMAC over both, the path and the
query. It is a part of the path, ``/signed/{token}/...``, because clients put together paths and
drop queries. The user must still have the right when the address is used.

JRC's notebooks make the address of another band from that of one: they replace ``B08.tif`` by
``B04.tif``, or every ``VV`` by ``VH``. So an address is good for all bands of its image, and a
token has no capital letters.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import re
import time
from base64 import b32decode, b32encode
from dataclasses import dataclass

from fastapi import HTTPException, Request, status

from dias_cbm.window import names
from dias_cbm.window.context import Context, Passing
from dias_cbm.window.rights import Right, User, may

#: What a route of signed addresses begins with.
PREFIX = "/signed/{token}"
#: How long an address is good for, at least.
LIFE_S = 900
#: Ends are multiples of this: who asks again soon is given the same address.
_STEP_S = 300
_MOST_TOKEN = 2000
#: The band in the name of a file, e.g. ``NAME.B08.tif``.
_BAND = re.compile(r"(?<=\.)[^./]+(?=\.[^./]+$)")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a good token says.

    :param expires: seconds since 1970.
    """

    user_id: str
    user_name: str
    expires: int


def sign(
    secret: bytes,
    user: User,
    path: str,
    query: str = "",
    *,
    seconds: int = LIFE_S,
    now: float | None = None,
) -> str:
    """The signed address of a path, from the mount on, beginning with ``/signed/``.

    :param path: below the prefix, decoded, beginning with ``/``; names in it are put in by
        :func:`~dias_cbm.window.names.inside`.
    :param query: as it will be sent, without ``?``.
    :param seconds: how long it is good for, at least; up to five minutes longer.
    """
    ends = int((time.time() if now is None else now) + seconds)
    ends = -(-ends // _STEP_S) * _STEP_S
    who = _text(json.dumps([user.id, user.name]).encode())
    mac = _text(_mac(secret, ends, user.id, user.name, _all_bands(path), query))
    asked = f"?{query}" if query else ""
    return f"/signed/{ends}.{who}.{mac}{names.sent(path)}{asked}"


def check(
    secret: bytes, token: str, path: str, query: str = "", *, now: float | None = None
) -> Signed | None:
    """What a token says; None if it is not ours, is not of this path and query, or has expired."""
    try:
        if len(token) > _MOST_TOKEN:
            return None
        ends, who, mac = token.split(".")
        expires, (user_id, user_name) = int(ends), json.loads(_bytes(who))
        expected = _mac(secret, expires, user_id, user_name, _all_bands(path), query)
        if not hmac.compare_digest(_bytes(mac), expected):
            return None
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if expires < (time.time() if now is None else now):
        return None
    return Signed(user_id, user_name, expires)


def right(context: Context, needed: Right = Right.READ) -> Passing:
    """A dependency for routes below :data:`PREFIX`: the user for whom the address was made.

    If the address names a ``season``, the right is needed there, today.
    """

    async def passing(request: Request) -> User:
        found = check(context.host.secret(), *_parts(request))
        if found is None:
            raise HTTPException(
                status.HTTP_403_FORBIDDEN,
                "this address has expired, or is not one of ours: ask for a new one",
            )
        user = await context.host.holder(found.user_id, found.user_name)
        if not may(user, needed, request.path_params.get("season")) or user is None:
            raise HTTPException(status.HTTP_403_FORBIDDEN, f"you may not {needed} here")
        return user

    return passing


def _parts(request: Request) -> tuple[str, str, str]:
    """Token, path below it, and query of a request."""
    token: str = request.path_params["token"]
    whole: str = request.scope["path"]
    below = whole.removeprefix(request.scope.get("root_path", ""))
    query: bytes = request.scope["query_string"]
    return token, below.removeprefix(f"/signed/{token}"), query.decode("latin-1")


def _mac(secret: bytes, *parts: object) -> bytes:
    """HMAC-SHA256 over parts, as JSON, so that no part can run into the next."""
    return hmac.digest(secret, json.dumps(parts).encode(), hashlib.sha256)


def _all_bands(path: str) -> str:
    return _BAND.sub("*", path)


def _text(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=").lower()


def _bytes(text: str) -> bytes:
    return b32decode(text.upper() + "=" * (-len(text) % 8))
