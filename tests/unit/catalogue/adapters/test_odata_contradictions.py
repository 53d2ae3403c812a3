"""Entries of an OData catalogue that contradict themselves, or the question."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import shapely
from odata_adapter import read
from odata_service import SQUARE, START, attribute, optical_entry, radar_entry, stamp
from shapely import MultiPolygon

from dias_cbm.catalogue.adapters.odata import ODataCatalogue
from dias_cbm.catalogue.base import Quarantined, Query
from dias_cbm.scenes import Kind, Scene
from dias_cbm.transport.http import Client


def test_a_footprint_with_its_axes_swapped_is_quarantined() -> None:
    swapped = shapely.transform(SQUARE, lambda place: place[:, ::-1])
    odd = radar_entry(1, GeoFootprint=shapely.geometry.mapping(swapped))
    body = {"value": [radar_entry(0), odd]}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    client = Client("cdse", transport=transport)
    area = MultiPolygon([SQUARE])
    asked = Query((Kind.S1_GRD,), area, START, START + timedelta(days=1))
    (page,) = ODataCatalogue("cdse", "https://c.example", client=client).search(asked)
    assert len(page.scenes) == 1
    (entry,) = page.quarantined
    assert entry.reason == "footprint is 62 degrees from the area asked for"
    assert entry.scene.footprint is None


def ring(*coordinates: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [coordinates]}


@pytest.mark.parametrize(
    ("geojson", "text", "reason"),
    [
        (None, None, "no footprint"),
        ({}, "", "no footprint"),
        ({"type": "Point", "coordinates": [9, 55]}, None, "no footprint"),
        ({"type": "Polygon", "coordinates": [[1]]}, None, "no footprint"),
        (None, "geography'SRID=4326;POLYGON ((1 2'", "no footprint"),
        (None, "geography'SRID=4326;POINT (9 55)'", "no footprint"),
        (ring((9, 1e999), (9, 2), (8, 2), (9, 1)), None, "footprint is not on the globe"),
        (ring((9, 95), (9, 96), (8, 96), (9, 95)), None, "footprint is not on the globe"),
        (ring((9, 55), (10, 55), (11, 55), (9, 55)), None, "footprint has no area"),
    ],
)
def test_what_cannot_be_placed_is_quarantined_with_its_row(
    geojson: object, text: str | None, reason: str
) -> None:
    entry = read(radar_entry(GeoFootprint=geojson, Footprint=text))
    assert isinstance(entry, Quarantined)
    assert entry.reason == reason
    assert entry.scene.footprint is None
    assert entry.scene.product_id == "IW_GRDH_1S-0"


def test_an_end_before_the_start_is_quarantined() -> None:
    content = {"Start": "2018-05-02T00:00:00Z", "End": "2018-05-01T00:00:00Z"}
    entry = read(radar_entry(ContentDate=content))
    assert isinstance(entry, Quarantined)
    assert entry.reason == "ends before it starts"


@pytest.mark.parametrize(
    ("entry", "start", "end", "reason"),
    [
        (radar_entry(), 0, 50 * 365 * 24, "lasts 438,000 hours"),
        (radar_entry(), 0, 1.5, "lasts 2 hours"),
        (radar_entry(), 24, 24.001, "starts at 2018-05-02 05:30:00, by its name at 2018-05-01"),
        (optical_entry(), -2, 0, "lasts 2 hours"),
        (optical_entry(), -2, -2, "starts at 2018-05-01 03:30:00, by its name"),
    ],
)
def test_times_that_are_not_those_of_the_product(
    entry: dict[str, Any], start: float, end: float, reason: str
) -> None:
    moments = (stamp(START + timedelta(hours=hours)) for hours in (start, end))
    found = read(entry | {"ContentDate": dict(zip(("Start", "End"), moments, strict=True))})
    assert isinstance(found, Quarantined)
    assert reason in found.reason
    assert found.scene.footprint is None


@pytest.mark.parametrize("name", ["../../x", "/etc/x", ".x", "a\\b", ".."])
def test_a_name_that_leads_out_of_its_folder_is_quarantined(name: str) -> None:
    attributes = [
        attribute("productType", "CARD-COH6"),
        attribute("platformShortName", "SENTINEL-1"),
        attribute("platformSerialIdentifier", "B"),
    ]
    found = read(radar_entry(Name=name, Attributes=attributes))
    assert isinstance(found, Quarantined)
    assert found.reason == "its name is not that of a file"


def test_the_name_counts_where_attributes_contradict_it() -> None:
    wrong = {"orbitNumber": 99, "relativeOrbitNumber": 7, "tileId": "33XXX"}

    def misled(entry: dict[str, Any]) -> Scene:
        kept = [one for one in entry["Attributes"] if one["Name"] not in wrong]
        wrongly = [attribute(name, value) for name, value in wrong.items()]
        scene = read(entry | {"Attributes": kept + wrongly})
        assert isinstance(scene, Scene)
        return scene

    radar, optical = misled(radar_entry()), misled(optical_entry())
    # A radar product's name has no relative orbit, an optical one's no absolute orbit.
    assert (radar.abs_orbit, radar.rel_orbit) == (21713, 7)
    assert (optical.abs_orbit, optical.rel_orbit, optical.tile) == (99, 108, "32VNH")
