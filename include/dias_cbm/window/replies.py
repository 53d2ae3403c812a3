"""Replies with an ETag, compressed if the client likes it."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request, Response, status

#: A shorter body is sent as it is.
WORTH_BYTES = 800
#: gzip's level: 1 ms for a tile of 30 kB.
LEVEL = 5
#: The client may keep it, but must ask whether it is still true.
ASK_AGAIN = "private, no-cache"
#: For what lies at an address that names its version.
FOR_EVER = "private, max-age=31536000, immutable"
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@dataclass(frozen=True, slots=True)
class Body:
    """A large body that many ask for: hashed and compressed once, in a thread.

    :param tag: hash of the plain body.
    """

    plain: bytes
    zipped: bytes
    tag: str

    @classmethod
    def of(cls, plain: bytes) -> Body:
        """Compress a body."""
        return cls(plain, gzip.compress(plain, LEVEL, mtime=0), _hash(plain))


def fresh(request: Request, tag: str) -> bool:
    """Whether the client has the version with this tag already: answer :func:`not_modified`.

    :param tag: without quotes.
    """
    known = request.headers.get("if-none-match", "")
    asked = {one.strip().removeprefix("W/") for one in known.split(",")}
    return "*" in asked or f'"{tag}"' in asked


def not_modified(tag: str, cache: str = ASK_AGAIN) -> Response:
    """The reply to a client that has this version."""
    headers = {"ETag": f'W/"{tag}"', "Cache-Control": cache}
    return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)


def reply(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    tag: str | None = None,
    cache: str = ASK_AGAIN,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A reply with an ETag, compressed if the client takes it; 304 if the client has it.

    :param tag: of this version, without quotes; default: a hash of the body.
    """
    tag = tag or _hash(body)
    if fresh(request, tag):
        return not_modified(tag, cache)
    own = {"ETag": f'W/"{tag}"', "Cache-Control": cache, **(headers or {})}
    if len(body) >= WORTH_BYTES and takes_gzip(request):
        body = gzip.compress(body, LEVEL, mtime=0)
        own["Content-Encoding"] = "gzip"
    own["Vary"] = "Accept-Encoding"
    return Response(body, media_type=media_type, headers=own)


def reply_of(request: Request, body: Body, media_type: str, cache: str = ASK_AGAIN) -> Response:
    """The same of a body that is compressed already."""
    if fresh(request, body.tag):
        return not_modified(body.tag, cache)
    own = {"ETag": f'W/"{body.tag}"', "Cache-Control": cache, "Vary": "Accept-Encoding"}
    if not takes_gzip(request):
        return Response(body.plain, media_type=media_type, headers=own)
    own["Content-Encoding"] = "gzip"
    return Response(body.zipped, media_type=media_type, headers=own)


def part(request: Request, body: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """A file, or the bytes of it that are asked for: GDAL reads a GeoTIFF piece by piece.

    More than one piece at once, or what is not understood, is answered with the whole file.
    """
    own = {**headers, "Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or not any(asked.groups()):
        return Response(body, media_type=media_type, headers=own)
    first, last = (int(one) if one else None for one in asked.groups())
    if first is None:  # the last bytes
        first, last = max(len(body) - (last or 0), 0), None
    end = len(body) if last is None else min(last + 1, len(body))
    if first >= end:
        own["Content-Range"] = f"bytes */{len(body)}"
        return Response(b"", 416, own)
    own["Content-Range"] = f"bytes {first}-{end - 1}/{len(body)}"
    return Response(body[first:end], 206, own, media_type)


def takes_gzip(request: Request) -> bool:
    """Whether the client takes gzip."""
    for one in request.headers.get("accept-encoding", "").split(","):
        name, _, weight = one.partition(";")
        if name.strip() == "gzip":
            return weight.strip() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()
