"""The window's pages without a database: built files, shells and prepared answers, over HTTP.

It stands in for the application where only the client is looked at. The shell is the same HTML as
the application's, with its policy; answers are the JSON files of ``plugins/client/test/fixtures``.
"""

from __future__ import annotations

import json
import mimetypes
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "plugins" / "client"
STATIC = ROOT / "include" / "dias_cbm" / "window" / "static"
FIXTURES = CLIENT / "test" / "fixtures"
MOUNT = "/cbm"

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'self'"
)
SHELL = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="cbm" content="{config}">
<title>CbM</title>
<link rel="stylesheet" href="{root}static/app.css">
<script type="module" src="{root}static/{page}.js"></script>
</head>
<body>
<main id="page"></main>
</body>
</html>
"""
#: Part of an address behind the season -> name of its page, and entries of its configuration.
PAGES: Mapping[str, tuple[str, Sequence[str]]] = {
    "map": ("map", ()),
    "work": ("work", ()),
    "parcels": ("parcel", ("pid",)),
    "passes": ("pass", ("acquisition",)),
    "products": ("product", ("product",)),
}
# As an embedding page has it: Airflow's sandbox.
FRAME = (
    '<!doctype html><html lang="en"><title>Frame</title><iframe title="window"'
    ' sandbox="allow-scripts allow-same-origin allow-forms allow-downloads"'
    ' width="1200" height="700" src="{src}"></iframe></html>'
)


@dataclass
class Pages:
    """What the server shows.

    :param static: folder of built files.
    :param config: further entries of every page's configuration.
    :param answers: path below the mount -> status and JSON, instead of the fixture's; of what
        changes something with its method before it, e.g. ``POST api/v1/keys``.
    :param sent: what was sent: method and path, and the body.
    """

    static: Path = STATIC
    config: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, str, bytes]:
        """Status, media type and body for a path below the mount."""
        if path in self.answers:
            status, body = self.answers[path]
            return status, "application/json", json.dumps(body).encode()
        if path.startswith("static/"):
            return self._file(self.static / Path(path).name)
        if path.endswith("/quicklook"):
            return self._file(CLIENT / "src" / "icon.svg")
        if path.startswith("api/v1/"):
            # api/v1/seasons/NAME/gaps: the same answer for every season.
            parts = path.split("/")
            name = "-".join(["season", *parts[4:]]) if len(parts) > 3 else parts[2]
            if "/chips/" in path:
                # An image of a parcel's own, or where it lies.
                return self._file(
                    FIXTURES / ("chip.png" if path.endswith(".webp") else "chip.json")
                )
            if parts[4:5] == ["parcels"]:
                # The parcel's identifier is one encoded segment.
                name = "-".join(["parcel", *parts[6:]])
            if query.get("after"):
                name += "-more"
            return self._file(FIXTURES / f"{name}.json")
        return 200, "text/html; charset=utf-8", self._shell(path).encode()

    def change(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        """The answer to what changes something; 405 if none is prepared."""
        name = f"{method} {path}"
        self.sent.append((name, json.loads(body) if body else None))
        status, answer = self.answers.get(name, (405, {"detail": "nothing is prepared"}))
        return status, "application/json", b"" if answer is None else json.dumps(answer).encode()

    def _shell(self, path: str) -> str:
        parts = [unquote(one) for one in path.split("/") if one]
        root = "../" * path.count("/") or "./"
        config: dict[str, Any] = {"root": root, "user": "Anna", "rights": ["read"]}
        if parts[:1] == ["seasons"]:
            config |= {"page": "season", "season": parts[1]}
            if len(parts) > 2:
                page, names = PAGES[parts[2]]
                # The last name takes the rest: a parcel's identifier may hold slashes.
                values = "/".join(parts[3:]).split("/", max(len(names) - 1, 0)) if names else []
                config |= {"page": page} | dict(zip(names, values, strict=True))
        else:
            config["page"] = parts[0] if parts else "seasons"
        config |= self.config
        text = json.dumps(config)
        return SHELL.format(config=escape(text), root=root, page=config["page"])

    def _file(self, path: Path) -> tuple[int, str, bytes]:
        if not path.is_file():
            return 404, "application/json", b'{"detail": "there is nothing here"}'
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return 200, kind, path.read_bytes()


@contextmanager
def serving(pages: Pages, port: int = 0) -> Iterator[str]:
    """Serve pages on this machine; yields the address of the mount."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/frame":
                src = escape(parse_qs(url.query)["src"][0])
                self._send(200, "text/html; charset=utf-8", FRAME.format(src=src).encode(), "")
                return
            path = url.path.removeprefix(MOUNT).removeprefix("/")
            self._send(*pages.answer(path, parse_qs(url.query)), CSP)

        def do_POST(self) -> None:
            self._change()

        def do_DELETE(self) -> None:
            self._change()

        def _change(self) -> None:
            path = urlsplit(self.path).path.removeprefix(MOUNT).removeprefix("/")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._send(*pages.change(self.command, path, body), CSP)

        def _send(self, status: int, kind: str, body: bytes, policy: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{MOUNT}"
        finally:
            server.shutdown()
