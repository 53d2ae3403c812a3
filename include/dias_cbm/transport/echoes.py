"""Echoes of a request in a reply: its secrets are taken out before the reply is quoted."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from html.entities import codepoint2name
from typing import Any
from urllib.parse import parse_qsl

import httpx

#: Names of fields and parameters that hold a secret.
_SECRET = frozenset(
    ("password", "refresh_token", "access_token", "client_secret", "token", "apikey", "api_key")
)
_HIDDEN = b"***"
#: Bytes of a reply of which something may be quoted; to search all of a large one takes seconds.
_BEGIN = 128 * 1024
#: Of characters in HTML and XML, by code point.
_NAMES = {**codepoint2name, ord("'"): "apos"}


def without_secrets(body: bytes, request: httpx.Request) -> bytes:
    """The begin of a reply, in UTF-8 or Latin-1, without the secrets of its request.

    A service may repeat them in a page, in JSON or in a URL, and each writes other characters
    otherwise.
    """
    body = body[:_BEGIN]
    # The longest first: one may be a part of another.
    secrets = sorted(set(filter(None, _secrets(request))), key=len, reverse=True)
    if not secrets:
        return body
    return re.sub(b"|".join(map(_written, secrets)), _HIDDEN, body)


def _written(secret: str) -> bytes:
    """A pattern of all ways to write a text: as it is, or with characters written otherwise."""
    plain = re.escape(secret.encode("utf-8", "replace"))
    return plain + b"|" + b"".join(map(_character, secret))


def _character(character: str) -> bytes:
    """A pattern of all ways to write a character: as in URLs, JSON and HTML, and as it is."""
    point, plain = ord(character), character.encode("utf-8", "replace")
    units = character.encode("utf-16-be", "surrogatepass").hex()
    ways = [
        b"".join(b"%%%02x" % byte for byte in plain),
        b"".join(rb"\\u" + units[at : at + 4].encode() for at in range(0, len(units), 4)),
        b"&#(?:0*%d|x0*%x);" % (point, point),
    ]
    if point in _NAMES:
        ways.append(b"&%s;" % _NAMES[point].encode())
    if character == " ":
        ways.append(rb"\+")
    alone = re.escape(character.encode("latin-1", "replace"))
    # Atomic, as a text that is nearly the secret would else be tried in all combinations.
    return rb"(?>(?i:%s)|\\?%s|%s)" % (b"|".join(ways), re.escape(plain), alone)


def _secrets(request: httpx.Request) -> Iterator[str]:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    yield credentials
    if scheme.lower() == "basic":
        with suppress(ValueError):
            yield base64.b64decode(credentials).decode().partition(":")[2]
    for name, value in (*request.url.params.multi_items(), *_fields(request)):
        if name.lower() in _SECRET and isinstance(value, str):
            yield value


def _fields(request: httpx.Request) -> list[tuple[str, Any]]:
    """The fields of a form, or of a JSON object."""
    try:
        text = request.content.decode()
    except (httpx.RequestNotRead, UnicodeError):
        return []
    with suppress(ValueError, RecursionError):
        sent = json.loads(text)
        return list(sent.items()) if isinstance(sent, dict) else []
    return parse_qsl(text)
