"""Replies written by hand, given one after the other to the adapter of a protocol."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from loopback import serving
from platform_services.common import Reply, Request

from dias_cbm.catalogue.base import Page, Query
from dias_cbm.catalogue.protocols import ADAPTERS
from dias_cbm.scenes import Kind, Scene
from dias_cbm.transport.http import Client, Timing, TokenBucket

JSON = "application/json"
ATOM = "application/atom+xml"
#: The days of all replies that are written by hand.
START, END = datetime(2019, 5, 1, tzinfo=UTC), datetime(2019, 6, 1, tzinfo=UTC)


@dataclass
class Listing:
    """What an adapter asked, and what it read."""

    requests: list[Request] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    @property
    def scenes(self) -> list[Scene]:
        return [scene for page in self.pages for scene in page.scenes]


def listed(
    protocol: str,
    kind: Kind,
    *bodies: str,
    path: str = "",
    media: str = JSON,
    page: int = 5,
) -> Listing:
    """Ask for a kind in May 2019, anywhere; the replies are given in turn, the last one for good.

    :param bodies: ``{host}`` in them stands for the service's own address.
    :param path: of the platform's base URL.
    """
    listing = Listing()

    def answer(request: Request) -> Reply:
        body = bodies[min(len(listing.requests), len(bodies) - 1)]
        listing.requests.append(request)
        return Reply(body.replace("{host}", url).encode(), headers={"Content-Type": media})

    with serving(answer) as url:
        client = Client(
            "here", attempts=1, bucket=TokenBucket(1e9), timing=Timing(sleep=lambda _: None)
        )
        opened = ADAPTERS[protocol]("here", url + path, client=client, page=page)
        with closing(opened) as catalogue:
            listing.pages = list(catalogue.search(Query((kind,), None, START, END)))
    return listing
