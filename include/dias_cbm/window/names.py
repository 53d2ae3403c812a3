"""Names in addresses: a parcel or a product is one segment of a path, whatever letters it has.

An encoded slash belongs to a name, a plain one separates; the server of ASGI decodes both to the
same. So the path is decoded here once more, from what was sent. Browsers and most programs take
``.`` and ``..`` out of a path, encoded or not: such a name has a ``~`` before it, and one that
looks like this has one more.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

#: Stands for an encoded slash in a decoded path. Nothing that is sent decodes to it, and no file
#: has such a name.
SLASH = "\udcff"
#: The segments that a name follows.
_BEFORE = frozenset({"parcels", "products", "items"})
_DOTS = re.compile(r"~*\.{1,2}")
_ENCODED = re.compile("%2f", re.IGNORECASE)


def segment(name: str) -> str:
    """A name as addresses have it, encoded; ``address.ts`` of the client does the same."""
    return quote(_with_sign(name), safe="")


def inside(name: str) -> str:
    """A name as a decoded path has it."""
    return _with_sign(name).replace("/", SLASH)


def sent(path: str) -> str:
    """A decoded path, with names put in by :func:`inside`, as it is sent."""
    return "%2F".join(quote(part) for part in path.split(SLASH))


def _with_sign(name: str) -> str:
    return f"~{name}" if _DOTS.fullmatch(name) else name


class _Name(Convertor[str]):
    """The rest of a path as a name, e.g. ``{pid:name}``; plain slashes are taken as its own."""

    # A name may hold the end of a line, too.
    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        name = value.replace(SLASH, "/")
        return name[1:] if name.startswith("~") and _DOTS.fullmatch(name) else name

    def to_string(self, value: str) -> str:
        return inside(value)


register_url_convertor("name", _Name())


class Names:
    """ASGI middleware: tells the encoded slashes of names from those that separate."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http":
            scope = {**scope, "path": decoded(scope["path"], scope.get("raw_path"))}
        await self._app(scope, receive, send)


def decoded(path: str, raw: bytes | None) -> str:
    """A path with :data:`SLASH` for each encoded slash of a name.

    :param path: decoded by the server.
    :param raw: as it was sent; None if the server does not tell.
    """
    given = (raw or b"").partition(b"?")[0].decode("latin-1")
    # A host in between may have changed one of them only.
    if not _ENCODED.search(given) or unquote(given) != path:
        return path
    parts = given.split("/")
    for at in range(1, len(parts)):
        mark = SLASH if parts[at - 1] in _BEFORE else "/"
        parts[at] = mark.join(unquote(one) for one in _ENCODED.split(parts[at]))
    return "/".join(parts)
