"""A resto service's replies, written by hand, as JSON and as Atom."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from handwritten import ATOM, listed

from dias_cbm.scenes import Kind

NAME = "S1A_IW_SLC__1SDV_20190506T053101_20190506T053128_027100_030DE5_0C4D"
SQUARE = [[9, 55], [11, 55], [11, 56.5], [9, 56.5], [9, 55]]


def feature(**changes: Any) -> dict[str, Any]:
    properties = {
        "status": "ONLINE",
        "productIdentifier": f"/eodata/Sentinel-1/SAR/SLC/2019/05/06/{NAME}.SAFE",
        "title": f"{NAME}.SAFE",
        "startDate": "2019-05-06T05:31:01.250Z",
        "completionDate": "2019-05-06T05:31:28.750Z",
        "productType": "IW_SLC__1S",
        "published": "2019-05-06T08:15:00.123Z",
        "orbitNumber": 27100,
        "relativeOrbitNumber": 78,
        "orbitDirection": "DESCENDING",
        "timeliness": "Fast-24h",
        "services": {"download": {"mimeType": "application/octet-stream", "size": 4_000_000_001}},
    }
    value: dict[str, Any] = {
        "type": "Feature",
        "id": "5f9f0000-0000-5000-8000-000000000003",
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
    }
    return value | {"properties": properties | changes}


def page(*features: dict[str, Any], more: bool = False) -> str:
    links = [{"rel": "self", "href": "x"}] + ([{"rel": "next", "href": "x"}] if more else [])
    about = {"totalResults": None, "exactCount": 0, "itemsPerPage": 5, "links": links}
    return json.dumps(
        {"type": "FeatureCollection", "properties": about, "features": list(features)}
    )


def test_what_a_feature_means() -> None:
    found = listed("resto", Kind.S1_SLC, page(feature()))
    (scene,) = found.scenes
    assert (scene.product_id, scene.name) == ("5f9f0000-0000-5000-8000-000000000003", NAME)
    assert scene.start == datetime(2019, 5, 6, 5, 31, 1, 250_000, tzinfo=UTC)
    assert scene.end == datetime(2019, 5, 6, 5, 31, 28, 750_000, tzinfo=UTC)
    assert scene.published == datetime(2019, 5, 6, 8, 15, 0, 123_000, tzinfo=UTC)
    assert (scene.abs_orbit, scene.rel_orbit, scene.direction) == (27100, 78, "D")
    assert (scene.datatake, scene.timeliness) == (str(0x030DE5), "Fast-24h")
    assert scene.location == f"/eodata/Sentinel-1/SAR/SLC/2019/05/06/{NAME}.SAFE"
    assert (scene.online, scene.size) == (True, 4_000_000_001)
    (request,) = found.requests
    assert request.path == "/api/collections/Sentinel1/search.json"
    assert (request.query["productType"], request.query["index"]) == ("SLC", "1")


def test_zero_stands_for_an_unknown_orbit() -> None:
    body = page(feature(orbitNumber=0, relativeOrbitNumber=0))
    (scene,) = listed("resto", Kind.S1_SLC, body).scenes
    # From the name: (27100 - 73) % 175 + 1
    assert (scene.abs_orbit, scene.rel_orbit) == (27100, 78)


@pytest.mark.parametrize(
    ("status", "online"),
    [("0", True), (34, True), ("ONLINE", True), ("31", False), (32, False), ("odd", None)],
)
def test_the_state_has_been_written_in_several_ways(status: object, online: bool | None) -> None:
    (scene,) = listed("resto", Kind.S1_SLC, page(feature(status=status))).scenes
    assert scene.online is online


def test_a_link_leads_on_though_the_page_is_short() -> None:
    other = feature(title=NAME.replace("0C4D", "0C4E")) | {"id": "other"}
    found = listed("resto", Kind.S1_SLC, page(feature(), more=True), page(other))
    assert len(found.scenes) == 2
    assert [request.query["index"] for request in found.requests] == ["1", "2"]


def test_a_link_on_an_empty_page_does_not_lead_on() -> None:
    found = listed("resto", Kind.S1_SLC, page(more=True))
    assert (len(found.requests), found.scenes) == (1, [])


@pytest.mark.parametrize("geometry", [None, []])
def test_an_outline_that_is_none_is_told(geometry: object) -> None:
    (only,) = listed("resto", Kind.S1_SLC, page(feature() | {"geometry": geometry})).pages
    assert not only.scenes
    assert [aside.name for aside in only.quarantined] == [NAME]


FEED = f"""\
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:gml="http://www.opengis.net/gml"
 xmlns:eo="http://a9.com/-/spec/opensearch/extensions/eo/1.0/">
<link rel="self" href="http://resto.example"/>
<entry>
 <id>5f9f0000-0000-5000-8000-000000000004</id>
 <title>{NAME}.SAFE</title>
 <published>2019-05-06T08:15:00Z</published>
 <eo:productType>IW_SLC__1S</eo:productType>
 <gml:beginPosition>2019-05-06T05:31:01Z</gml:beginPosition>
 <gml:endPosition>2019-05-06T05:31:28Z</gml:endPosition>
 <gml:coordinates>9,55 11,55 11,56.5 9,56.5 9,55</gml:coordinates>
 <gml:coordinates>12,55 13,55 13,56 12,56 12,55</gml:coordinates>
</entry>
</feed>"""


def test_what_an_atom_entry_means() -> None:
    found = listed("resto-atom", Kind.S1_SLC, FEED, media=ATOM)
    (scene,) = found.scenes
    assert (scene.product_id, scene.name) == ("5f9f0000-0000-5000-8000-000000000004", NAME)
    assert scene.start == datetime(2019, 5, 6, 5, 31, 1, tzinfo=UTC)
    assert scene.end == datetime(2019, 5, 6, 5, 31, 28, tzinfo=UTC)
    assert (scene.rel_orbit, scene.location, scene.online) == (78, None, None)
    # Longitude first, unlike GeoRSS; every ring is a part of its own.
    parts = shapely.union_all([shapely.box(9, 55, 11, 56.5), shapely.box(12, 55, 13, 56)])
    assert scene.footprint is not None
    assert shapely.equals(scene.footprint, parts)
    assert found.requests[0].path == "/api/collections/Sentinel1/search.atom"
