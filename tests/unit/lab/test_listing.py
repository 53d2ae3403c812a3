from datetime import datetime

import pytest
import shapely

from dias_cbm.scenes import Kind
from dias_cbm_lab.dias import listing
from dias_cbm_lab.season.place import Place
from dias_cbm_lab.season.plan import DEFAULT_START, compose
from dias_cbm_lab.season.products import Written

KEYS = {
    "@odata.mediaContentType",
    "Id",
    "Name",
    "ContentType",
    "ContentLength",
    "OriginDate",
    "PublicationDate",
    "ModificationDate",
    "Online",
    "EvictionDate",
    "S3Path",
    "Checksum",
    "ContentDate",
    "Footprint",
    "GeoFootprint",
    "Attributes",
}
RADAR = {
    "orbitNumber": int,
    "relativeOrbitNumber": int,
    "orbitDirection": str,
    "datatakeID": int,
    "sliceNumber": int,
    "timeliness": str,
    "swathIdentifier": str,
    "operationalMode": str,
    "polarisationChannels": str,
    "platformSerialIdentifier": str,
    "productType": str,
    "origin": str,
}
OPTICAL = {
    "tileId": str,
    "cloudCover": float,
    "productGroupId": str,
    "relativeOrbitNumber": int,
    "processorVersion": str,
    "operationalMode": str,
    "productType": str,
    "origin": str,
}


@pytest.fixture(scope="module")
def plan():
    return compose(DEFAULT_START, 42, 1, Place.holding(2000))


@pytest.fixture(scope="module")
def entries(plan):
    return listing.compose(plan, [Written(e.name, 7, "ab" * 16) for e in plan.entries if e.stored])


def attributes(entry):
    return {one["Name"]: one["Value"] for one in entry["Attributes"]}


def test_entries_have_the_documented_shape(entries, plan):
    assert len(entries) == len(plan.entries)
    for entry in entries:
        assert set(entry) == KEYS
        for time in (
            entry["PublicationDate"],
            entry["OriginDate"],
            entry["ContentDate"]["Start"],
            entry["ContentDate"]["End"],
        ):
            assert time.endswith("Z")
            assert len(time) == len("2018-05-15T05:40:04.307000Z")
        wanted = RADAR if entry["Name"].startswith("S1") else OPTICAL
        found = attributes(entry)
        assert {name: type(found[name]) for name in wanted} == wanted
        for attribute in entry["Attributes"]:
            assert attribute["@odata.type"] == f"#OData.CSC.{attribute['ValueType']}Attribute"


def test_everything_is_labelled_as_simulated(entries):
    assert {attributes(entry)["origin"] for entry in entries} == {"SIMULATED"}


def test_attributes_agree_with_the_name(entries):
    entry = next(e for e in entries if e["Name"].endswith("_CARD_BS"))
    found, (_, _, _, _, start, end, orbit, datatake, *_) = (
        attributes(entry),
        entry["Name"].split("_"),
    )
    assert found["orbitNumber"] == int(orbit)
    assert found["datatakeID"] == int(datatake, 16)
    sensed = datetime.fromisoformat(entry["ContentDate"]["Start"])
    assert (f"{sensed:%Y%m%dT%H%M%S}", end > start) == (start, True)


def test_locations_are_those_of_creodias(entries):
    roots = {
        "_CARD_BS": "/eodata/Sentinel-1/SAR/CARD-BS/",
        "_CARD-COH6": "/eodata/Sentinel-1/SAR/CARD-COH6/",
    }
    for entry in entries:
        day = entry["ContentDate"]["Start"][:10].replace("-", "/")
        assert entry["S3Path"].endswith(f"/{day}/{entry['Name']}")
        for ending, root in roots.items():
            if entry["Name"].endswith(ending):
                assert entry["S3Path"].startswith(root)


def test_a_coherence_entry_begins_with_its_later_pass_and_names_both(entries, plan):
    by_name = {entry.name: entry for entry in plan.entries}
    pairs = [e for e in entries if e["Name"].endswith("CARD-COH6")]
    for entry in pairs:
        found = attributes(entry)
        assert entry["ContentDate"]["Start"] == found["referenceDate"] > found["secondaryDate"]
        for role in ("referenceProduct", "secondaryProduct"):
            assert by_name[found[role]].kind is Kind.S1_SLC


def test_both_forms_of_a_footprint_agree(entries):
    for entry in entries:
        wkt = entry["Footprint"].removeprefix("geography'SRID=4326;").removesuffix("'")
        geojson = shapely.geometry.shape(entry["GeoFootprint"])
        assert shapely.from_wkt(wkt).equals_exact(geojson, 1e-9)
        assert geojson.is_valid
        assert shapely.Point(9.4, 56.35).within(geojson) or attributes(entry)["sliceNumber"] == 3


def test_ids_are_unique_and_lasting(entries, plan):
    assert len({entry["Id"] for entry in entries}) == len(entries)
    again = listing.compose(plan, [Written(e.name, 8, "cd" * 16) for e in plan.entries if e.stored])
    assert [entry["Id"] for entry in again] == [entry["Id"] for entry in entries]


def test_what_is_online_has_the_size_and_sum_of_its_files(entries, plan):
    held = {name for one in plan.lacking for name in one.sources}
    for entry in entries:
        card = entry["Name"].endswith(("_CARD_BS", "CARD-COH6")) or "MSIL2A" in entry["Name"]
        assert entry["Online"] is (card or entry["Name"] in held)
        if entry["Online"]:
            assert entry["ContentLength"] == 7
            assert entry["Checksum"][0]["Value"] == "ab" * 16
        else:
            assert entry["ContentLength"] > 7e8
            assert entry["Checksum"] == []
