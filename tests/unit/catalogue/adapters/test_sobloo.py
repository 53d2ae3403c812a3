"""SOBLOO's reply, written by hand: milliseconds, and an outline beside the data."""

from datetime import UTC, datetime

import pytest
import shapely
from handwritten import listed

from dias_cbm.errors import Unavailable
from dias_cbm.scenes import Kind

NAME = "S2A_MSIL2A_20190515T104021_N0212_R008_T32VNJ_20190515T120000"
# 2019-05-15 10:40:21.024 UTC is 1557916821024 ms after 1970.
PAGE = f"""{{
 "collection": "catalog", "nbhits": 1, "totalnb": 1,
 "hits": [{{
  "md": {{"geometry": {{"type": "Polygon",
   "coordinates": [[[9, 56], [10.5, 56], [10.5, 57], [9, 57], [9, 56]]]}}}},
  "data": {{
   "uid": "77aa0000-0000-4000-8000-000000000002",
   "identification": {{"externalId": "{NAME}", "type": "S2MSI2A", "tileId": "32VNJ"}},
   "acquisition": {{"missionCode": "S2A",
    "beginViewingDate": 1557916821024, "endViewingDate": 1557916821024}},
   "orbit": {{"relativeNumber": 8, "number": 20341, "direction": "DESCENDING"}},
   "archive": {{"filename": "{NAME}.SAFE", "format": "SAFE", "onLine": false}},
   "state": {{"insertionDate": 1557950400000, "services": {{"download": "external"}}}}
  }}
 }}]
}}"""


def test_what_a_hit_means() -> None:
    found = listed("sobloo", Kind.S2_L2A, PAGE)
    (scene,) = found.scenes
    assert (scene.product_id, scene.name) == ("77aa0000-0000-4000-8000-000000000002", NAME)
    assert scene.start == scene.end == datetime(2019, 5, 15, 10, 40, 21, 24_000, tzinfo=UTC)
    assert scene.published == datetime(2019, 5, 15, 20, tzinfo=UTC)
    assert (scene.rel_orbit, scene.abs_orbit, scene.direction) == (8, 20341, "D")
    assert (scene.satellite, scene.tile, scene.baseline) == ("S2A", "32VNJ", "02.12")
    assert (scene.location, scene.online) == (f"{NAME}.SAFE", False)
    assert scene.footprint is not None
    assert shapely.equals(scene.footprint, shapely.box(9, 56, 10.5, 57))


def test_it_is_asked_in_milliseconds_of_utc() -> None:
    (request,) = listed("sobloo", Kind.S2_L2A, PAGE).requests
    assert request.path == "/search"
    assert request.values["f"] == [
        "identification.type:eq:S2MSI2A",
        "acquisition.beginViewingDate:gte:1556668800000",
        "acquisition.beginViewingDate:lte:1559347200000",
    ]


def test_a_listing_that_stops_before_its_count_is_an_error() -> None:
    first = PAGE.replace('"totalnb": 1', '"totalnb": 2')
    empty = '{"collection": "catalog", "hits": [], "nbhits": 0, "totalnb": 2}'
    with pytest.raises(Unavailable, match="ends at 1 of 2"):
        listed("sobloo", Kind.S2_L2A, first, empty)
