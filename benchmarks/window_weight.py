"""The weight of a page's first load: everything that it makes a browser fetch, but data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from benchmarks.window_season import NAME
from benchmarks.window_visitor import Asked, Refused, Reply, Visitor

_PAGES = {
    "season": f"/seasons/{NAME}",
    "map": f"/seasons/{NAME}/map",
    "parcel": f"/seasons/{NAME}/parcels/0",
    "work": f"/seasons/{NAME}/work",
}
_LINKED = re.compile(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"')
# As esbuild writes them: other pieces, styles, workers and pictures.
_NAMED = re.compile(r"""["'`(](?:\./|static/)?([\w-]+\.(?:js|css|svg))["'`)]""")


def weights(visitor: Visitor) -> dict[str, tuple[int, int]]:
    """Bytes as they were sent, and the number of files, by page."""
    return {name: _weight(visitor, path) for name, path in _PAGES.items()}


def _weight(visitor: Visitor, page: str) -> tuple[int, int]:
    shell = visitor.ask(Asked(page, headers={"Accept": "text/html"}))
    total, seen = shell.sent, {page}
    todo = [urljoin(page, link) for link in _LINKED.findall(shell.plain.decode())]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for reply in _asked(visitor, path):
            total += reply.sent
            todo += [
                urljoin(path, name) for name in _NAMED.findall(reply.plain.decode(errors="replace"))
            ]
    return total, len(seen)


def _asked(visitor: Visitor, path: str) -> Iterator[Reply]:
    """The file; nothing if what looked like a name is none."""
    try:
        yield visitor.ask(Asked(path))
    except Refused:
        return
