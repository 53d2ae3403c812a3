"""Catalogues in every dialect for tests: made-up entries, and faults in front of the answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from odata_service import Fault, ODataService, Reply, reply

from dias_cbm.catalogue.adapters.paging import PagedCatalogue
from dias_cbm.catalogue.base import Capabilities
from dias_cbm.catalogue.protocols import ADAPTERS
from dias_cbm.transport.http import Client, Timing, TokenBucket
from dias_cbm_lab.dias import dialects

HOST = "http://catalogue.example"
PROTOCOLS = tuple(ADAPTERS)


@dataclass
class Replay:
    """One platform; answers from its entries, unless a fault is next.

    :param faults: each is played once, in turn; None plays the truth.
    """

    protocol: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault | None] = field(default_factory=list)
    sent: list[Reply] = field(default_factory=list)
    always: Fault | None = None

    @property
    def base(self) -> str:
        found = dialects.DIALECTS.get(self.protocol)
        return f"{HOST}/odata/v1" if found is None else HOST + found.base

    def handle(self, request: httpx.Request) -> httpx.Response:
        truth = self._truth(request)
        fault = self.faults.pop(0) if self.faults else self.always
        answer = truth if fault is None else fault(truth)
        self.sent.append(answer)
        return httpx.Response(
            answer.status, headers=answer.headers, content=answer.body[: answer.cut]
        )

    def _truth(self, request: httpx.Request) -> Reply:
        if self.protocol == "odata":
            return ODataService(self.entries).answer(str(request.url))
        dialect = dialects.DIALECTS[self.protocol]
        parts = urlsplit(str(request.url))
        asked = dialects.Asked(
            parts.path.removeprefix(dialect.base),
            parse_qsl(parts.query),
            json.loads(request.content) if request.method == "POST" else None,
            f"{HOST}{parts.path}",
        )
        given = dialect.answer(asked, dialects.products(self.entries))
        return Reply(given.body, given.status, {"Content-Type": given.media})

    def catalogue(
        self, *, page: int = 5, limit: int | None = None, attempts: int = 3
    ) -> PagedCatalogue:
        """The adapter in front of it, without a socket and without waiting."""
        client = Client(
            "here",
            attempts=attempts,
            bucket=TokenBucket(1e9),
            timing=Timing(sleep=lambda _: None),
            transport=httpx.MockTransport(self.handle),
        )
        opened = ADAPTERS[self.protocol]("here", self.base, client=client, page=page)
        if limit is not None:
            able = opened.capabilities
            opened.capabilities = Capabilities(able.published_filter, able.largest_page, limit)
        return opened


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
