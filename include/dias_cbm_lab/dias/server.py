"""The local DIAS: a season's catalogue over HTTP, in the dialect of CDSE's OData service.

Run as ``python -m dias_cbm_lab.dias.server --folder FOLDER --port PORT``; listens
on this machine only, unless ``--host`` says otherwise.

It has a clock: products published after the clock's time are not listed yet. ``GET /demo/clock``
returns it, ``POST /demo/clock`` with ``{"now": "2018-06-25T00:00:00Z"}`` sets it; ``null`` sets it
back to the end of the season. It is stored in the folder, so that it survives a restart.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dias_cbm_lab.dias import bucket, dialects, faults, filters
from dias_cbm_lab.dias.listing import text
from dias_cbm_lab.season.place import LABEL
from dias_cbm_lab.season.simulate import open_season

HOST = "127.0.0.1"
LARGEST_PAGE, DEFAULT_PAGE = 1_000, 20
LARGEST_OFFSET = 10_000
_PRODUCTS = "/odata/v1/Products"
_OPTIONS = ("$filter", "$orderby", "$top", "$skip", "$expand", "$count", "$select")
_ORDERS = ("ContentDate/Start", "ContentDate/End", "PublicationDate", "ModificationDate")
#: Parts of an entry that are returned on request only.
_EXPANDED = ("Attributes", "Assets", "Locations")


class Refused(Exception):
    """A request that is answered with an error.

    :param status: of the HTTP reply.
    :param detail: its body's ``detail``, as the service words it.
    """

    def __init__(self, status: int, detail: str | list[dict[str, Any]]) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


class Clock:
    """The clock of the local DIAS, stored in a file.

    :param file: absent until the clock is first set.
    :param default: aware UTC.
    """

    def __init__(self, file: Path, default: datetime) -> None:
        self._file = file
        self.default = default

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        try:
            return datetime.fromisoformat(self._file.read_text())
        except FileNotFoundError:
            return self.default

    def set(self, now: datetime | None) -> None:
        """Set it; None sets it back to its default."""
        if now is None:
            self._file.unlink(missing_ok=True)
            return
        new = self._file.with_suffix(".new")
        new.write_text(now.astimezone(UTC).isoformat())
        new.rename(self._file)


class Catalogue:
    """The entries of a season that are published by the clock's time."""

    def __init__(self, entries: list[dict[str, Any]], clock: Clock) -> None:
        self._entries = entries
        self.clock = clock

    @classmethod
    def of(cls, folder: Path) -> Catalogue:
        """The catalogue of the season in a folder.

        :raises SettingsError: there is none.
        """
        open_season(folder)
        described = json.loads((folder / "season.json").read_text())
        entries = json.loads((folder / "catalogue.json").read_text())["value"]
        default = datetime.fromisoformat(described["season_end"])
        return cls(entries, Clock(folder / "clock.txt", default))

    def search(self, query: Mapping[str, str], url: str) -> dict[str, Any]:
        """Answer a search.

        :param query: the ``$`` options.
        :param url: of the service, for the link to the next page.
        :raises Refused: 400 for a filter or option it does not understand, 422 for a page
            beyond its limits.
        """
        unknown = [name for name in query if name not in _OPTIONS]
        if unknown:
            raise Refused(400, f"Unknown query option {unknown[0]}")
        top = _number(query, "$top", DEFAULT_PAGE, LARGEST_PAGE)
        skip = _number(query, "$skip", 0, LARGEST_OFFSET)
        found = self._found(query.get("$filter", ""))
        ordered = _ordered(found, query.get("$orderby", ""))
        reply: dict[str, Any] = {"@odata.context": "$metadata#Products", "label": LABEL}
        if query.get("$count", "").lower() == "true":
            reply["@odata.count"] = len(found)
        shown = _shown(query.get("$select", ""), query.get("$expand", ""))
        reply["value"] = [shown(entry) for entry in ordered[skip : skip + top]]
        # As in the real service, no link leads beyond the largest offset; later entries are lost.
        if top and skip + top < len(found) and skip + top <= LARGEST_OFFSET:
            reply["@odata.nextLink"] = f"{url}?{urlencode({**query, '$skip': skip + top})}"
        return reply

    def published(self) -> list[dict[str, Any]]:
        """The entries that are published by the clock's time."""
        now = self.clock.now
        return [e for e in self._entries if filters.value_of(e, "PublicationDate") <= now]

    def _found(self, text: str) -> list[dict[str, Any]]:
        try:
            wanted = filters.parse(text) if text.strip() else lambda entry: True
        except filters.FilterError as error:
            raise Refused(400, f"Invalid $filter: {error}") from error
        return [entry for entry in self.published() if wanted(entry)]


def _number(query: Mapping[str, str], name: str, default: int, largest: int) -> int:
    given = query.get(name)
    if given is None:
        return default
    if not given.isdecimal():
        raise Refused(422, [_invalid(name, given, "int_parsing", "a valid integer")])
    if int(given) > largest:
        problem = f"less than or equal to {largest}"
        raise Refused(422, [_invalid(name, given, "less_than_equal", problem, le=largest)])
    return int(given)


def _invalid(name: str, given: str, kind: str, problem: str, **limits: int) -> dict[str, Any]:
    return {
        "type": kind,
        "loc": ["query", name],
        "msg": f"Input should be {problem}",
        "input": given,
        "ctx": limits,
    }


def _ordered(entries: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    if not order:
        # No order is promised: ordering by Id gives one that no client can rely on.
        return sorted(entries, key=lambda entry: str(entry["Id"]))
    path, _, direction = order.strip().partition(" ")
    if path not in _ORDERS or direction not in ("", "asc", "desc"):
        raise Refused(400, f"Invalid $orderby: {order}")
    by_id = sorted(entries, key=lambda entry: str(entry["Id"]))
    return sorted(
        by_id, key=lambda entry: filters.value_of(entry, path), reverse=direction == "desc"
    )


def _shown(select: str, expand: str) -> Any:
    expanded = _names("$expand", expand)
    for name in expanded:
        if name not in _EXPANDED:
            raise Refused(400, f"Invalid $expand: {name}")
    selected = _names("$select", select)

    def show(entry: dict[str, Any]) -> dict[str, Any]:
        plain = {key: value for key, value in entry.items() if key not in _EXPANDED}
        if selected:
            unknown = [name for name in selected if name not in plain]
            if unknown:
                raise Refused(400, f"Invalid $select: {unknown[0]}")
            plain = {key: plain[key] for key in ("@odata.mediaContentType", "Id", *selected)}
        return plain | {name: entry.get(name, []) for name in expanded}

    return show


def _names(option: str, text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")] if text else []
    if not all(names):
        raise Refused(400, f"Invalid {option}: {text}")
    return names


def application(folder: Path | str, faults_file: Path | None = None) -> Starlette:
    """The web application over a season's folder: catalogue, and the store as a bucket.

    :param faults_file: configures its faults; see :mod:`dias_cbm_lab.dias.faults`.
    :raises SettingsError: the folder holds no season.
    """
    catalogue = Catalogue.of(Path(folder))
    store = bucket.Bucket(open_season(folder).store)

    async def products(request: Request) -> Response:
        url = str(request.url.replace(query=""))
        return JSONResponse(catalogue.search(dict(request.query_params), url))

    async def nothing_deleted(request: Request) -> Response:
        return JSONResponse({"label": LABEL, "value": []})

    async def clock(request: Request) -> Response:
        if request.method == "POST":
            catalogue.clock.set(await _asked_time(request))
        now, default = catalogue.clock.now, catalogue.clock.default
        return JSONResponse({"label": LABEL, "now": text(now), "season_end": text(default)})

    listing: faults.Handler = products
    objects: faults.Handler = store.answer
    if faults_file is not None:
        wrong = faults.Faults(faults_file, _afterwards(Path(folder)), lambda: catalogue.clock.now)
        objects = wrong.object(bucket.Bucket(open_season(folder).store, wrong.planted.lost).answer)
        listing = wrong.listing(products)
    return Starlette(
        routes=[
            Route(_PRODUCTS, listing, methods=["GET"]),
            Route(f"{bucket.BASE}/{bucket.NAME}{{key:path}}", objects, methods=["GET"]),
            Route("/demo/clock", clock, methods=["GET", "POST"]),
            Route("/odata/v1/DeletedProducts", nothing_deleted, methods=["GET"]),
            *(_dialect(catalogue, one) for one in _by_base().values()),
        ],
        exception_handlers={Refused: _refused},
    )


def _afterwards(folder: Path) -> datetime:
    """When everything late has been published, from the season's truth."""
    return datetime.fromisoformat(open_season(folder).truth()["clocks"]["afterwards"])


def _by_base() -> dict[str, dialects.Dialect]:
    """The dialects, each once: two protocols may be one service."""
    return {dialect.base: dialect for dialect in dialects.DIALECTS.values()}


def _dialect(catalogue: Catalogue, dialect: dialects.Dialect) -> Route:
    """The route that serves the same listing as another platform would."""

    async def answer(request: Request) -> Response:
        body = None
        if request.method == "POST":
            try:
                body = await request.json()
            except (json.JSONDecodeError, UnicodeDecodeError) as error:
                raise Refused(400, "Expected JSON") from error
        asked = dialects.Asked(
            request.path_params["rest"],
            request.query_params.multi_items(),
            body,
            str(request.url.replace(query="")),
        )
        try:
            given = dialect.answer(asked, dialects.products(catalogue.published()))
        except (LookupError, TypeError, ValueError, dialects.Refused) as error:
            raise Refused(400, f"not understood: {error}") from error
        return Response(given.body, given.status, media_type=given.media)

    return Route(dialect.base + "{rest:path}", answer, methods=["GET", "POST"])


async def _asked_time(request: Request) -> datetime | None:
    try:
        asked = (await request.json())["now"]
        if asked is None:
            return None
        moment = datetime.fromisoformat(asked)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise Refused(400, 'Expected {"now": time or null}') from error
    if moment.tzinfo is None:
        raise Refused(400, "A time without zone")
    return moment.astimezone(UTC)


async def _refused(request: Request, error: Exception) -> Response:
    status, detail = error.args
    return JSONResponse({"detail": detail}, status_code=status)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="Serve a simulated season's catalogue.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--faults", type=Path)
    arguments = parser.parse_args()
    uvicorn.run(
        application(arguments.folder, arguments.faults),
        host=arguments.host,
        port=arguments.port,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
