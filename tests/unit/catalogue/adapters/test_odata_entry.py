"""Entries of an OData catalogue: recorded ones, and each field as it is read."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from odata_adapter import read
from odata_service import SQUARE, START, attribute, optical_entry, radar_entry
from shapely import MultiPolygon

from dias_cbm.catalogue.adapters.odata_entry import read_entry
from dias_cbm.catalogue.base import Page, Skipped
from dias_cbm.scenes import Kind, Scene, relative_orbit


def replay(body: object) -> Iterator[Page]:
    """Read one recorded page as if all kinds had been asked for."""
    entries = body["value"]
    for index, value in enumerate(entries):
        yield read_entry(value, f"value[{index}]", "cdse", tuple(Kind))


@pytest.mark.parametrize(
    ("number", "count"), [(1, 10), (2, 10), (3, 10), (4, 10), (5, 7)], ids=lambda value: str(value)
)
def test_recorded_auxiliary_files_are_skipped_by_name(
    real_data: Path, number: int, count: int
) -> None:
    file = real_data / f"catalogues/cdse/odata/cdsetool_s1_page_{number}.json"
    read = list(replay(json.loads(file.read_text())))
    assert len(read) == count
    assert all(isinstance(entry, Skipped) for entry in read)
    assert all(entry.reason.startswith("product type AUX_") for entry in read)


def test_recorded_acquisitions_of_2014(real_data: Path) -> None:
    file = real_data / "catalogues/creodias/odata/eodag_S1_GRD_search_10.json"
    body = json.loads(file.read_text())
    scenes = list(replay(body))
    assert [scene.product_id for scene in scenes] == [entry["Id"] for entry in body["value"]]
    first = scenes[0]
    assert first.name == "S1A_IW_GRDH_1SSV_20141004T005844_20141004T005913_002673_002FAB_4FCD"
    assert first.kind is Kind.S1_GRD
    assert first.start == datetime(2014, 10, 4, 0, 58, 44, 620_000, tzinfo=UTC)
    assert first.published == datetime(2017, 12, 16, 9, 13, 28, 955_000, tzinfo=UTC)
    # The datatake is not listed: it comes from the name. Size 0 and no checksum are unknown.
    assert (first.datatake, first.size, first.checksum) == (str(0x2FAB), None, None)
    assert [scene.slice for scene in scenes] == list(range(1, 11))
    for scene in scenes:
        assert (scene.direction, scene.timeliness, scene.abs_orbit) == ("A", "Fast-24h", 2673)
        # Before the orbit was moved in 2014 the catalogue's number is right, the formula's is not.
        assert (scene.rel_orbit, relative_orbit("S1A", 2673)) == (153, 151)
        assert scene.footprint is not None
        assert -112 < scene.footprint.centroid.x < -102


def test_recorded_backscatter_product(real_data: Path) -> None:
    file = real_data / "catalogues/creodias/odata/ordering_script_CARD-BS_search.json"
    (scene,) = replay(json.loads(file.read_text()))
    assert scene.product_id == "c30ec00f-5701-4d3b-869b-101a7a57923e"
    assert (scene.kind, scene.kind.card, scene.satellite) == (Kind.CARD_BS, "bs", "S1A")
    assert (scene.abs_orbit, scene.rel_orbit, scene.direction) == (52433, 36, "D")
    assert scene.rel_orbit == relative_orbit("S1A", scene.abs_orbit)
    assert scene.datatake == str(int("06574A", 16)) == "415562"
    assert (scene.slice, scene.timeliness, scene.size) == (3, "NRT-3h", 5159453518)
    assert scene.checksum == "md5:5bf9a30a7a03e1421ffad90565001466"
    assert scene.location == f"/eodata/Sentinel-1/SAR/CARD-BS/2024/02/06/{scene.name}"
    assert scene.attributes["processorVersion"] == "3.6.2"
    assert scene.footprint.bounds == (28.712437, 51.678623, 32.944637, 53.580101)


def test_an_optical_entry() -> None:
    scene = read(optical_entry())
    assert isinstance(scene, Scene)
    assert (scene.kind, scene.satellite, scene.tile) == (Kind.S2_L2A, "S2A", "32VNH")
    assert (scene.rel_orbit, scene.abs_orbit, scene.direction) == (108, 14914, "D")
    assert (scene.baseline, scene.checksum) == ("02.06", f"blake3:{'ab' * 32}")
    assert scene.attributes["cloudCover"] == 12.5
    assert scene.published == START + timedelta(hours=6)


def test_a_bare_old_row_is_read_from_its_name() -> None:
    scene = read(radar_entry(Attributes=[], Checksum=[], ContentLength=0, S3Path=None))
    assert isinstance(scene, Scene)
    assert (scene.kind, scene.abs_orbit, scene.datatake) == (Kind.S1_GRD, 21713, str(0x2574C))
    assert scene.rel_orbit == (21713 - 73) % 175 + 1
    # The hour tells the direction.
    assert (scene.direction, scene.timeliness, scene.slice) == ("D", None, None)
    optical = read(optical_entry(Attributes=[]))
    assert isinstance(optical, Scene)
    assert (optical.tile, optical.rel_orbit, optical.baseline) == ("32VNH", 108, "02.06")


def test_a_name_that_says_nothing_is_read_from_its_attributes() -> None:
    entry = radar_entry(Name="coherence of track 117")
    entry["Attributes"] = [
        attribute("productType", "CARD-COH6"),
        attribute("platformShortName", "SENTINEL-1"),
        attribute("platformSerialIdentifier", "B"),
        attribute("relativeOrbitNumber", 117),
    ]
    scene = read(entry)
    assert isinstance(scene, Scene)
    assert (scene.kind, scene.satellite, scene.rel_orbit) == (Kind.CARD_COH6, "S1B", 117)
    assert (scene.datatake, scene.abs_orbit) == (None, None)


@pytest.mark.parametrize("letter", "BCDEZ")
def test_unknown_satellites_are_taken_as_they_are(letter: str) -> None:
    scene = read(radar_entry(Name=radar_entry()["Name"].replace("S1A", f"S1{letter}")))
    assert isinstance(scene, Scene)
    assert scene.satellite == f"S1{letter}"


@pytest.mark.parametrize(
    "text",
    [
        "2018-05-01T05:30:00.5Z",
        "2018-05-01T05:30:00.500000Z",
        "2018-05-01T05:30:00.500+00:00",
        "2018-05-01T07:30:00.500+02:00",
    ],
)
def test_all_forms_of_time(text: str) -> None:
    scene = read(radar_entry(ContentDate={"Start": text, "End": text}))
    assert isinstance(scene, Scene)
    assert scene.start == START + timedelta(seconds=0.5)
    assert scene.start.tzinfo is UTC


@pytest.mark.parametrize(
    "entry",
    [
        radar_entry(Attributes=[attribute("productType", "IW_GRDH_1S-COG")]),
        radar_entry(Name=radar_entry()["Name"].replace(".SAFE", "_COG.SAFE")),
        radar_entry(Attributes=[attribute("productType", "AUX_POEORB")], Name="orbit file"),
        radar_entry(Attributes=[], Name="orbit file"),
        optical_entry(),
    ],
    ids=["cog type", "cog name", "aux", "nothing known", "not asked for"],
)
def test_what_is_none_of_ours_is_skipped_and_named(entry: dict[str, Any]) -> None:
    skipped = read(entry, Kind.S1_GRD)
    assert isinstance(skipped, Skipped)
    assert skipped.product_id == entry["Id"]
    assert skipped.reason.startswith("product type ")


def test_a_broken_footprint_gives_way_to_the_other_form() -> None:
    scene = read(radar_entry(GeoFootprint={"type": "Polygon", "coordinates": [["x"]]}))
    assert isinstance(scene, Scene)
    assert scene.footprint == MultiPolygon([SQUARE])


def test_footprints_become_multipolygons() -> None:
    parts = [SQUARE, shapely.box(12, 55, 13, 56)]
    multi = shapely.geometry.mapping(MultiPolygon(parts))
    for changes in (
        {"GeoFootprint": multi},
        {"GeoFootprint": None, "Footprint": MultiPolygon(parts).wkt},
    ):
        scene = read(radar_entry(**changes))
        assert isinstance(scene, Scene)
        assert scene.footprint is not None
        assert scene.footprint.equals(MultiPolygon(parts))


def test_a_ring_that_crosses_itself_is_mended() -> None:
    bow = {"type": "Polygon", "coordinates": [[[9, 55], [10, 56], [10, 55], [9, 56], [9, 55]]]}
    scene = read(radar_entry(GeoFootprint=bow))
    assert isinstance(scene, Scene)
    assert scene.footprint is not None
    assert scene.footprint.is_valid
    assert scene.footprint.area == pytest.approx(0.5)


def test_beyond_the_antimeridian_is_on_the_globe() -> None:
    ring = [[-182.0, 70], [-179, 70], [-179, 72], [-182, 72], [-182.0, 70]]
    assert isinstance(
        read(radar_entry(GeoFootprint={"type": "Polygon", "coordinates": [ring]})), Scene
    )
