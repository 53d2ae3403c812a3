"""ONDA's reply, written by hand: what each field means, and an error that looks like success."""

import json
from datetime import UTC, datetime

import pytest
import shapely
from handwritten import listed

from dias_cbm.errors import BadQuery
from dias_cbm.scenes import Kind

NAME = "S1B_IW_GRDH_1SDV_20190512T053010_20190512T053035_016210_01E825_1A2B"
PAGE = f"""{{
 "@odata.context": "$metadata#Products",
 "value": [{{
  "@odata.mediaContentType": "application/zip",
  "id": "9e1f0000-0000-4000-8000-000000000001",
  "name": "{NAME}.zip",
  "creationDate": "2019-05-12T09:00:00.000Z",
  "beginPosition": "2019-05-12T05:30:10.500Z",
  "offline": true,
  "size": 987654321,
  "pseudopath": "RADAR/LEVEL-1/GRD/2019/05/12, S1/1B/SAR/LEVEL-1/GRD/2019/05/12",
  "footprint": "MULTIPOLYGON (((9 55,11 55,11 56.5,9 56.5,9 55)))",
  "Metadata": [
   {{"id": "productType", "value": "GRD"}},
   {{"id": "endPosition", "value": "2019-05-12T05:30:35.499Z"}},
   {{"id": "orbitNumber", "value": "16210"}},
   {{"id": "relativeOrbitNumber", "value": "139"}},
   {{"id": "orbitDirection", "value": "DESCENDING"}},
   {{"id": "sliceNumber", "value": "7"}},
   {{"id": "timeliness", "value": "Fast-24h"}}
  ]
 }}]
}}"""
EMPTY = '{"@odata.context": "$metadata#Products", "value": []}'


def test_what_a_product_means() -> None:
    found = listed("onda", Kind.S1_GRD, PAGE, EMPTY)
    (scene,) = found.scenes
    assert (scene.product_id, scene.name) == ("9e1f0000-0000-4000-8000-000000000001", NAME)
    assert scene.start == datetime(2019, 5, 12, 5, 30, 10, 500_000, tzinfo=UTC)
    assert scene.end == datetime(2019, 5, 12, 5, 30, 35, 499_000, tzinfo=UTC)
    # It is the catalogue's own date: when the product appeared here.
    assert scene.published == datetime(2019, 5, 12, 9, tzinfo=UTC)
    assert (scene.abs_orbit, scene.rel_orbit, scene.direction) == (16210, 139, "D")
    assert (scene.slice, scene.timeliness, scene.datatake) == (7, "Fast-24h", str(0x01E825))
    assert (scene.online, scene.size) == (False, 987_654_321)
    # The first of the folders in which it is listed.
    assert scene.location == f"/RADAR/LEVEL-1/GRD/2019/05/12/{NAME}.zip"
    assert scene.footprint is not None
    assert shapely.equals(scene.footprint, shapely.box(9, 55, 11, 56.5))


def test_only_an_empty_page_is_the_end() -> None:
    found = listed("onda", Kind.S1_GRD, PAGE, EMPTY)
    assert [request.query["$skip"] for request in found.requests] == ["0", "1"]
    assert found.requests[0].query["$search"] == (
        '"productType:*GRD* AND '
        'beginPosition:[2019-05-01T00:00:00.000Z TO 2019-05-31T23:59:59.999Z]"'
    )


def test_without_metadata_the_name_tells_the_end_and_the_orbit() -> None:
    reply = json.loads(PAGE)
    del reply["value"][0]["Metadata"]
    (scene,) = listed("onda", Kind.S1_GRD, json.dumps(reply), EMPTY).scenes
    assert scene.end == datetime(2019, 5, 12, 5, 30, 35, tzinfo=UTC)
    # (16210 - 27) % 175 + 1
    assert (scene.abs_orbit, scene.rel_orbit) == (16210, 84)


def test_an_error_under_http_200_is_an_error() -> None:
    refused = '{"error": {"code": null, "message": "The maximum number of results is 2000"}}'
    with pytest.raises(BadQuery, match="maximum number of results is 2000"):
        listed("onda", Kind.S1_GRD, refused)
