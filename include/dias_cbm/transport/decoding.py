"""Decoding of compressed replies, limited in size before they are decoded."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

#: The one coding that is asked for; others could be stacked, and each multiplies.
ACCEPTED = "gzip"
_GZIP = 31
_STEP = 1 << 20


def decoded(response: httpx.Response, largest: int) -> Iterator[bytes]:
    """The body of a reply in pieces of at most 1 MB, decoded.

    :param largest: bytes of the decoded body.
    :raises httpx.DecodingError: another coding than gzip, several codings, damaged, or too large.
    """
    size = 0
    for piece in _pieces(response):
        size += len(piece)
        if size > largest:
            raise httpx.DecodingError(f"reply larger than {largest} bytes")
        yield piece


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if response.is_stream_consumed or coding in ("", "identity"):
        yield from response.iter_bytes()
        return
    if coding not in ("gzip", "x-gzip"):
        raise httpx.DecodingError(f"sent in the coding {coding!r}, only gzip was asked for")
    decoder = zlib.decompressobj(_GZIP)
    try:
        for raw in response.iter_raw():
            rest = raw
            while rest and not decoder.eof:
                yield decoder.decompress(rest, _STEP)
                rest = decoder.unconsumed_tail
        while not decoder.eof and (more := decoder.decompress(b"", _STEP)):
            yield more
    except zlib.error as error:
        raise httpx.DecodingError(f"damaged gzip: {error}") from error
    if not decoder.eof:
        raise httpx.DecodingError("gzip ends early")
