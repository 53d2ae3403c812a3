"""CDSE's STAC replies, written by hand: what an item means, and both kinds of links."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from handwritten import listed

from dias_cbm.errors import SchemaChanged
from dias_cbm.scenes import Kind

NAME = "S1A_IW_SLC__1SDV_20190506T053101_20190506T053128_027100_030DE5_0C4D"
SQUARE = [[9, 55], [11, 55], [11, 56.5], [9, 56.5], [9, 55]]


def item(name: str = NAME, **changes: Any) -> dict[str, Any]:
    properties = {
        "datetime": "2019-05-06T05:31:01.250000Z",
        "start_datetime": "2019-05-06T05:31:01.250000Z",
        "end_datetime": "2019-05-06T05:31:28.750000Z",
        "published": "2019-05-06T08:15:00.123456Z",
        "product:type": "IW_SLC__1S",
        "product:timeliness_category": "Fast-24h",
        "sat:orbit_state": "descending",
        "sat:relative_orbit": 78,
        "sat:absolute_orbit": 27100,
        "eopf:datatake_id": "200165",
    }
    return {
        "type": "Feature",
        "id": name,
        "collection": "sentinel-1-slc",
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
        "properties": properties | changes,
        "links": [{"rel": "enclosure", "href": f"s3://eodata/Sentinel-1/SAR/{name}.SAFE/"}],
        # d5 01 10: MD5, of 16 bytes; the sum itself follows.
        "assets": {
            "Product": {
                "file:size": 4_000_000_001,
                "file:checksum": "d5011000112233445566778899aabbccddeeff",
            }
        },
    }


def page(*items: dict[str, Any], following: dict[str, Any] | None = None) -> str:
    links = [{"rel": "root", "href": "{host}"}]
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": list(items),
            "links": [*links, {"rel": "next"} | following] if following else links,
        }
    )


def test_what_an_item_means() -> None:
    found = listed("stac", Kind.S1_SLC, page(item()))
    (scene,) = found.scenes
    assert (scene.product_id, scene.name, scene.kind) == (NAME, NAME, Kind.S1_SLC)
    assert scene.start == datetime(2019, 5, 6, 5, 31, 1, 250_000, tzinfo=UTC)
    assert scene.end == datetime(2019, 5, 6, 5, 31, 28, 750_000, tzinfo=UTC)
    assert scene.published == datetime(2019, 5, 6, 8, 15, 0, 123_456, tzinfo=UTC)
    assert (scene.abs_orbit, scene.rel_orbit, scene.direction) == (27100, 78, "D")
    assert (scene.datatake, scene.timeliness) == ("200165", "Fast-24h")
    assert scene.location == f"/eodata/Sentinel-1/SAR/{NAME}.SAFE"
    assert scene.size == 4_000_000_001
    assert scene.checksum == "md5:00112233445566778899aabbccddeeff"
    assert scene.footprint is not None
    assert shapely.equals(scene.footprint, shapely.Polygon(SQUARE))
    (request,) = found.requests
    asked = json.loads(request.body)
    assert (request.path, asked["collections"]) == ("/search", ["sentinel-1-slc"])
    assert asked["datetime"] == "2019-05-01T00:00:00.000Z/2019-06-01T00:00:00.000Z"


OTHER = item(NAME.replace("0C4D", "0C4E"))
POSTED = {"method": "POST", "href": "{host}/search", "body": {"limit": 5, "token": "next:a:b"}}
GOT = {"href": "{host}/search?token=next:a:b"}


@pytest.mark.parametrize("link", [POSTED, GOT], ids=["posted", "got"])
def test_either_kind_of_link_leads_on(link: dict[str, Any]) -> None:
    found = listed("stac", Kind.S1_SLC, page(item(), following=link), page(OTHER))
    assert [scene.name for scene in found.scenes] == [NAME, OTHER["id"]]
    second = json.loads(found.requests[1].body)
    assert second["token"] == "next:a:b"
    # The question itself is asked again, and not what the link makes of it.
    assert second["collections"] == ["sentinel-1-slc"]


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (POSTED | {"href": ""}, "no text"),
        (POSTED | {"body": {"limit": 5}}, "no token"),
        ({"href": "{host}/search"}, "no token"),
    ],
    ids=["no address", "body", "query"],
)
def test_a_link_that_cannot_be_followed_is_not_the_end(link: dict[str, Any], told: str) -> None:
    with pytest.raises(SchemaChanged, match=told):
        listed("stac", Kind.S1_SLC, page(item(), following=link))


@pytest.mark.parametrize(
    ("link", "added"),
    [
        ({"href": "{host}/search?page=2&limit=5&collections=x"}, {"page": 2}),
        ({"href": "{host}/search?next=abc&bbox=1,2,3,4"}, {"next": "abc"}),
        ({"method": "POST", "href": "{host}/search", "body": {"next": "a,b"}}, {"next": "a,b"}),
        (
            {"method": "POST", "href": "{host}/search", "merge": True, "body": {"offset": 5}},
            {"offset": 5},
        ),
        (
            {"href": "{host}/search", "body": {"limit": 5, "search_after": [1, "x"]}},
            {"search_after": [1, "x"]},
        ),
        ({"href": "{host}/search?token=t", "body": {"limit": 5}}, {"token": "t"}),
    ],
    ids=["page", "next", "next posted", "offset", "search after", "token beside a body"],
)
def test_what_a_service_continues_by(link: dict[str, Any], added: dict[str, Any]) -> None:
    found = listed("stac", Kind.S1_SLC, page(item(), following=link), page(OTHER))
    assert [scene.name for scene in found.scenes] == [NAME, OTHER["id"]]
    first, second = (json.loads(request.body) for request in found.requests)
    assert second == first | added


def test_a_mirror_whose_links_name_the_original() -> None:
    """The next request goes to the host that was asked."""
    for link in (POSTED, GOT):
        link = link | {"href": link["href"].replace("{host}", "https://original.example/v1")}
        found = listed("stac", Kind.S1_SLC, page(item(), following=link), page(OTHER))
        assert [scene.name for scene in found.scenes] == [NAME, OTHER["id"]]
        assert len(found.requests) == 2


def test_a_link_to_the_page_it_is_on_is_an_error() -> None:
    with pytest.raises(SchemaChanged, match="does not advance"):
        listed(
            "stac",
            Kind.S1_SLC,
            page(item(), following=POSTED),
            page(OTHER, following=POSTED),
        )


def test_a_full_page_without_link_is_not_the_end_if_more_are_counted() -> None:
    reply = json.loads(page(item())) | {"numberMatched": 2}
    with pytest.raises(SchemaChanged, match="no link to the next page"):
        listed("stac", Kind.S1_SLC, json.dumps(reply), page=1)


def test_links_that_go_in_a_circle_through_empty_pages_are_an_error() -> None:
    def empty(token: str) -> str:
        links = [{"rel": "next", "href": f"https://s.example/search?token={token}"}]
        return json.dumps({"type": "FeatureCollection", "features": [], "links": links})

    with pytest.raises(SchemaChanged, match="circle"):
        listed("stac", Kind.S1_SLC, empty("a"), empty("b"), empty("a"), empty("b"))
