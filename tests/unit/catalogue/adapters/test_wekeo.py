"""WEkEO's reply, written by hand: most of a scene has to come from its name."""

import json
from datetime import UTC, datetime

import shapely
from handwritten import listed

from dias_cbm.scenes import Kind

NAME = "S2B_MSIL2A_20190512T103029_N0212_R108_T32VNH_20190512T130000"
PAGE = f"""{{
 "type": "FeatureCollection",
 "properties": {{"totalResults": 1, "itemsPerPage": 5, "startIndex": 0}},
 "features": [{{
  "id": "{NAME}.SAFE",
  "type": "Feature",
  "geometry": {{"type": "Polygon",
   "coordinates": [[[9, 56], [10.5, 56], [10.5, 57], [9, 57], [9, 56]]]}},
  "properties": {{
   "startdate": "2019-05-12T10:30:29.024Z",
   "enddate": "2019-05-12T10:30:29.024Z",
   "location": "/eodata/Sentinel-2/MSI/L2A/2019/05/12/{NAME}.SAFE",
   "size": 812345678
  }}
 }}]
}}"""


def test_what_a_feature_means() -> None:
    found = listed("wekeo", Kind.S2_L2A, PAGE)
    (scene,) = found.scenes
    assert (scene.product_id, scene.name) == (f"{NAME}.SAFE", NAME)
    assert scene.start == scene.end == datetime(2019, 5, 12, 10, 30, 29, 24_000, tzinfo=UTC)
    # All of these are out of the name, or out of what it lets one reckon.
    assert (scene.satellite, scene.rel_orbit, scene.direction) == ("S2B", 108, "D")
    assert (scene.tile, scene.baseline) == ("32VNH", "02.12")
    # It does not say when a product appeared, nor whether it is at hand.
    assert (scene.published, scene.online, scene.checksum) == (None, None, None)
    assert scene.location == f"/eodata/Sentinel-2/MSI/L2A/2019/05/12/{NAME}.SAFE"
    assert scene.size == 812_345_678
    assert scene.footprint is not None
    assert shapely.equals(scene.footprint, shapely.box(9, 56, 10.5, 57))


def test_how_it_is_asked() -> None:
    (request,) = listed("wekeo", Kind.S2_L2A, PAGE).requests
    asked = json.loads(request.body)
    assert request.path == "/dataaccess/search"
    assert asked["dataset_id"] == "EO:ESA:DAT:SENTINEL-2"
    assert (asked["productType"], asked["startIndex"]) == ("S2MSI2A", 0)
    assert asked["startdate"] == "2019-05-01T00:00:00.000Z"
