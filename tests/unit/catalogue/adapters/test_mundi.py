"""MUNDI's feed, written by hand: what each element means, and the page that is cut off."""

from datetime import UTC, datetime

import shapely
from handwritten import ATOM, listed
from odata_service import Reply, radar_entry
from replay import Replay

from dias_cbm.catalogue.base import Query
from dias_cbm.scenes import Kind

NAME = "S2B_MSIL1C_20190512T103029_N0207_R108_T32VNH_20190512T123456"
ONLINE = f"""\
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:D="http://mundi/DIAS"
 xmlns:eo="http://a9.com/-/spec/opensearch/extensions/eo/1.0/"
 xmlns:georss="http://www.georss.org/georss"
 xmlns:os="http://a9.com/-/spec/opensearch/1.1/">
<os:totalResults>1</os:totalResults>
<entry>
 <id>{NAME}</id>
 <eo:productType>IMAGE</eo:productType>
 <D:sensingStartDate>2019-05-12T10:30:29Z</D:sensingStartDate>
 <D:sensingStopDate>2019-05-12T10:30:29Z</D:sensingStopDate>
 <published>2019-05-12T17:01:02Z</published>
 <!-- The relative orbit, whatever it is called; the absolute one follows. -->
 <eo:orbitNumber>108</eo:orbitNumber>
 <D:startOrbitNumber>11387</D:startOrbitNumber>
 <eo:orbitDirection>DESCENDING</eo:orbitDirection>
 <D:tileIdentifier>32VNH</D:tileIdentifier>
 <D:datatakeId>GS2B_20190512T103029_011387_N02.07</D:datatakeId>
 <D:checksum>00112233445566778899AABBCCDDEEFF</D:checksum>
 <D:productDatapackSize>612345678.0</D:productDatapackSize>
 <D:onlineStatus>ONLINE</D:onlineStatus>
 <!-- Latitude first: this is Jutland, not the Gulf of Aden. -->
 <georss:polygon>56.0 9.0 56.0 10.5 57.0 10.5 57.0 9.0 56.0 9.0</georss:polygon>
 <link rel="search" href="http://mundi.example/opensearch?uid=1"/>
 <link rel="enclosure" href="https://obs.example/{NAME}.zip"/>
</entry>
</feed>"""
OFFLINE = ONLINE.replace(">ONLINE<", ">OFFLINE<").replace(f"https://obs.example/{NAME}.zip", "{}")


def test_what_an_entry_means() -> None:
    found = listed("mundi", Kind.S2_L1C, ONLINE, path="/{collection}/opensearch", media=ATOM)
    (scene,) = found.scenes
    assert (scene.product_id, scene.name, scene.kind) == (NAME, NAME, Kind.S2_L1C)
    assert scene.start == scene.end == datetime(2019, 5, 12, 10, 30, 29, tzinfo=UTC)
    assert scene.published == datetime(2019, 5, 12, 17, 1, 2, tzinfo=UTC)
    assert (scene.rel_orbit, scene.abs_orbit, scene.direction) == (108, 11387, "D")
    assert (scene.tile, scene.baseline) == ("32VNH", "02.07")
    assert scene.datatake == "GS2B_20190512T103029_011387_N02.07"
    assert scene.checksum == "md5:00112233445566778899aabbccddeeff"
    assert (scene.online, scene.size) == (True, 612_345_678)
    assert scene.location == f"https://obs.example/{NAME}.zip"
    assert scene.footprint is not None
    assert shapely.equals(scene.footprint, shapely.box(9.0, 56.0, 10.5, 57.0))
    (request,) = found.requests
    assert request.path == "/Sentinel2/opensearch"
    assert request.query["productType"] == "IMAGE"
    assert request.query["processingLevel"] == "L1C"
    assert request.query["startIndex"] == "1"


def test_an_offline_product_has_no_place() -> None:
    body = OFFLINE.replace("{}", "Not Available")
    (scene,) = listed("mundi", Kind.S2_L1C, body, media=ATOM).scenes
    assert (scene.online, scene.location, scene.size) == (False, None, 612_345_678)


def test_pages_that_are_cut_off_at_fifty_lose_nothing() -> None:
    replay = Replay("mundi", [radar_entry(number) for number in range(120)])
    start = datetime(2018, 5, 1, tzinfo=UTC)
    query = Query((Kind.S1_GRD,), None, start, start.replace(month=6))
    pages = list(replay.pages(query, page=1000))
    assert [len(page.scenes) for page in pages] == [50, 50, 20]


def test_a_count_that_is_too_low_loses_nothing() -> None:
    def low(answer: Reply) -> Reply:
        assert b">120<" in answer.body
        return Reply(answer.body.replace(b">120<", b">3<"), answer.status, answer.headers)

    replay = Replay("mundi", [radar_entry(number) for number in range(120)], faults=[low] * 3)
    start = datetime(2018, 5, 1, tzinfo=UTC)
    query = Query((Kind.S1_GRD,), None, start, start.replace(month=6))
    assert sum(len(page.scenes) for page in replay.pages(query, page=50)) == 120
