"""The OData adapter against recorded replies and a small service that answers as CDSE does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from odata_service import (
    SQUARE,
    START,
    ODataService,
    Reply,
    attribute,
    optical_entry,
    radar_entry,
    reply,
    stamp,
)
from shapely import MultiPolygon

from dias_cbm.catalogue.adapters.odata import ODataCatalogue, filter_text
from dias_cbm.catalogue.adapters.odata_entry import PRODUCT_TYPES, read_entry
from dias_cbm.catalogue.base import Capabilities, Page, Quarantined, Query, Skipped
from dias_cbm.errors import CbmError, SchemaChanged, TooManyResults, Unavailable
from dias_cbm.scenes import Kind, Scene, relative_orbit
from dias_cbm.transport.http import Client, Timing, TokenBucket

URL = "https://catalogue.example/odata/v1"
END = START + timedelta(days=30)
AREA = MultiPolygon([shapely.box(9.5, 55.5, 10.5, 56.0)])


def asking(service: ODataService, *, page: int = 1000, limit: int = 10_000) -> ODataCatalogue:
    """The adapter in front of a service, without a socket and without waiting."""

    def handle(request: httpx.Request) -> httpx.Response:
        answer = service.answer(str(request.url))
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    client = Client(
        "cdse",
        attempts=3,
        bucket=TokenBucket(1e9),
        timing=Timing(sleep=lambda _: None),
        transport=httpx.MockTransport(handle),
    )
    service.largest_offset = limit
    catalogue = ODataCatalogue("cdse", URL, client=client, page=page)
    catalogue.capabilities = Capabilities(True, 1000, limit)
    return catalogue


def question(*kinds: Kind, **changes: Any) -> Query:
    values = {"kinds": kinds or (Kind.S1_GRD,), "area": AREA, "start": START, "end": END}
    return Query(**values | changes)


def ids(pages: Iterator[Page]) -> list[str]:
    return [scene.product_id for page in pages for scene in page.scenes]


def replay(body: object) -> Iterator[Page]:
    """Read one recorded page as if all kinds had been asked for."""
    entries = body["value"]
    for index, value in enumerate(entries):
        yield read_entry(value, f"value[{index}]", "cdse", tuple(Kind))


# --- recorded replies


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


# --- the question


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


# --- paging


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


def test_the_poll_asks_for_what_was_published_after() -> None:
    late = START + timedelta(days=300)
    service = ODataService([radar_entry(1), radar_entry(2, published=late)])
    query = question(published_after=late - timedelta(days=1))
    assert ids(asking(service).search(query)) == ["IW_GRDH_1S-2"]


# --- replies that have changed


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


# --- entries


def read(entry: dict[str, Any], *kinds: Kind) -> Scene | Quarantined | Skipped:
    return read_entry(entry, "value[0]", "cdse", kinds or tuple(Kind))


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


# --- whatever comes

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
