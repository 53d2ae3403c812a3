"""Many scenes over a bad line: in the end the ledger holds the truth, once.

``make test`` soaks with 2,500 scenes. The long one::

    SOAK_SCENES=100000 .venv/bin/pytest tests/integration/catalogue/test_soak.py
"""

import bisect
import os
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from odata_service import ODataService, Reply, radar_entry, reply, served

from dias_cbm.catalogue.adapters.odata import ODataCatalogue
from dias_cbm.catalogue.sync import sync
from dias_cbm.db.connection import Connection
from dias_cbm.errors import CatalogueError
from dias_cbm.scenes import Kind
from dias_cbm.seasons import Season
from dias_cbm.transport.http import Client, Timing, TokenBucket

SCENES = int(os.environ.get("SOAK_SCENES", "2500"))

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600 + SCENES // 50)]
MAY = datetime(2018, 5, 1, tzinfo=UTC)
DAYS = 60
FAULTS = 0.2
#: Small enough, with the windows below, for windows to be halved at any number of scenes.
LIMIT = min(SCENES // 10, 10_000)
PAGE = max(20, min(SCENES // 100, 1000))
WINDOW_DAYS = 15
#: Every so many scenes one was published again, has no outline, or does not come at the first try.
TWIN, BARE = 50, 97
_WINDOW = re.compile(r"ContentDate/Start ge (\S+Z) and ContentDate/Start lt (\S+Z)")


def entry(number: int, copy: int = 0) -> dict[str, Any]:
    start = MAY + timedelta(days=DAYS) * number / SCENES
    made = radar_entry(number, start=start, published=start + timedelta(hours=2 + copy))
    take = f"{number:06X}"
    name = made["Name"].replace("_02574C_", f"_{take}_").rpartition("_")[0]
    bare = {"Footprint": None, "GeoFootprint": None} if number % BARE == 0 else {}
    attributes = [one for one in made["Attributes"] if one["Name"] != "datatakeID"]
    return (
        made
        | {"Id": f"{number}-{copy}", "Name": f"{name}_{copy:04X}.SAFE", "Attributes": attributes}
        | bare
    )


class Stream(ODataService):
    """So many entries that they are found by their time, and a line that fails now and then."""

    def __init__(self, seed: int) -> None:
        super().__init__(largest_offset=LIMIT)
        self.chance = random.Random(seed)
        self.played = 0

    @cached_property
    def listing(self) -> list[dict[str, Any]]:
        twins = [entry(number, 1) for number in range(0, SCENES, TWIN)]
        return sorted([entry(number) for number in range(SCENES)] + twins, key=self.key)

    @staticmethod
    def key(one: dict[str, Any]) -> str:
        return str(one["ContentDate"]["Start"])

    def answer(self, url: str) -> Reply:
        parts = urlsplit(url)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        truth = self._listed(f"{parts.scheme}://{parts.netloc}{parts.path}", query)
        if self.chance.random() >= FAULTS:
            return truth
        self.played += 1
        html = {"Content-Type": "text/html"}
        return self.chance.choice(
            [
                reply({"error": "WAF", "message": "Rate limit exceeded"}, 429),
                reply({"error": "WAF"}, 429, Retry_After="1"),
                reply({"detail": "Bad gateway"}, 502),
                Reply(b"<html>maintenance</html>", headers=html),
                Reply(truth.body, headers=truth.headers, cut=len(truth.body) // 2),
                Reply(truth.body[: len(truth.body) // 2], headers=truth.headers),
            ]
        )

    def _listed(self, address: str, query: dict[str, str]) -> Reply:
        window = _WINDOW.search(query["$filter"])
        assert window
        first, last = (
            bisect.bisect_left(self.listing, text, key=self.key) for text in window.groups()
        )
        top, skip = int(query["$top"]), int(query["$skip"])
        assert skip <= self.largest_offset
        found = self.listing[first:last]
        body: dict[str, Any] = {"value": found[skip : skip + top]}
        if len(found) > skip + top <= self.largest_offset:
            following = urlencode(query | {"$skip": str(skip + top)})
            body["@odata.nextLink"] = f"{address}?{following}"
        return reply(body)


@pytest.fixture
def stream() -> Stream:
    return Stream(seed=4)


@pytest.fixture
def catalogue(stream: Stream) -> Iterator[ODataCatalogue]:
    timing = Timing(sleep=lambda _: None)
    # Three tries of a line that fails one time in five: some windows fail as a whole.
    client = Client("here", attempts=3, bucket=TokenBucket(1e9), timing=timing)
    with served(stream) as url:
        opened = ODataCatalogue("here", url, client=client, page=PAGE)
        opened.capabilities = replace(opened.capabilities, largest_offset=LIMIT)
        yield opened
        opened.close()


def test_the_ledger_is_the_truth(
    connection: Connection, season: Season, stream: Stream, catalogue: ODataCatalogue
) -> None:
    for first in range(0, DAYS, WINDOW_DAYS):
        window = (MAY + timedelta(days=first), MAY + timedelta(days=first + WINDOW_DAYS))
        for _ in range(200):
            try:
                sync(connection, season, (Kind.S1_GRD,), *window, "here", catalogue=catalogue)
                break
            except CatalogueError:
                connection.rollback()
        else:
            pytest.fail(f"{window[0]} never came through")
    assert stream.played > 2
    rows = connection.execute(
        "select product_id, status, reason, superseded_by, reference from dias_catalogue"
    ).fetchall()
    wanted = {one["Id"]: one["Name"].removesuffix(".SAFE") for one in stream.listing}
    assert {row.product_id: row.reference for row in rows} == wanted
    assert len(rows) == len(wanted) == SCENES + len(range(0, SCENES, TWIN))
    bare = {one["Id"] for one in stream.listing if one["GeoFootprint"] is None}
    assert {row.product_id for row in rows if row.status == "failed"} == bare
    # Of two published products of one slice the later one stays.
    lost = {row.product_id for row in rows if row.status == "superseded"}
    twins = {f"{number}-0" for number in range(0, SCENES, TWIN)}
    assert lost == twins - bare
