"""JRC's query API: columns, units, limits, and chips by signed addresses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from blocks import add_scene, add_season
from card_products import write_l1c
from fastapi.testclient import TestClient
from notebook_season import CORNER, IMAGE, OPTICAL, SCL, build
from rasterio.io import MemoryFile
from window_host import READER, StandIn

from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Kind
from dias_cbm.window.api import jrc_chips
from dias_cbm.window.rights import Right, User

pytestmark = pytest.mark.integration
SEASON = "aoi=dk&year=2018"


@pytest.fixture
def season(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    store = tmp_path / "eodata"
    store.mkdir()
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{store}")
    monkeypatch.setenv("CBM_CHIPS_CACHE_FOLDER", str(tmp_path / "chips"))
    return build(connection, store)


def ask(client: TestClient, call: str, code: int = 200) -> Any:
    reply = client.get(f"/query/{call}")
    assert reply.status_code == code, reply.text
    return reply.json()


def test_parcels_and_peers(client: TestClient, season: int, connection: Connection) -> None:
    one = ask(client, f"parcelByID?{SEASON}&pid=4711&withGeometry=True&ptype=")
    assert (one["pid"], one["cropname"], one["srid"]) == (["4711"], ["barley"], [25832])
    shape = shapely.from_geojson(one["geom"][0])
    assert shape.bounds == (500_000, 6_200_000, 500_100, 6_200_100)
    there = f"lon={one['clon'][0]}&lat={one['clat'][0]}"
    same = ask(client, f"parcelByLocation?{SEASON}&{there}&withGeometry=True&wgs84=True")
    assert same["pid"] == ["4711"]
    assert shapely.from_geojson(same["geom"][0]).contains(
        shapely.Point(one["clon"][0], one["clat"][0])
    )
    assert "geom" not in ask(client, f"parcelByID?{SEASON}&pid=4711&withGeometry=False")
    for nothing in (
        f"parcelByID?{SEASON}&pid=None", f"parcelByID?{SEASON}",
        f"parcelByID?{SEASON}&pid=0", f"parcelByLocation?{SEASON}&lon=-9&lat=1",
    ):  # fmt: skip
        assert set(map(len, ask(client, nothing).values())) == {0}
    around = f"{one['clon'][0]}_{one['clat'][0]}-9.2_55.9-9.2_56"
    assert (
        "4711" in ask(client, f"parcelsByPolygon?{SEASON}&polygon={around}&only_ids=True")["pids"]
    )
    # A season whose CRS has numbers in common that mean another place.
    add_season(connection, "other-2018")
    connection.execute(
        "insert into parcel (season, pid, crop, area_m2, geom, centre)"
        " select max(id), 'x', 'rye', 1,"
        " st_multi(st_makeenvelope(5e5, 6.2e6, 500100, 6200100, 25833)), st_point(15, 56, 4326)"
        " from season"
    )
    connection.commit()
    assert ask(client, f"parcelByLocation?{SEASON}&{there}")["pid"] == ["4711"]
    far = "polygon=-9.1_-5--9.2_-5--9.2_-5.1"
    assert ask(client, f"parcelsByPolygon?{SEASON}&{far}")["pid"] == []
    assert ask(client, f"parcelPeers?{SEASON}&pid=4711&distance=1000.0&max=10") == {
        "pid": ["4712"], "distance": [200.0],
    }  # fmt: skip
    assert ask(client, f"parcelPeers?{SEASON}&pid=0") == {"pid": [], "distance": []}
    days = "start_date=2018-05-01&end_date=2018-05-31"
    by_value = ask(client, f"parcelStatsPeers?{SEASON}&band=B02&values=590-610&{days}")
    assert by_value == {"pids": ["4712"]}
    radar = ask(client, f"parcelStatsPeers?{SEASON}&band=VVc&values=0.5-0.7&{days}&stype=max&max=1")
    assert radar == {"pids": ["4712"]}
    assert ask(client, "info") == {
        "areas": ["dk", "other"], "years": ["2018"], "bands": [],
    }  # fmt: skip


def test_series_in_their_units(client: TestClient, season: int) -> None:
    found = ask(client, f"parcelTimeSeries?{SEASON}&pid=4711&tstype=s2")
    assert found["band"] == list(OPTICAL) * 2
    assert found["mean"][:6] == pytest.approx([500 * n for n in range(1, 7)], rel=1e-5)
    assert found["date_part"][0] == 1525343421  # 2018-05-03T10:30:21Z
    assert found["hist"][0] == {"4": 90, "5": 10}
    assert found["hist"][6] == {"4": 20, "9": 80}
    plain = ask(client, f"parcelTimeSeries?{SEASON}&pid=4711&tstype=s2&band=B08&scl=False&ref=True")
    assert sorted(plain) == sorted(
        ["date_part", "count", "mean", "std", "min", "max", "p25", "p50", "p75", "reference"]
    )
    assert ask(client, f"parcelTimeSeries?{SEASON}&pid=4711&tstype=scl")["hist"][1] == {
        "4": 20,
        "9": 80,
    }
    # Nothing is classified: not a class that would be taken for a cloud.
    assert ask(client, f"parcelTimeSeries?{SEASON}&pid=4713&tstype=s2")["hist"][0] == {"0": 100}
    for kind, suffix, low in (("bs", "b", 0.05), ("c6", "c", 0.3)):
        radar = ask(client, f"parcelTimeSeries?{SEASON}&pid=4711&tstype={kind}")
        assert radar["band"] == [f"VH{suffix}", f"VV{suffix}"] * 3
        assert radar["mean"][1] == pytest.approx(low + 0.002)
        assert set(radar["orbit"]) == {139}
        one = ask(client, f"parcelTimeSeries?{SEASON}&pid=4711&tstype={kind}&band=VV{suffix}")
        assert one["mean"] == radar["mean"][1::2]
        # Outside the product, and not known at all.
        for pid in ("4713", "0"):
            assert ask(client, f"parcelTimeSeries?{SEASON}&pid={pid}&tstype={kind}")["mean"] == []
    rows = client.get(f"/query/parcelTimeSeries?{SEASON}&pid=4711&tstype=bs&tsformat=csv").text
    assert rows.splitlines()[0].startswith("date_part,band,count,mean")
    assert len(rows.splitlines()) == 7
    assert ask(client, f"weatherTimeSeries?{SEASON}&pid=4711") == {
        "meteo_date": ["2018-05-01"], "tmean": [11.5], "tmin": [5.0], "tmax": [18.0], "prec": [2.5],
    }  # fmt: skip
    assert ask(client, f"weatherTimeSeries?{SEASON}&pid=0")["prec"] == []
    assert ask(client, f"markers?{SEASON}&pid=4711")["kind"] == []
    assert ask(client, "backgroundByLocation?lon=9&lat=56&iformat=tif") == {}


def test_chips_by_signed_addresses(
    client: TestClient, season: int, host: StandIn, connection: Connection
) -> None:
    wish = "start_date=2018-05-01&end_date=2018-05-05&band=B04&chipsize=200"
    listed = ask(client, f"rawChipByParcelID?{SEASON}&pid=4711&{wish}")
    assert listed["dates"] == ["20180503T103021"]
    (address,) = listed["chips"]
    assert address.startswith("/signed/")
    name, band, ending = address.split("/")[-1].split(".")
    assert (band, ending) == ("B04", "tif")
    one = ask(client, f"parcelByID?{SEASON}&pid=4711")
    there = f"lon={one['clon'][0]}&lat={one['clat'][0]}"
    same = ask(client, f"rawChipByLocation?{there}&{wish}&onlylist=True")
    assert [one.split("/")[-1] for one in same["chips"]] == [f"{name}.B04.tif"]
    host.logged_in = None
    image = client.get(address)
    assert image.status_code == 200, image.text
    with MemoryFile(image.content) as memory, memory.open() as dataset:
        assert dataset.read(1).tolist() == IMAGE["B04"][45:65, 45:65].tolist()
    # Notebooks make the address of another band from this one.
    other = client.get(address.replace("B04.tif", "B08.tif"))
    with MemoryFile(other.content) as memory, memory.open() as dataset:
        assert dataset.read(1).tolist() == IMAGE["B08"][45:65, 45:65].tolist()
    assert client.get(address.replace("_200/", "_400/")).status_code == 403
    assert address.split("/")[2] == address.split("/")[2].lower()
    assert client.get("/" + address.split("/", 3)[3]).status_code in (401, 404)
    # Whoever has lost the season since has lost the address too.
    host.users[READER.id] = User(READER.id, READER.name, READER.rights, frozenset({"other-2018"}))
    assert client.get(address).status_code == 403
    host.users[READER.id], host.logged_in = READER, READER
    page = client.get(f"/query/chipsByLocation?{there}&start_date=2018-05-01&end_date=2018-05-05"
                      "&bands=B04_B03_B02&chipsize=200")  # fmt: skip
    source = page.text.split('src="..')[1].split('"')[0]
    picture = client.get(source)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    nowhere = ask(client, f"rawChipByLocation?lon=-30&lat=1&{wish}")
    assert nowhere == {"dates": [], "chips": []}
    assert ask(client, f"rawChipByParcelID?{SEASON}&pid=0&{wish}") == {"dates": [], "chips": []}


def image_of(client: TestClient, address: str) -> Any:
    reply = client.get(address)
    assert reply.status_code == 200, reply.text
    with MemoryFile(reply.content) as memory, memory.open() as dataset:
        return dataset.read(1)


def test_batches_of_chips(
    client: TestClient,
    season: int,
    host: StandIn,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = ask(client, f"parcelByID?{SEASON}&pid=4711")
    place = {"lon": one["clon"][0], "lat": one["clat"][0], "chipsize": 200}
    days = "start_date=2018-05-01&end_date=2018-05-05"
    there = f"lon={place['lon']}&lat={place['lat']}&chipsize=200&{days}"
    classes = ask(client, f"rawChipByLocation?{there}&band=SCL")["chips"][0]
    assert (image_of(client, classes) == SCL[22:33, 22:33]).all()
    name = classes.split("/")[-1].removesuffix(".SCL.tif")
    wish = {**place, "tiles": [name, "unknown", f"{name}.SAFE"], "bands": ["B08", "B04", "SCL"]}
    found = client.post("/query/rawChipsBatch", json=wish).json()
    assert found["dates"] == ["20180503T103021"] * 3
    assert [one.split("/")[-1] for one in found["chips"]] == [
        f"{name}.{band}.tif" for band in ("B08", "B04", "SCL")
    ]
    host.logged_in = None
    assert client.post("/query/rawChipsBatch", json=wish).status_code == 401
    assert image_of(client, found["chips"][0])[0, 0] == IMAGE["B08"][45, 45]
    host.logged_in = READER
    radar = {**place, "dates": ["2018-05-01", "2018-05-14"], "plevel": "CARD-BS"}
    assert client.post("/query/rawS1ChipsBatch", json=radar).json() == {"dates": [], "chips": []}
    # Their products are not held in this season; now two of them are.
    connection.execute(
        "update dias_catalogue set location = '/x' where kind = 'CARD_BS' and id < 6"
    )
    connection.commit()
    listed = client.post("/query/rawS1ChipsBatch", json=radar).json()
    assert [one.split(".")[-2] for one in listed["chips"]] == ["VV", "VH"] * (
        len(listed["dates"]) // 2
    )
    assert len(listed["dates"]) >= 2
    odd: list[tuple[str, Any]] = [
        ("rawChipsBatch", {**wish, "bands": ["VV"]}), ("rawChipsBatch", {**wish, "bands": []}),
        ("rawChipsBatch", {**wish, "tiles": []}),
        ("rawChipsBatch", {**wish, "lon": 999}), ("rawChipsBatch", {**wish, "tiles": "x"}),
        ("rawChipsBatch", {**wish, "tiles": ["x"] * 999}), ("rawChipsBatch", []),
        ("rawS1ChipsBatch", {**radar, "plevel": "LEVEL2A"}),
        ("rawS1ChipsBatch", {**radar, "dates": ["2018-05-14", "2018-05-01"]}),
        ("rawS1ChipsBatch", {**radar, "dates": ["x"]}),
    ]  # fmt: skip
    for call, body in odd:
        assert client.post(f"/query/{call}", json=body).status_code in (400, 422), (call, body)
    # What finds no room in a batch is not left out in silence.
    monkeypatch.setattr(jrc_chips, "MOST_OF_BATCH", 2)
    many = client.post("/query/rawS1ChipsBatch", json=radar)
    assert many.status_code == 400
    assert "fewer days" in many.text


def test_level_1c_where_it_is_held(
    client: TestClient, season: int, connection: Connection, tmp_path: Path
) -> None:
    wish = "start_date=2018-05-01&end_date=2018-05-05&chipsize=200&plevel=LEVEL1C"
    call = f"rawChipByParcelID?{SEASON}&pid=4711&{wish}&band=B04"
    # JRC's own form of what is not there.
    assert ask(client, call) == {"dates": [], "chips": []}
    name = "S2A_MSIL1C_20180503T103021_N0206_R108_T32VNH_20180503T105000"
    write_l1c(tmp_path / "eodata", name, {"B04": IMAGE["B02"]}, at=CORNER)
    at = datetime(2018, 5, 3, 10, 30, 21, tzinfo=UTC)
    add_scene(connection, name, at, Kind.S2_L1C, rel_orbit=108, location=f"/eodata/{name}.SAFE")
    found = ask(client, call)
    assert found["dates"] == ["20180503T103021"]
    assert image_of(client, found["chips"][0]).tolist() == IMAGE["B02"][45:65, 45:65].tolist()
    gone = client.get(found["chips"][0].replace("B04.tif", "B08.tif"))
    assert gone.status_code == 502
    page = client.get(
        f"/query/chipsByParcelID?{SEASON}&pid=4711&{wish}&bands=B04_B04_B04"
    )  # fmt: skip
    assert client.get(page.text.split('src="..')[1].split('"')[0]).status_code == 200


def test_at_most_24_chips_and_the_way_to_the_next(
    client: TestClient, season: int, connection: Connection
) -> None:
    for hour in range(20):
        at = datetime(2018, 6, 1 + hour, 10, tzinfo=UTC)
        add_scene(connection, f"S2A_{hour}", at, Kind.S2_L2A)
        add_scene(connection, f"S2B_{hour}", at, Kind.S2_L2A)
    call = f"rawChipByParcelID?{SEASON}&pid=4711&start_date=2018-06-01&end_date=2018-06-30&band=B04"
    first = client.get(f"/query/{call}")
    assert len(first.json()["chips"]) == 24
    link = first.headers["link"].partition(">")[0].removeprefix("<")
    second = client.get(f"/query/rawChipByParcelID{link}")
    assert len(second.json()["chips"]) == 16
    assert "link" not in second.headers
    names = [one.split("/")[-1] for one in first.json()["chips"] + second.json()["chips"]]
    assert len(set(names)) == 40


def test_who_may_see_one_area_sees_no_other(
    client: TestClient, season: int, host: StandIn, connection: Connection
) -> None:
    host.logged_in = User("9", "eva", frozenset({Right.READ}), frozenset({"es-2018"}))
    days = "start_date=2018-05-01&end_date=2018-05-05"
    for call in (
        f"parcelByID?{SEASON}&pid=4711", f"parcelTimeSeries?{SEASON}&pid=4711&tstype=s2",
        f"rawChipByParcelID?{SEASON}&pid=4711&{days}&band=B04", f"markers?{SEASON}&pid=1",
        f"rawChipByLocation?lon=9&lat=55.9&{days}&band=B04",
    ):  # fmt: skip
        ask(client, call, 403)
    assert ask(client, "info") == {"areas": [], "years": [], "bands": []}
    # An area of one's own that lies here too: its own days alone.
    add_season(connection, "es-2018")
    reply = ask(client, f"rawChipByLocation?lon=9&lat=55.9&{days}&band=B04")
    assert all("/es-2018/" in one for one in reply["chips"])
    host.logged_in = READER
    ask(client, "parcelByID?aoi=xx&year=2018&pid=1", 404)
    ask(client, f"parcelByID?{SEASON}&ptype=g&pid=1", 404)


def test_what_cannot_be_understood_is_refused(client: TestClient, season: int) -> None:
    days = "start_date=2018-05-01&end_date=2018-05-05"
    calls = [
        f"parcelByLocation?{SEASON}&lon=x&lat=1", f"parcelByLocation?{SEASON}&lon=nan&lat=1",
        f"parcelByLocation?{SEASON}&lon=200&lat=1", "parcelByID?pid=1",
        f"parcelsByPolygon?{SEASON}&polygon=1_2", f"parcelsByPolygon?{SEASON}&polygon=a_b-1_2-3_4",
        f"parcelsByPolygon?{SEASON}&polygon=1_2-3_4-1_4",
        f"parcelTimeSeries?{SEASON}&pid=1&tstype=s3", f"parcelPeers?{SEASON}&pid=4711&max=-1",
        f"parcelTimeSeries?{SEASON}&pid=1&tstype=bs&band=VVc",
        f"parcelTimeSeries?{SEASON}&pid=1&tstype=s2&band=%27%3B--",
        f"parcelPeers?{SEASON}&pid=4711&distance=nan", f"parcelPeers?{SEASON}&pid=4711&distance=0",
        f"parcelStatsPeers?{SEASON}&band=B02&values=x&{days}",
        f"parcelStatsPeers?{SEASON}&band=B02&values=9-1&{days}",
        f"rawChipByParcelID?{SEASON}&pid=4711&{days}&band=B04_B03",
        f"rawChipByParcelID?{SEASON}&pid=4711&{days}&band=SCL&plevel=LEVEL1C",
        f"rawChipByParcelID?{SEASON}&pid=4711&{days}&band=B04&plevel=LEVEL3",
        f"rawChipByParcelID?{SEASON}&pid=4711&{days}&band=B77",
        f"rawChipByParcelID?{SEASON}&pid=4711&start_date=2018-06-01&end_date=2018-05-01&band=B04",
        f"rawChipByParcelID?{SEASON}&pid=4711&{days}&band=../x",
        f"chipsByParcelID?{SEASON}&pid=4711&{days}&bands=B01_B02",
        f"chipsByParcelID?{SEASON}&pid=4711&{days}&bands=B01_B02_B77",
        f"parcelByID?{SEASON}&pid=a%00b", f"markers?{SEASON}&pid=a%00b",
    ]  # fmt: skip
    codes = {call: client.get(f"/query/{call}").status_code for call in calls}
    assert set(codes.values()) <= {400, 422}, codes


def test_numbers_are_numbers_and_nothing_is_nan(
    client: TestClient, season: int, connection: Connection
) -> None:
    connection.execute("update signature_block set std = array[%s]::real[]", (np.nan,))
    connection.commit()
    text = client.get(f"/query/parcelTimeSeries?{SEASON}&pid=4711&tstype=bs").text
    assert "NaN" not in text
    assert set(json.loads(text)["std"]) == {None}
