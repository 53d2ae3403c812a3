"""The question to an OData catalogue and its pages, against a service that answers as CDSE does."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from odata_adapter import URL, asking, ids, question
from odata_service import START, ODataService, Reply, optical_entry, radar_entry, reply
from shapely import MultiPolygon

from dias_cbm.catalogue.adapters.odata import filter_text
from dias_cbm.catalogue.adapters.odata_entry import PRODUCT_TYPES
from dias_cbm.errors import SchemaChanged, TooManyResults
from dias_cbm.scenes import Kind


def test_the_filter_is_what_the_documentation_asks_for() -> None:
    query = question(
        start=datetime(2018, 5, 1, tzinfo=UTC),
        end=datetime(2018, 6, 1, 12, 0, 0, 250, tzinfo=UTC),
        published_after=datetime(2018, 5, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    )
    assert filter_text(query, Kind.CARD_BS, shapely.box(9, 55, 10, 56)) == (
        "Collection/Name eq 'SENTINEL-1'"
        " and ContentDate/Start ge 2018-05-01T00:00:00.000Z"
        " and ContentDate/Start lt 2018-06-01T12:00:00.000250Z"
        " and PublicationDate gt 2018-05-02T03:04:05.678Z"
        " and Attributes/OData.CSC.StringAttribute/any(att:att/Name eq 'productType'"
        " and att/OData.CSC.StringAttribute/Value eq 'CARD-BS')"
        " and OData.CSC.Intersects(area=geography'SRID=4326;"
        "POLYGON ((10 55, 10 56, 9 56, 9 55, 10 55))')"
    )


def test_every_kind_has_its_product_type() -> None:
    assert set(PRODUCT_TYPES) == set(Kind)
    assert "Collection/Name eq 'SENTINEL-2'" in filter_text(question(), Kind.S2_L2A, None)


def test_the_service_is_never_asked_to_count() -> None:
    service = ODataService([radar_entry()])
    ids(asking(service).search(question()))
    assert service.asked[0] | {"$filter": ""} == {
        "$filter": "",
        "$orderby": "PublicationDate asc",
        "$top": "1000",
        "$expand": "Attributes",
        "$skip": "0",
    }


def test_each_part_of_an_area_is_asked_for_and_shared_scenes_come_once() -> None:
    area = MultiPolygon([shapely.box(9.1, 55.1, 9.4, 55.4), shapely.box(10.1, 55.1, 10.4, 55.4)])
    service = ODataService([radar_entry()])
    assert ids(asking(service).search(question(area=area))) == ["IW_GRDH_1S-0"]
    assert len(service.asked) == 2


def test_kinds_are_asked_for_one_by_one() -> None:
    entries = [radar_entry(), radar_entry(product_type="CARD-BS"), optical_entry()]
    service = ODataService(entries)
    kinds = (Kind.CARD_BS, Kind.S2_L2A, Kind.CARD_BS)
    assert ids(asking(service).search(question(*kinds, area=None))) == ["CARD-BS-0", "S2-2A-0"]
    assert len(service.asked) == 2


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10, 23])
def test_paging_to_exhaustion(count: int) -> None:
    service = ODataService([radar_entry(number) for number in range(count)])
    expected = [f"IW_GRDH_1S-{number}" for number in range(count)]
    assert ids(asking(service, page=5).search(question())) == expected


def without_link(answer: Reply) -> Reply:
    body = json.loads(answer.body)
    body.pop("@odata.nextLink", None)
    return reply(body)


def test_a_full_page_without_a_link_is_not_the_end() -> None:
    service = ODataService([radar_entry(number) for number in range(12)], [without_link] * 3)
    assert len(ids(asking(service, page=5).search(question()))) == 12


def shortened(answer: Reply) -> Reply:
    body = json.loads(answer.body)
    body["value"] = body["value"][:2]
    return reply(body)


def test_a_short_page_with_a_link_is_not_the_end_and_hides_nothing() -> None:
    service = ODataService([radar_entry(number) for number in range(12)], [shortened])
    assert len(ids(asking(service, page=5).search(question()))) == 12


def emptied(answer: Reply) -> Reply:
    return reply(json.loads(answer.body) | {"value": []})


def test_an_empty_page_with_a_link_leads_on() -> None:
    service = ODataService([radar_entry(number) for number in range(12)], [None, emptied])
    assert len(ids(asking(service, page=5).search(question()))) == 12 - 5


def test_links_of_a_mirror_name_the_original() -> None:
    """Only their offset is used; every request goes to the host that was asked."""
    asked: list[str] = []

    def elsewhere(answer: Reply) -> Reply:
        body = json.loads(answer.body)
        if "@odata.nextLink" in body:
            body["@odata.nextLink"] = body["@odata.nextLink"].replace(
                URL, "https://original.example/v1"
            )
            asked.append(body["@odata.nextLink"])
        return reply(body)

    service = ODataService([radar_entry(number) for number in range(12)], [elsewhere] * 3)
    assert len(ids(asking(service, page=5).search(question()))) == 12
    assert asked
    assert all("original.example" in link for link in asked)


def test_a_page_that_repeats_entries_doubles_nothing() -> None:
    entries = [radar_entry(number) for number in range(12)]

    def shifted(answer: Reply) -> Reply:
        """What a product published in between, before the others, does to the second page."""
        return reply(json.loads(answer.body) | {"value": entries[3:8]})

    service = ODataService(entries, [None, shifted])
    got = ids(asking(service, page=5).search(question()))
    assert len(got) == len(set(got))
    assert got[:8] == [entry["Id"] for entry in entries[:8]]


def test_a_page_sent_again_in_place_of_the_next_is_an_error_not_a_loss() -> None:
    pages: list[Reply] = []

    def keep(answer: Reply) -> Reply:
        pages.append(answer)
        return answer

    service = ODataService(
        [radar_entry(number) for number in range(12)], [keep, lambda _: pages[0]]
    )
    with pytest.raises(SchemaChanged, match="does not advance"):
        ids(asking(service, page=5).search(question()))


def test_the_offset_limit_halves_the_window_and_nothing_is_lost() -> None:
    service = ODataService([radar_entry(number) for number in range(60)])
    got = ids(asking(service, page=5, limit=10).search(question()))
    assert sorted(got) == sorted(f"IW_GRDH_1S-{number}" for number in range(60))
    assert all(int(query["$skip"]) <= 10 for query in service.asked)


@given(
    st.lists(st.integers(0, 30 * 86400 - 1), max_size=25, unique=True),
    st.integers(1, 6),
    st.integers(1, 12),
)
def test_every_scene_once_whatever_page_and_limit(
    seconds: list[int], page: int, limit: int
) -> None:
    entries = [
        radar_entry(number, start=START + timedelta(seconds=second))
        for number, second in enumerate(seconds)
    ]
    got = ids(asking(ODataService(entries), page=page, limit=limit).search(question()))
    assert sorted(got) == sorted(entry["Id"] for entry in entries)


def test_too_many_at_one_moment_is_an_error_not_an_end() -> None:
    service = ODataService([radar_entry(number, start=START) for number in range(20)])
    with pytest.raises(TooManyResults, match="more than 5 entries"):
        ids(asking(service, page=5, limit=5).search(question()))


def test_the_poll_asks_for_what_was_published_after() -> None:
    late = START + timedelta(days=300)
    service = ODataService([radar_entry(1), radar_entry(2, published=late)])
    query = question(published_after=late - timedelta(days=1))
    assert ids(asking(service).search(query)) == ["IW_GRDH_1S-2"]
