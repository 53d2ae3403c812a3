"""Recorded replies of every platform, read into the right scenes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree
from shapely import box

from dias_cbm.catalogue.adapters import atom, mundi, onda, resto, sobloo, stac
from dias_cbm.catalogue.adapters.json_path import Node
from dias_cbm.catalogue.adapters.paging import Entry
from dias_cbm.catalogue.base import Quarantined, Query, Skipped
from dias_cbm.catalogue.duplicates import superseded
from dias_cbm.catalogue.protocols import ADAPTERS
from dias_cbm.scenes import Kind, Scene, direction_by_sun, parse_name, parse_time, relative_orbit
from dias_cbm.transport.http import Client, TokenBucket

ALL = tuple(Kind)
RESTO = {
    # file: (scenes, skipped)
    "cdse/resto/cdsetool_s1_resto_page_1.json": (0, 10),
    "cdse/resto/cdsetool_s1_resto_page_2.json": (0, 10),
    "cdse/resto/cdsetool_s1_resto_page_3.json": (0, 10),
    "cdse/resto/cdsetool_s1_resto_page_4.json": (0, 10),
    "cdse/resto/cdsetool_s1_resto_page_5.json": (0, 8),
    "cdse/resto/openeo_httpcache_S1_GRD_page1.json": (2, 0),
    "cdse/resto/openeo_httpcache_S1_GRD_page2_empty.json": (0, 0),
    "cdse/resto/openeo_httpcache_S2_L1C_1.json": (1, 0),
    "cdse/resto/openeo_httpcache_S2_L1C_3.json": (3, 0),
    "cdse/resto/openeo_httpcache_S2_L1C_empty.json": (0, 0),
    "cdse/resto/openeo_httpcache_S2_L2A_page1.json": (4, 0),
    "cdse/resto/openeo_httpcache_S2_L2A_page2_last.json": (13, 0),
    "cdse/resto/openeo_httpcache_S2_svalbard.json": (7, 0),
    "creodias/resto/openeo_creoDiasTileIdPattern.json": (1, 0),
    "creodias/resto/openeo_creodiasDifferentGeom.json": (3, 0),
    "creodias/resto/openeo_creodiasDuppedFeature.json": (2, 0),
    "creodias/resto/openeo_creodiasGlobalMosaicsSentinel1.json": (0, 1),
    "creodias/resto/openeo_creodiasPixelValueOffsetNeeded.json": (12, 0),
}


def each(reader: Callable[[Node, str, tuple[Kind, ...]], Entry], values: list[Any]) -> list[Entry]:
    return [reader(Node(value, f"[{n}]"), "here", ALL) for n, value in enumerate(values)]


def scenes(entries: list[Entry]) -> list[Scene]:
    assert all(isinstance(entry, Scene) for entry in entries), entries
    return [entry for entry in entries if isinstance(entry, Scene)]


def body(real_data: Path, file: str) -> Any:
    return json.loads((real_data / "catalogues" / file).read_text())


def agrees_with_its_name(scene: Scene) -> None:
    fields = parse_name(scene.name)
    assert scene.satellite == fields["satellite"]
    # Names of Sentinel-2 carry the start of the datatake, a little before the tile's.
    slack = timedelta(minutes=1) if scene.kind.sensor == "S2" else timedelta(seconds=1)
    assert abs(scene.start - parse_time(fields["start"])) <= slack
    if "end" in fields:
        assert abs(scene.end - parse_time(fields["end"])) <= timedelta(seconds=1)
        assert scene.abs_orbit == int(fields["abs_orbit"])
        assert scene.rel_orbit == relative_orbit(scene.satellite, scene.abs_orbit)
        place = scene.footprint.representative_point() if scene.footprint else box(0, 0, 0, 0)
        assert scene.direction == direction_by_sun(scene.start, place.x, place.y)
    else:
        assert (scene.rel_orbit, scene.tile) == (int(fields["rel_orbit"]), fields["tile"])
        assert scene.baseline == f"{fields['baseline'][:2]}.{fields['baseline'][2:]}"
        assert scene.direction == "D"
    assert scene.footprint is not None
    assert scene.footprint.is_valid
    assert scene.published is None or scene.published > scene.start


@pytest.mark.parametrize(("file", "counts"), RESTO.items(), ids=lambda one: str(one)[-40:])
def test_resto(real_data: Path, file: str, counts: tuple[int, int]) -> None:
    entries = each(resto.read_feature, body(real_data, file)["features"])
    found = [entry for entry in entries if isinstance(entry, Scene)]
    assert len(found) == counts[0]
    assert sum(isinstance(entry, Skipped) for entry in entries) == counts[1]
    for scene in found:
        agrees_with_its_name(scene)
        assert scene.location is not None
        assert scene.location.startswith("/eodata/Sentinel-")


def test_resto_scene_in_full(real_data: Path) -> None:
    file = "creodias/resto/openeo_creoDiasTileIdPattern.json"
    (scene,) = scenes(each(resto.read_feature, body(real_data, file)["features"]))
    assert scene.product_id == "48529695-77ec-4fbb-b0c8-2fbdf2e8bda4"
    assert scene.name == "S2B_MSIL2A_20230924T103659_N0509_R008_T31UFS_20230924T132849"
    assert (scene.kind, scene.abs_orbit, scene.rel_orbit) == (Kind.S2_L2A, 34211, 8)
    assert scene.start == datetime(2023, 9, 24, 10, 36, 59, 24_000, tzinfo=UTC)
    assert scene.published == datetime(2023, 9, 24, 16, 1, 39, 303_000, tzinfo=UTC)
    assert (scene.online, scene.size) == (True, 1204714187)
    assert scene.datatake == "GS2B_20230924T103659_034211_N05.09"


def test_resto_duplicates_are_settled_as_recorded(real_data: Path) -> None:
    def pairs(file: str) -> list[tuple[str, str]]:
        found = scenes(each(resto.read_feature, body(real_data, file)["features"]))
        return sorted((a.name, b.name) for a, b in superseded(found))

    # The same slice twice: another checksum at the end of the name; the later publication stays.
    (again,) = pairs("creodias/resto/openeo_creodiasDuppedFeature.json")
    assert {again[0][-4:], again[1][-4:]} == {"EBF8", "6184"}
    # Near real time against consolidated, slices shifted by three seconds.
    (shifted,) = pairs("cdse/resto/openeo_httpcache_S1_GRD_page1.json")
    assert (shifted[0][-4:], shifted[1][-4:]) == ("0FCC", "4C69")
    # Two partial datastrips in two baselines each: two of four stay, one of each strip.
    strips = pairs("cdse/resto/openeo_httpcache_S2_L2A_page1.json")
    assert len(strips) == 2
    assert all("_N0301_" in loser and "_N0500_" in winner for loser, winner in strips)


STAC = {
    "S1A_IW_GRDH_1SDV_20240607T000653_20240607T000718_054210_0697DA_6EE4_COG": None,
    "S1C_IW_GRDH_1SDV_20250327T154419_20250327T154453_001628_002981_53D2_COG": None,
    "S1A_IW_SLC__1SDV_20250104T000000_20250104T000027_057287_070C52_C1A6": (57287, 165),
    "S1B_IW_SLC__1SDV_20160820T051840_20160820T051907_001696_002693_82CA": (1696, 95),
    "S2A_MSIL1C_20240116T000741_N0510_R130_T51CVP_20240116T010505": (44743, 130),
    "S2A_MSIL2A_20220217T183431_N0510_R027_T13VEK_20240516T022440": (34773, 27),
}


@pytest.mark.parametrize(("name", "orbits"), STAC.items(), ids=lambda one: str(one)[:40])
def test_stac(real_data: Path, name: str, orbits: tuple[int, int] | None) -> None:
    item = body(real_data, f"cdse/stac/eometadatatool_{name}.json")
    entry = stac.read_item(Node(item, "$"), "here", ALL)
    if orbits is None:
        # A cloud-optimised copy is a kind of its own, which nothing here works on.
        assert isinstance(entry, Skipped)
        assert entry.name == name
        return
    (scene,) = scenes([entry])
    agrees_with_its_name(scene)
    assert (scene.name, scene.abs_orbit, scene.rel_orbit) == (name, *orbits)
    assert scene.checksum is not None
    assert scene.checksum.startswith("md5:")
    assert scene.published == datetime.fromisoformat(item["properties"]["published"])


@pytest.mark.parametrize(
    ("status", "online"), [(None, None), ("succeeded", True), ("orderable", False)]
)
def test_stac_tells_by_its_order_extension_what_is_online(
    real_data: Path, status: str | None, online: bool | None
) -> None:
    name = "S1A_IW_SLC__1SDV_20250104T000000_20250104T000027_057287_070C52_C1A6"
    item = body(real_data, f"cdse/stac/eometadatatool_{name}.json")
    item["properties"] |= {"order:status": status} if status else {}
    (scene,) = scenes([stac.read_item(Node(item, "$"), "here", ALL)])
    assert scene.online is online


def test_stac_scene_in_full(real_data: Path) -> None:
    name = "S2A_MSIL2A_20220217T183431_N0510_R027_T13VEK_20240516T022440"
    item = body(real_data, f"cdse/stac/eometadatatool_{name}.json")
    (scene,) = scenes([stac.read_item(Node(item, "$"), "here", ALL)])
    assert scene.location == f"/eodata/Sentinel-2/MSI/L2A_N0500/2022/02/17/{name}.SAFE"
    assert (scene.size, scene.checksum) == (981355618, "md5:3ae2f90d5e19911094dafdc192fe86ad")
    assert (scene.tile, scene.timeliness, scene.kind) == ("13VEK", "NRT", Kind.S2_L2A)


def test_mundi(real_data: Path) -> None:
    file = real_data / "catalogues/mundi/eodag_mundi_S2_L1C_search.xml"
    feed = etree.fromstring(file.read_bytes())
    assert atom.total(feed).counted(100) == 47
    found = scenes([mundi.read_entry(node, "here", ALL) for node in atom.entries(feed)])
    assert [scene.tile for scene in found] == ["55PBQ", "55PBR"]
    for scene in found:
        agrees_with_its_name(scene)
        # The number called the orbit's is the relative one.
        assert (scene.abs_orbit, scene.rel_orbit) == (26883, 2)
    first = found[0]
    assert first.footprint is not None
    # Listed with latitude first: longitudes are about 145 degrees there, latitudes 13.
    assert first.footprint.within(box(144.7, 13.0, 145.3, 13.6))
    assert (first.online, first.location, first.size) == (False, None, 122176028)
    assert first.checksum == "md5:0723e0dc638ae4a9f05a4ea162e7ab8f"
    assert first.published == datetime(2020, 8, 15, 12, 20, 53, tzinfo=UTC)
    assert first.datatake == "GS2A_20200815T005251_026883_N02.09"


def test_sobloo(real_data: Path) -> None:
    reply = body(real_data, "sobloo/eodag_sobloo_S2_L1C_search.json")
    found = scenes(each(sobloo.read_hit, reply["hits"]))
    for scene in found:
        agrees_with_its_name(scene)
    assert [(one.abs_orbit, one.rel_orbit, one.tile) for one in found] == [
        (26783, 45, "54PYV"),
        (17903, 2, "55PDQ"),
    ]
    # 1596848591024 ms, in UTC and not in the time of the one who asked.
    assert found[0].start == datetime(2020, 8, 8, 1, 3, 11, 24_000, tzinfo=UTC)
    assert found[0].published == datetime(2020, 8, 8, 8, 16, 45, 191_000, tzinfo=UTC)
    assert found[0].product_id == "48d9d4c0-8ee0-4283-8a08-ae69b424bc58"
    counted = body(real_data, "sobloo/eodag_sobloo_count.json")
    assert (counted["totalnb"], len(each(sobloo.read_hit, counted["hits"]))) == (47, 1)


def test_onda(real_data: Path) -> None:
    reply = body(real_data, "onda/eodag_onda_S2_L1C_search.json")
    found = scenes(each(onda.read_product, reply["value"]))
    for scene in found:
        agrees_with_its_name(scene)
    first = found[0]
    assert first.name == "S2B_MSIL1C_20200813T010309_N0209_R045_T55PBR_20200813T021947"
    assert first.location == f"/OPTICAL/LEVEL-1C/2020/08/13/{first.name}.zip"
    assert (first.online, first.size) == (False, 177146680)
    assert first.published == datetime(2020, 8, 13, 15, 47, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("protocol", "file"),
    [
        ("mundi", "mundi/derived/empty_page.xml"),
        ("onda", "onda/derived/empty_page.json"),
        ("sobloo", "sobloo/derived/empty_page.json"),
        ("resto", "cdse/resto/openeo_httpcache_S2_L1C_empty.json"),
    ],
)
def test_recorded_empty_pages_end_a_listing(real_data: Path, protocol: str, file: str) -> None:
    content = (real_data / "catalogues" / file).read_bytes()
    media = "application/atom+xml" if file.endswith("xml") else "application/json"
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"Content-Type": media}, content=content)
    )
    client = Client("here", bucket=TokenBucket(1e9), transport=transport)
    catalogue = ADAPTERS[protocol]("here", "http://here", client=client)
    day = datetime(2020, 8, 8, tzinfo=UTC)
    pages = list(catalogue.search(Query((Kind.S2_L1C,), None, day, day + timedelta(days=8))))
    assert len(pages) == 1
    assert not pages[0].scenes


def test_entries_without_usable_outline_are_set_aside() -> None:
    properties = {
        "title": "S2B_MSIL2A_20230924T103659_N0509_R008_T31UFS_20230924T132849.SAFE",
        "startDate": "2023-09-24T10:36:59.024Z",
        "completionDate": "2023-09-24T10:36:59.024Z",
    }
    for geometry in ([], None, {"type": "Polygon", "coordinates": []}):
        feature = {"id": "1", "geometry": geometry, "properties": properties}
        (entry,) = each(resto.read_feature, [feature])
        assert isinstance(entry, Quarantined)
