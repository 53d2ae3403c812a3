"""The client's files: compressed once, and kept by browsers for as long as they are good."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

import anyio
import anyio.to_thread
from fastapi import Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from dias_cbm.window import replies

#: The name of a shared piece changes with its content; those of pages and styles do not.
_PIECE = "chunk-"
_TEXTS = (".js", ".css", ".svg", ".txt")
#: They are compressed once, so that time does not matter.
_LEVEL = 9


class ClientFiles(StaticFiles):
    """The files of a folder, which hold no data: they need no login."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The reply to a request of a file."""
        reply = await super().get_response(path, scope)
        lasts = Path(path).name.startswith(_PIECE)
        reply.headers["Cache-Control"] = replies.FOR_EVER if lasts else replies.ASK_AGAIN
        reply.headers["Vary"] = "Accept-Encoding"
        if not (isinstance(reply, FileResponse) and _worth(reply, Request(scope))):
            return reply
        kept = {name: reply.headers[name] for name in ("Cache-Control", "ETag", "Vary")}
        # A limiter of its own: the default one is that of all routes of the server.
        body = await anyio.to_thread.run_sync(
            _zipped, str(reply.path), kept["ETag"], limiter=anyio.CapacityLimiter(1)
        )
        kept |= {"ETag": f"W/{kept['ETag']}", "Content-Encoding": "gzip"}
        return Response(body, media_type=reply.media_type, headers=kept)


def _worth(reply: FileResponse, request: Request) -> bool:
    """Whether a file is to be sent compressed: not for a part of it."""
    whole = request.method == "GET" and "range" not in request.headers
    text = Path(reply.path).suffix in _TEXTS
    return reply.status_code == 200 and whole and text and replies.takes_gzip(request)


@lru_cache(maxsize=256)
def _zipped(path: str, tag: str) -> bytes:
    """A file, compressed.

    :param tag: changes when the file does.
    """
    return gzip.compress(Path(path).read_bytes(), _LEVEL, mtime=0)
