"""The local DIAS' store as a bucket: as much of S3 as a reader of products needs."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

NAME = "eodata"
#: Where it is served, after the address of the local DIAS.
BASE = "/s3"

_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def address(url: str) -> str:
    """The setting ``store`` for a bucket at the local DIAS.

    :param url: of the local DIAS.
    """
    return f"s3://{NAME}?endpoint={url}{BASE}&path_style=true&anonymous=true"


class Bucket:
    """The files under a folder, each an object.

    :param folder: nothing outside it is ever served.
    :param hidden: keys that are missing although the folder has their files.
    """

    def __init__(self, folder: Path, hidden: str = "") -> None:
        self._folder = folder.resolve()
        self._hidden = hidden

    async def answer(self, request: Request) -> Response:
        """Answer GET and HEAD of an object, and the listing of the bucket."""
        key = request.path_params["key"].strip("/")
        if not key:
            return self._listing(request)
        file = (self._folder / key).resolve()
        if not file.is_relative_to(self._folder) or not file.is_file() or self._lacks(key):
            return _error(404, "NoSuchKey")
        tag = f'"{_md5(file, file.stat().st_mtime_ns)}"'
        if request.headers.get("If-Match", tag) != tag:
            return _error(412, "PreconditionFailed")
        headers = {"ETag": tag, "Accept-Ranges": "bytes"}
        size = file.stat().st_size
        if request.method == "HEAD":
            return Response(headers=headers | {"Content-Length": str(size)})
        asked = _RANGE.fullmatch(request.headers.get("Range", ""))
        if asked is None:
            return Response(file.read_bytes(), headers=headers)
        start, end = int(asked[1]), min(int(asked[2]) + 1, size)
        with file.open("rb") as stream:
            stream.seek(start)
            body = stream.read(end - start)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        return Response(body, 206, headers)

    def _lacks(self, key: str) -> bool:
        return bool(self._hidden) and self._hidden in key

    def _listing(self, request: Request) -> Response:
        query = request.query_params
        prefix, after = query.get("prefix", ""), query.get("start-after", "")
        limit = int(query.get("max-keys", "1000"))
        found = [key for key in self._keys(prefix) if key > after]
        contents = "".join(self._content(key) for key in found[:limit])
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="{_NAMESPACE}">'
            f"<Name>{NAME}</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<KeyCount>{len(found[:limit])}</KeyCount><MaxKeys>{limit}</MaxKeys>"
            f"<IsTruncated>{str(len(found) > limit).lower()}</IsTruncated>{contents}"
            "</ListBucketResult>"
        )
        return Response(body, media_type="application/xml")

    def _keys(self, prefix: str) -> list[str]:
        """Keys that begin with a prefix, in order; only the prefix' folder is walked."""
        parent = (self._folder / prefix).parent if prefix else self._folder
        top = self._folder / prefix if prefix.endswith("/") else parent
        if not top.resolve().is_relative_to(self._folder) or not top.is_dir():
            return []
        keys = (
            path.relative_to(self._folder).as_posix() for path in top.rglob("*") if path.is_file()
        )
        return sorted(key for key in keys if key.startswith(prefix) and not self._lacks(key))

    def _content(self, key: str) -> str:
        file = self._folder / key
        stat = file.stat()
        return (
            f"<Contents><Key>{escape(key)}</Key><LastModified>2018-01-01T00:00:00.000Z"
            f"</LastModified><ETag>&quot;{_md5(file, stat.st_mtime_ns)}&quot;</ETag>"
            f"<Size>{stat.st_size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )


def _error(status: int, code: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return Response(body, status, media_type="application/xml")


@cache
def _md5(file: Path, changed: int) -> str:
    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
