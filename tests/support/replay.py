"""Catalogues of every protocol on a loopback socket: made-up entries, and faults on demand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import loopback
from odata_service import ODataService
from platform_services import mundi, onda, resto, sobloo, stac, wekeo
from platform_services.common import Fault, Known, Reply, Request, reply

from dias_cbm.catalogue.adapters.paging import PagedCatalogue
from dias_cbm.catalogue.base import Capabilities, Page, Query
from dias_cbm.catalogue.protocols import ADAPTERS
from dias_cbm.transport.http import Client, Timing, TokenBucket

PROTOCOLS = tuple(ADAPTERS)
_SERVICES = {
    "mundi": mundi.answer,
    "onda": onda.answer,
    "resto": resto.answer,
    "resto-atom": resto.answer,
    "sobloo": sobloo.answer,
    "stac": stac.answer,
    "wekeo": wekeo.answer,
}
# What comes after the address of each service.
_BASES = {"mundi": "/{collection}/opensearch", "odata": "/odata/v1"}
_numbers = count(1)
_open: dict[str, Replay] = {}


@cache
def _server() -> str:
    """One server for all services of this process; the first part of a path says whose it is."""

    def answer(request: Request) -> Reply:
        return _open[request.path.split("/")[1]].answer(request)

    return f"http://127.0.0.1:{loopback.start(answer).server_port}"


@dataclass
class Replay:
    """One platform; answers from its entries, unless a fault is next.

    :param faults: each is played once, in turn; None plays the truth.
    :param always: the fault of every other answer.
    """

    protocol: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault | None] = field(default_factory=list)
    sent: list[Reply] = field(default_factory=list)
    always: Fault | None = None
    #: What the service itself could not make sense of: a question that no platform understands.
    confused: Exception | None = None

    def __post_init__(self) -> None:
        self.key = f"service-{next(_numbers)}"
        _open[self.key] = self

    @property
    def base(self) -> str:
        return f"{_server()}/{self.key}{_BASES.get(self.protocol, '')}"

    def answer(self, request: Request) -> Reply:
        try:
            truth = self._truth(request)
        except Exception as error:
            self.confused = error
            return reply({"error": "confused"}, 500)
        fault = self.faults.pop(0) if self.faults else self.always
        answer = truth if fault is None else fault(truth)
        self.sent.append(answer)
        return answer

    def _truth(self, request: Request) -> Reply:
        if self.protocol == "odata":
            return ODataService(self.entries).answer(request.url)
        return _SERVICES[self.protocol](request, [Known(entry) for entry in self.entries])

    def catalogue(
        self, *, page: int = 5, limit: int | None = None, attempts: int = 3
    ) -> PagedCatalogue:
        """The adapter in front of it, without waiting."""
        client = Client(
            "here",
            attempts=attempts,
            bucket=TokenBucket(1e9),
            timing=Timing(sleep=lambda _: None),
        )
        opened = ADAPTERS[self.protocol]("here", self.base, client=client, page=page)
        if limit is not None:
            able = opened.capabilities
            opened.capabilities = Capabilities(able.published_filter, able.largest_page, limit)
        return opened

    def pages(self, query: Query, **options: Any) -> Iterator[Page]:
        """What the adapter makes of it.

        :param options: of ``catalogue``.
        """
        with closing(self.catalogue(**options)) as catalogue:
            try:
                yield from catalogue.search(query)
            finally:
                if self.confused is not None:
                    raise self.confused


def status(code: int, **headers: str) -> Fault:
    return lambda _: reply({"error": "WAF", "message": "Rate limit exceeded"}, code, **headers)


def truncated(answer: Reply) -> Reply:
    return Reply(answer.body[: len(answer.body) * 2 // 3], headers=answer.headers)


def maintenance(_: Reply) -> Reply:
    return Reply(b"<html><body>Sorry</body></html>", headers={"Content-Type": "text/html"})


def replaced(old: bytes, new: bytes) -> Fault:
    def fault(answer: Reply) -> Reply:
        assert old in answer.body
        return Reply(answer.body.replace(old, new), answer.status, answer.headers)

    return fault


def changed(answer: Reply) -> Reply:
    """Another shape under the same content type."""
    xml = "xml" in answer.headers["Content-Type"]
    body = b"<results><hit/></results>" if xml else b'{"unexpected": []}'
    return Reply(body, headers=answer.headers)
