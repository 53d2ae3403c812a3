"""The OData adapter in front of a small service, and one entry as it reads it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import shapely
from odata_service import START, ODataService
from shapely import MultiPolygon

from dias_cbm.catalogue.adapters.odata import ODataCatalogue
from dias_cbm.catalogue.adapters.odata_entry import read_entry
from dias_cbm.catalogue.base import Capabilities, Page, Quarantined, Query, Skipped
from dias_cbm.scenes import Kind, Scene
from dias_cbm.transport.http import Client, Timing, TokenBucket

URL = "https://catalogue.example/odata/v1"
END = START + timedelta(days=30)
AREA = MultiPolygon([shapely.box(9.5, 55.5, 10.5, 56.0)])


def asking(service: ODataService, *, page: int = 1000, limit: int = 10_000) -> ODataCatalogue:
    """The adapter in front of a service, without a socket and without waiting."""

    def handle(request: httpx.Request) -> httpx.Response:
        answer = service.answer(str(request.url))
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    client = Client(
        "cdse",
        attempts=3,
        bucket=TokenBucket(1e9),
        timing=Timing(sleep=lambda _: None),
        transport=httpx.MockTransport(handle),
    )
    service.largest_offset = limit
    catalogue = ODataCatalogue("cdse", URL, client=client, page=page)
    catalogue.capabilities = Capabilities(True, 1000, limit)
    return catalogue


def question(*kinds: Kind, **changes: Any) -> Query:
    values: dict[str, Any] = {
        "kinds": kinds or (Kind.S1_GRD,),
        "area": AREA,
        "start": START,
        "end": END,
    }
    return Query(**values | changes)


def ids(pages: Iterator[Page]) -> list[str]:
    return [scene.product_id for page in pages for scene in page.scenes]


def read(entry: dict[str, Any], *kinds: Kind) -> Scene | Quarantined | Skipped:
    return read_entry(entry, "value[0]", "cdse", kinds or tuple(Kind))
