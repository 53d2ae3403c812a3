"""The local DIAS over real HTTP: its protocol, its limits, its clock."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from dias_cbm.catalogue import Query, open_catalogue
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Kind, relative_orbit
from dias_cbm_lab.demo import ports
from dias_cbm_lab.dias import server

AREA = "POLYGON((9.3 56.2,9.7 56.2,9.7 56.5,9.3 56.5,9.3 56.2))"


@pytest.fixture
def truth(small_season):
    return small_season.truth()


def of_type(product_type):
    return (
        "Attributes/OData.CSC.StringAttribute/any(att:att/Name eq 'productType'"
        f" and att/OData.CSC.StringAttribute/Value eq '{product_type}')"
    )


def test_a_search_as_the_pipeline_asks_it(dias, truth):
    days = truth["season"]
    wanted = (
        "Collection/Name eq 'SENTINEL-1'"
        f" and ContentDate/Start ge {days['starts']}T00:00:00.000Z"
        f" and ContentDate/Start lt {days['ends']}T23:59:59.999Z"
        f" and {of_type('CARD-BS')}"
        f" and OData.CSC.Intersects(area=geography'SRID=4326;{AREA}')"
    )
    found = dias.found(filter=wanted, orderby="PublicationDate asc", top=1000, expand="Attributes")
    assert len(found) == truth["cards"]["bs"]["season_end"]["listed"]
    published = [entry["PublicationDate"] for entry in found]
    assert published == sorted(published)
    assert all(entry["Attributes"] for entry in found)


def test_attributes_come_on_request_only(dias):
    (plain,) = dias.found(top=1)
    (expanded,) = dias.found(top=1, expand="Attributes")
    assert "Attributes" not in plain
    assert {"Id", "Name", "S3Path", "Checksum", "ContentDate", "GeoFootprint"} <= set(plain)
    assert expanded["Attributes"]


def test_select_names_what_is_shown(dias):
    (one,) = dias.found(top=1, select="Name,ContentDate")
    assert set(one) == {"@odata.mediaContentType", "Id", "Name", "ContentDate"}


def test_twenty_entries_a_page_unless_asked(dias):
    assert len(dias.found()) == 20
    assert len(dias.found(top=3)) == 3
    assert dias.found(top=0) == []


@pytest.mark.parametrize("size", [1, 7, 20, 1000])
def test_following_the_links_gives_everything_once(dias, size):
    everything = {entry["Id"] for entry in dias.found(top=1000)}
    reply = dias.get(top=size, orderby="PublicationDate asc").json()
    seen = [entry["Id"] for entry in reply["value"]]
    while link := reply.get("@odata.nextLink"):
        assert link.startswith(f"{dias.url}/Products?")
        reply = dias.client.get(link).json()
        seen += [entry["Id"] for entry in reply["value"]]
    assert len(seen) == len(set(seen))
    assert set(seen) == everything


def test_entries_are_counted_on_request(dias):
    everything = len(dias.found(top=1000))
    assert dias.get(count="true", top=1).json()["@odata.count"] == everything
    assert "@odata.count" not in dias.get(top=1).json()


@pytest.mark.parametrize("path", ["ContentDate/Start", "ContentDate/End", "PublicationDate"])
def test_order_both_ways_with_the_id_among_equals(dias, path):
    def key(entry):
        value = entry
        for part in path.split("/"):
            value = value[part]
        return value

    ascending = dias.found(top=1000, orderby=f"{path} asc")
    assert ascending == sorted(ascending, key=lambda entry: (key(entry), entry["Id"]))
    descending = dias.found(top=1000, orderby=f"{path} desc")
    for one, two in pairwise(descending):
        assert (key(two), one["Id"]) <= (key(one), two["Id"]) or key(two) < key(one)


@pytest.mark.parametrize(
    ("options", "name", "limit"),
    [({"top": 1001}, "$top", 1000), ({"skip": 10_001}, "$skip", 10_000)],
)
def test_pages_beyond_the_limits_are_refused_as_the_service_does(dias, options, name, limit):
    reply = dias.get(**options)
    assert reply.status_code == 422
    (problem,) = reply.json()["detail"]
    assert problem["loc"] == ["query", name]
    assert problem["msg"] == f"Input should be less than or equal to {limit}"
    assert problem["ctx"] == {"le": limit}


@pytest.mark.parametrize("options", [{"top": "many"}, {"skip": -1}, {"top": ""}])
def test_numbers_that_are_none_are_refused(dias, options):
    assert dias.get(**options).status_code == 422


def test_no_link_leads_beyond_the_largest_offset(small_season):
    clock = server.Clock(small_season.folder / "none", datetime(2030, 1, 1, tzinfo=UTC))
    entry = json.loads((small_season.folder / "catalogue.json").read_text())["value"][0]
    many = [entry | {"Id": f"{number:06}"} for number in range(12_000)]
    catalogue = server.Catalogue(many, clock)
    last = catalogue.search({"$top": "1000", "$skip": "9000"}, "http://x")
    assert "@odata.nextLink" in last
    beyond = catalogue.search({"$top": "1000", "$skip": "9001"}, "http://x")
    assert len(beyond["value"]) == 1000
    assert "@odata.nextLink" not in beyond


@pytest.mark.parametrize(
    "options",
    [
        {"filter": "Name eq"},
        {"filter": "Colour eq 'red'"},
        {"orderby": "Name asc"},
        {"orderby": "PublicationDate sideways"},
        {"expand": "Everything"},
        {"select": "Secrets"},
        {"search": "GRD"},
    ],
)
def test_what_is_not_understood_is_a_bad_request(dias, options):
    reply = dias.get(**options)
    assert reply.status_code == 400
    assert isinstance(reply.json()["detail"], str)


def test_other_addresses_are_not_found(dias):
    assert dias.client.get("/odata/v1/Workflows").status_code == 404
    assert dias.client.post("/odata/v1/Products").status_code == 405


def test_what_is_published_later_than_the_clock_is_not_listed(dias, truth):
    (late,) = truth["faults"]["late"]["names"]
    reprocessed = next(n for n in truth["faults"]["reprocessed"]["names"] if "_N0500_" in n)
    for name in (late, reprocessed):
        assert dias.found(filter=f"Name eq '{name}'") == []
    dias.set_clock(truth["clocks"]["afterwards"])
    for name in (late, reprocessed):
        assert len(dias.found(filter=f"Name eq '{name}'")) == 1
    dias.set_clock("2018-01-01T00:00:00Z")
    assert dias.found() == []


def test_the_clock_tells_and_keeps_its_time(dias, small_season, truth):
    end = truth["clocks"]["season_end"]
    assert dias.client.get("/demo/clock").json()["now"] == end
    told = dias.set_clock("2018-05-20T14:00:00+02:00").json()
    assert told["now"] == "2018-05-20T12:00:00.000000Z"
    restarted = server.Catalogue.of(small_season.folder)
    assert restarted.clock.now == datetime(2018, 5, 20, 12, tzinfo=UTC)
    assert dias.set_clock(None).json() == {"label": "SIMULATED", "now": end, "season_end": end}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"now": 5}', b'{"now": "soon"}', b'{"now": "2018-05-20T12:00:00"}'],
)
def test_a_clock_cannot_be_set_to_what_is_no_time(dias, body):
    reply = dias.client.post("/demo/clock", content=body)
    assert reply.status_code == 400
    assert "label" in dias.client.get("/demo/clock").json()


def _first_reply(process, url):
    """What a server that is still starting answers in the end."""
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < deadline
        try:
            return httpx.get(url, trust_env=False)
        except httpx.ConnectError:
            time.sleep(0.1)


def test_it_runs_as_a_process_of_its_own_on_this_machine_only(small_season):
    port = ports.choose(18_600)
    command = [
        sys.executable,
        "-m",
        "dias_cbm_lab.dias.server",
        "--folder",
        str(small_season.folder),
    ]
    process = subprocess.Popen([*command, "--port", str(port)])
    try:
        reply = _first_reply(process, f"http://127.0.0.1:{port}/demo/clock")
        assert reply.json()["label"] == "SIMULATED"
        # Another address of this machine: nobody listens there.
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.2:{port}/demo/clock", trust_env=False)
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(20)


def test_a_folder_without_season_is_not_served(tmp_path):
    with pytest.raises(SettingsError, match="no demo season"):
        server.application(tmp_path)


@pytest.mark.parametrize("page", [3, 1000])
def test_our_own_adapter_finds_every_scene(dias, small_season, truth, page, monkeypatch):
    monkeypatch.setenv("CBM_CATALOGUE_PAGE_ENTRIES", str(page))
    monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
    start = datetime.combine(small_season.starts, datetime.min.time(), UTC)
    catalogue = open_catalogue("local", dias.url)
    query = Query(tuple(Kind), None, start, start + timedelta(days=21))
    pages = list(catalogue.search(query))
    catalogue.close()
    scenes = [scene for one in pages for scene in one.scenes]
    assert not any(one.quarantined or one.skipped for one in pages)
    for card, numbers in truth["cards"].items():
        of_card = [scene for scene in scenes if scene.kind.card == card]
        assert len(of_card) == numbers["season_end"]["listed"]
    for kind, numbers in truth["level1"].items():
        assert sum(scene.kind == kind for scene in scenes) == numbers["season_end"]
    for scene in scenes:
        assert scene.footprint is not None
        assert relative_orbit(scene.satellite, scene.abs_orbit) == scene.rel_orbit
