"""Replies of an OData catalogue that have changed, and whatever else may come."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odata_adapter import URL, asking, ids, question, read
from odata_service import ODataService, Reply, attribute, radar_entry, reply

from dias_cbm.catalogue.adapters.odata_entry import read_entry
from dias_cbm.catalogue.base import Quarantined
from dias_cbm.errors import CbmError, SchemaChanged, Unavailable
from dias_cbm.scenes import Kind, Scene


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "no list at value"),
        ({}, "no list at value"),
        ({"value": None}, "no list at value"),
        ({"value": {"Id": 1}}, "no list at value"),
        ({"message": "Rate limit exceeded", "status": 429}, "reply says: Rate limit exceeded"),
        ({"value": [None]}, r"no object at value\[0\]"),
        ({"value": [radar_entry(Id=None)]}, r"no text at value\[0\].Id"),
        ({"value": [radar_entry(Id=5)]}, r"no str at value\[0\].Id"),
        ({"value": [radar_entry(Name="S1A\x00")]}, r"no printable text at value\[0\].Name"),
        ({"value": [radar_entry(Attributes=None)] * 2}, r"no list at value\[0\].Attrib"),
        ({"value": [radar_entry(Attributes=[5])]}, r"no object at value\[0\].Attributes\[0\]"),
        ({"value": [radar_entry(ContentDate=None)]}, r"no object at value\[0\].ContentDate"),
        ({"value": [radar_entry(ContentDate={})]}, r"no text at value\[0\].ContentDate.Start"),
        ({"value": [radar_entry(PublicationDate="yesterday")]}, r"value\[0\].PublicationDate"),
        ({"value": [radar_entry(PublicationDate="2018-05-01T10:00:00")]}, "no time with a zone"),
        ({"value": [radar_entry(PublicationDate="0001-01-01T00:00:00+14:00")]}, "no time with a"),
        ({"value": [radar_entry(ContentLength="12")]}, r"no int at value\[0\].ContentLength"),
        ({"value": [radar_entry(ContentLength=-1)]}, "-1 is out of range"),
        ({"value": [radar_entry(Online=1)]}, r"no bool at value\[0\].Online"),
        ({"value": [radar_entry(Checksum={"MD5": "x"})]}, r"no list at value\[0\].Checksum"),
        ({"value": [radar_entry(GeoFootprint="x")]}, r"no dict at value\[0\].GeoFootprint"),
        ({"value": [], "@odata.nextLink": f"{URL}/Products?$skip=0"}, "does not advance"),
        ({"value": [], "@odata.nextLink": f"{URL}/Products"}, "no offset in @odata.nextLink"),
        ({"value": [], "@odata.nextLink": 5}, "no offset in @odata.nextLink"),
    ],
)
def test_a_changed_reply_names_the_place(body: object, message: str) -> None:
    service = ODataService([], [lambda _: reply(body)])
    with pytest.raises(SchemaChanged, match=message):
        list(asking(service).search(question()))


@pytest.mark.parametrize(
    ("name", "value"),
    [("orbitNumber", "21713"), ("relativeOrbitNumber", 40_000), ("relativeOrbitNumber", True),
     ("datatakeID", 1.5), ("timeliness", 3), ("orbitDirection", ["A"])],
)  # fmt: skip
def test_a_changed_attribute_is_named(name: str, value: object) -> None:
    entry = radar_entry()
    entry["Attributes"] = [a for a in entry["Attributes"] if a["Name"] != name]
    entry["Attributes"].append(attribute(name, value))
    with pytest.raises(SchemaChanged, match=rf"value\[0\].Attributes\[{name}\].Value"):
        read_entry(entry, "value[0]", "cdse", (Kind.S1_GRD,))


KEYS = st.sampled_from(["Name", "Value", "type", "coordinates", "Start", "End"])
WORDS = st.sampled_from(["Polygon", "2018-05-01T00:00:00Z", "IW_GRDH_1S", "S1A"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(radar_entry())), values, max_size=3))
def test_fuzzed_entries_are_read_or_are_a_known_error(changes: dict[str, Any]) -> None:
    try:
        read(radar_entry(**changes))
    except SchemaChanged as error:
        assert "value[0]" in str(error)


@given(st.sampled_from([a["Name"] for a in radar_entry()["Attributes"]]), values)
def test_fuzzed_attributes_are_read_or_are_a_known_error(name: str, value: object) -> None:
    entry = radar_entry()
    entry["Attributes"] = [*entry["Attributes"], attribute(name, value)]
    try:
        read(entry)
    except SchemaChanged as error:
        assert "value[0]" in str(error)


@given(st.lists(values, max_size=8) | values)
def test_fuzzed_coordinates_are_a_footprint_or_none(coordinates: object) -> None:
    for kind in ("Polygon", "MultiPolygon"):
        geometry = {"type": kind, "coordinates": coordinates}
        assert isinstance(read(radar_entry(GeoFootprint=geometry)), Scene | Quarantined)


@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_fuzzed_bodies_are_a_known_error(body: bytes) -> None:
    service = ODataService([], [lambda _: Reply(body)] * 3)
    try:
        assert ids(asking(service).search(question())) == []
    except CbmError as error:
        assert isinstance(error, SchemaChanged | Unavailable)
