"""The adapter over a real socket, against a service that plays faults."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import shapely
from odata_service import START, ODataService, Reply, radar_entry, reply, served
from shapely import MultiPolygon

from dias_cbm.catalogue import Query
from dias_cbm.catalogue.adapters.odata import ODataCatalogue
from dias_cbm.errors import BadQuery, RateLimited, SchemaChanged, Unavailable
from dias_cbm.scenes import Kind
from dias_cbm.transport.http import Client, Timing, TokenBucket

QUERY = Query(
    (Kind.S1_GRD,),
    MultiPolygon([shapely.box(9.5, 55.5, 10.5, 56.0)]),
    START,
    START + timedelta(days=30),
)
ENTRIES = [radar_entry(number) for number in range(12)]
ALL = [entry["Id"] for entry in ENTRIES]
Search = Callable[..., list[str]]


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def search(slept: list[float]) -> Iterator[Search]:
    """Ids of the scenes that a service with these faults gives in the end."""

    def run(
        *faults: Callable[[Reply], Reply] | None, service: ODataService | None = None
    ) -> list[str]:
        service = service or ODataService(list(ENTRIES))
        service.faults = list(faults)
        timing = Timing(sleep=slept.append, chance=lambda: 1.0)
        with served(service) as url:
            client = Client("cdse", attempts=3, bucket=TokenBucket(1e9), timing=timing)
            with client:
                catalogue = ODataCatalogue("cdse", url, client=client, page=5)
                return [
                    scene.product_id for page in catalogue.search(QUERY) for scene in page.scenes
                ]

    return run


def limited(seconds: str | None) -> Callable[[Reply], Reply]:
    headers = {} if seconds is None else {"Retry_After": seconds}
    return lambda _: reply({"error": "WAF", "message": "Rate limit exceeded"}, 429, **headers)


def broken(answer: Reply) -> Reply:
    return Reply(answer.body, cut=len(answer.body) // 2)


def half_a_json(answer: Reply) -> Reply:
    return Reply(answer.body[: len(answer.body) // 2])


def maintenance(_: Reply) -> Reply:
    return Reply(b"<html><h1>Maintenance</h1></html>", headers={"Content-Type": "text/html"})


def failing(_: Reply) -> Reply:
    return reply({"detail": "internal"}, 500)


def test_paging_to_exhaustion(search: Search, slept: list[float]) -> None:
    assert search() == ALL
    assert slept == []


def test_empty(search: Search) -> None:
    assert search(service=ODataService()) == []


def test_a_limit_tighter_than_documented_is_an_error(search: Search) -> None:
    service = ODataService(
        [radar_entry(number, start=START + timedelta(hours=number)) for number in range(40)]
    )
    service.largest_offset = 10
    with pytest.raises(BadQuery, match="ensure this value is less"):
        search(service=service)


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (limited(None), 8.0),
        (limited("3"), 3.0),
        (failing, 1.0),
        (broken, 1.0),
        (half_a_json, 1.0),
        (maintenance, 1.0),
    ],
    ids=["429", "429 with Retry-After", "500", "truncated", "broken JSON", "HTML under 200"],
)
@pytest.mark.parametrize("before", [0, 2], ids=["first page", "last page"])
def test_a_passing_fault_loses_nothing(
    search: Search,
    slept: list[float],
    fault: Callable[[Reply], Reply],
    waited: float,
    before: int,
) -> None:
    assert search(*[None] * before, fault) == ALL
    assert slept == [waited]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (limited(None), RateLimited),
        (failing, Unavailable),
        (broken, Unavailable),
        (maintenance, Unavailable),
        (lambda _: reply({"detail": "Invalid field: Foo"}, 400), BadQuery),
        (lambda _: reply({"values": []}), SchemaChanged),
    ],
    ids=["429", "500", "truncated", "HTML", "400", "changed"],
)
def test_a_lasting_fault_is_an_error_never_a_short_list(
    search: Search, fault: Callable[[Reply], Reply], error: type[Exception]
) -> None:
    with pytest.raises(error):
        search(None, fault, fault, fault)


def test_null_geometry_does_not_stop_the_others(search: Search) -> None:
    entries = [*ENTRIES, radar_entry(99, GeoFootprint=None, Footprint=None)]
    assert search(service=ODataService(entries)) == ALL


def test_nobody_there(slept: list[float]) -> None:
    with served(ODataService()) as url:
        pass
    client = Client("cdse", attempts=2, timing=Timing(sleep=slept.append))
    with client, pytest.raises(Unavailable, match="refused"):
        list(ODataCatalogue("cdse", url, client=client).search(QUERY))
    assert len(slept) == 1
