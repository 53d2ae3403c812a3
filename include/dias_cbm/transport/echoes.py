"""Echoes of a request in a reply: its secrets are taken out before the reply is quoted."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

import httpx

#: Names of fields and parameters that hold a secret.
_SECRET = frozenset(
    ("password", "refresh_token", "access_token", "client_secret", "token", "apikey", "api_key")
)
_HIDDEN = b"***"


def without_secrets(body: bytes, request: httpx.Request) -> bytes:
    """The body of a reply without the secrets of its request, however they are written."""
    # The longest first: one may be a part of another.
    for text in sorted(set(_written(request)), key=len, reverse=True):
        body = body.replace(text.encode("utf-8", "replace"), _HIDDEN)
    return body


def _written(request: httpx.Request) -> Iterator[str]:
    for secret in filter(None, _secrets(request)):
        yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
        yield from (html.escape(secret), json.dumps(secret)[1:-1])


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
