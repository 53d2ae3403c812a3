"""The same list of behaviours against the adapter of every protocol."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odata_service import SQUARE, START, Reply, optical_entry, radar_entry
from replay import PROTOCOLS, Replay, changed, maintenance, replaced, status, truncated
from shapely import MultiPolygon

from dias_cbm.catalogue.adapters import paging
from dias_cbm.catalogue.base import Page, Query
from dias_cbm.catalogue.protocols import ADAPTERS
from dias_cbm.errors import (
    BadQuery,
    CbmError,
    RateLimited,
    SchemaChanged,
    TooManyResults,
    Unauthorised,
    Unavailable,
)
from dias_cbm.scenes import Kind, Scene, stem

END = START + timedelta(days=30)
AREA = MultiPolygon([shapely.box(9.5, 55.5, 10.5, 56.0)])

every = pytest.mark.parametrize("protocol", PROTOCOLS)


def question(*kinds: Kind, **changes: Any) -> Query:
    values = {"kinds": kinds or (Kind.S1_GRD,), "area": AREA, "start": START, "end": END}
    return Query(**values | changes)


def search(replay: Replay, query: Query | None = None, **options: Any) -> list[Page]:
    return list(replay.pages(query or question(), **options))


def scenes(pages: list[Page]) -> list[Scene]:
    return [scene for page in pages for scene in page.scenes]


def names(pages: list[Page]) -> list[str]:
    return [scene.name for scene in scenes(pages)]


def made(count: int) -> list[dict[str, Any]]:
    return [radar_entry(number) for number in range(count)]


def names_of(entries: list[dict[str, Any]]) -> list[str]:
    return sorted(stem(entry["Name"]) for entry in entries)


@every
@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10, 13])
def test_paging_to_exhaustion(protocol: str, count: int) -> None:
    entries = made(count)
    assert sorted(names(search(Replay(protocol, entries)))) == names_of(entries)


@every
def test_what_a_scene_is_does_not_depend_on_the_platform(protocol: str) -> None:
    entries = [radar_entry(3), radar_entry(4, product_type="CARD-BS"), optical_entry(5)]
    kinds = (Kind.S1_GRD, Kind.CARD_BS, Kind.S2_L2A)
    found = {one.kind: one for one in scenes(search(Replay(protocol, entries), question(*kinds)))}
    assert set(found) == set(kinds)
    radar, optical = found[Kind.S1_GRD], found[Kind.S2_L2A]
    assert (radar.platform, radar.name) == ("here", stem(entries[0]["Name"]))
    assert (radar.start, radar.end) == (
        START + timedelta(seconds=75),
        START + timedelta(seconds=100),
    )
    assert radar.footprint is not None
    assert shapely.equals(radar.footprint, SQUARE)
    assert (radar.satellite, radar.abs_orbit, radar.datatake) == ("S1A", 21713, str(0x02574C))
    # (21713 - 73) % 175 + 1 where the platform does not tell it
    assert radar.rel_orbit == (116 if protocol in ("wekeo", "resto-atom") else 117)
    # Half past five in Jutland is a descending pass, whatever the others make of this one.
    assert radar.direction == ("D" if protocol in ("wekeo", "resto-atom") else "A")
    assert (optical.tile, optical.baseline, optical.rel_orbit) == ("32VNH", "02.06", 108)
    assert (optical.direction, optical.start) == ("D", START)
    assert found[Kind.CARD_BS].name == stem(entries[1]["Name"])


@every
def test_windows_are_half_open(protocol: str) -> None:
    moments = [START - timedelta(seconds=1), START, END - timedelta(seconds=1), END]
    entries = [radar_entry(number, start=moment) for number, moment in enumerate(moments)]
    # The third one is still being sensed when the window ends.
    assert sorted(names(search(Replay(protocol, entries)))) == names_of(entries[1:3])


@every
def test_what_lies_elsewhere_is_not_listed(protocol: str) -> None:
    # An area whose box is far wider than itself.
    bent = shapely.Polygon([(20, 55), (30, 55), (30, 65), (29.9, 55.1), (20, 55.1)])
    inside = shapely.geometry.mapping(shapely.box(24.9, 55.0, 25.0, 55.05))
    outside = shapely.geometry.mapping(shapely.box(21, 63, 22, 64))
    entries = [radar_entry(1, GeoFootprint=inside), radar_entry(2, GeoFootprint=outside)]
    found = search(Replay(protocol, entries), question(area=MultiPolygon([bent])))
    assert sorted(names(found)) == names_of(entries[:1])


@every
def test_the_limit_halves_the_window_and_nothing_is_lost(protocol: str) -> None:
    entries = made(40)
    got = names(search(Replay(protocol, entries), limit=10))
    assert sorted(got) == names_of(entries)


@every
def test_more_in_a_second_than_the_platform_lists_is_an_error(protocol: str) -> None:
    entries = [radar_entry(number, start=START) for number in range(20)]
    query = question(end=START + timedelta(seconds=1))
    with pytest.raises(TooManyResults):
        search(Replay(protocol, entries), query, limit=10)


@every
@pytest.mark.parametrize(
    "fault",
    [status(429), status(429, Retry_After="1"), status(500), status(503), truncated, maintenance],
    ids=["429", "429-retry-after", "500", "503", "truncated", "html"],
)
def test_a_passing_fault_is_ridden_out(protocol: str, fault: Any) -> None:
    entries = made(12)
    replay = Replay(protocol, entries, [None, fault, fault])
    assert sorted(names(search(replay))) == names_of(entries)


@every
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (status(429), RateLimited),
        (status(500), Unavailable),
        (truncated, Unavailable),
        (maintenance, Unavailable),
        (status(401), Unauthorised),
        (status(403), Unauthorised),
        (status(400), BadQuery),
        (status(404), BadQuery),
        (changed, SchemaChanged),
    ],
    ids=["429", "500", "truncated", "html", "401", "403", "400", "404", "changed"],
)
def test_a_lasting_fault_is_its_own_error(protocol: str, fault: Any, error: type) -> None:
    with pytest.raises(error, match="here"):
        search(Replay(protocol, made(3), always=fault))


@every
def test_an_entry_without_geometry_is_set_aside_by_name(protocol: str) -> None:
    entries = [radar_entry(0), radar_entry(1, GeoFootprint=None, Footprint=None)]
    pages = search(Replay(protocol, entries), question(area=None))
    assert names(pages) == names_of(entries[:1])
    (aside,) = (entry for page in pages for entry in page.quarantined)
    assert (aside.name, aside.scene.footprint) == (stem(entries[1]["Name"]), None)
    assert aside.reason == "no footprint"


@every
def test_a_page_that_comes_twice_is_an_error_and_doubles_nothing(protocol: str) -> None:
    replay = Replay(protocol, made(12), [None, lambda _: replay.sent[0]])
    got: list[str] = []
    with pytest.raises(SchemaChanged, match=r"sent twice|does not advance"):
        for page in replay.pages(question()):
            got += [scene.name for scene in page.scenes]
    assert len(got) == len(set(got)) == 5


@every
def test_a_listing_that_does_not_end_is_an_error(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page has names that were not listed before."""
    monkeypatch.setattr(paging, "MOST_PAGES", 3)
    assert len(names(search(Replay(protocol, made(9))))) == 9
    with pytest.raises(SchemaChanged, match="the listing does not end: 3 pages"):
        search(Replay(protocol, made(40)))


_RENAMED = {
    "odata": (b'"ContentDate"', b'"Content"', "value[0].ContentDate"),
    "stac": (b'"start_datetime": "', b'"start_datetime": "x', "properties.start_datetime"),
    "resto": (b'"startDate"', b'"began"', "$.features[0].properties.startDate"),
    "resto-atom": (b":beginPosition>", b":begun>", "/feed/entry[1].gml:beginPosition"),
    "mundi": (b":sensingStartDate", b":began", "/feed/entry[1].DIAS:sensingStartDate"),
    "sobloo": (b'"beginViewingDate"', b'"began"', "data.acquisition.beginViewingDate"),
    "onda": (b'"beginPosition"', b'"began"', "$.value[0].beginPosition"),
    "wekeo": (b'"startdate"', b'"began"', "$.features[0].properties.startdate"),
}


@every
def test_a_changed_schema_names_the_offending_path(protocol: str) -> None:
    old, new, path = _RENAMED[protocol]
    with pytest.raises(SchemaChanged, match="here") as caught:
        search(Replay(protocol, made(2), faults=[replaced(old, new)]))
    assert path in str(caught.value)


# OData goes by the product type alone, which its service has filtered.
@pytest.mark.parametrize("protocol", [one for one in PROTOCOLS if one != "odata"])
def test_entries_of_other_types_are_skipped_not_lost(protocol: str) -> None:
    """A group that a platform lists may hold more than was asked for."""
    coarse = radar_entry(1)
    coarse["Name"] = coarse["Name"].replace("GRDH", "GRDM")
    pages = search(Replay(protocol, [radar_entry(0), coarse]))
    assert len(names(pages)) == 1
    assert [skipped.name for page in pages for skipped in page.skipped] == names_of([coarse])


@every
def test_a_filter_that_a_platform_has_not_is_refused(protocol: str) -> None:
    replay = Replay(protocol, made(6))
    query = question(published_after=START + timedelta(hours=2, seconds=60))
    if ADAPTERS[protocol].capabilities.published_filter:
        assert sorted(names(search(replay, query))) == names_of(replay.entries[3:])
    else:
        with pytest.raises(BadQuery, match="publication"):
            search(replay, query)


@every
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    # Three minutes apart: some platforms cannot be asked for less than two.
    st.lists(st.integers(0, 30 * 480 - 1), max_size=18, unique=True),
    st.integers(1, 6),
    st.integers(1, 12),
)
def test_every_scene_once_whatever_page_and_limit(
    protocol: str, slots: list[int], page: int, limit: int
) -> None:
    entries = [
        radar_entry(number, start=START + timedelta(minutes=3 * slot))
        for number, slot in enumerate(slots)
    ]
    got = names(search(Replay(protocol, entries), page=page, limit=limit))
    assert sorted(got) == names_of(entries)


@every
@settings(max_examples=40)
@given(st.data())
def test_fuzzed_bodies_raise_nothing_but_their_own_errors(
    protocol: str, data: st.DataObject
) -> None:
    def fuzz(answer: Reply) -> Reply:
        body = bytearray(answer.body)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(body) - 1))
            length = data.draw(st.integers(0, 30))
            new = data.draw(
                st.one_of(
                    st.binary(max_size=4),
                    st.sampled_from(
                        [b"null", b"[]", b"{}", b'"', b"-1", b"1e999", b"9" * 400, b"true", b"<a/>"]
                    ),
                )
            )
            body[at : at + length] = new
            if not body:
                body = bytearray(b" ")
        return Reply(bytes(body), headers=answer.headers)

    with suppress(CbmError):
        search(Replay(protocol, made(2), always=fuzz), attempts=1)


def spoiled(old: bytes, new: bytes, times: int) -> Any:
    """One entry without one of its attributes."""

    def fault(answer: Reply) -> Reply:
        assert old in answer.body
        return Reply(answer.body.replace(old, new, times), answer.status, answer.headers)

    return fault


@every
@pytest.mark.parametrize("page", [50, 8])
def test_one_odd_entry_is_quarantined_and_the_others_are_listed(protocol: str, page: int) -> None:
    old, new, path = _RENAMED[protocol]
    entries = made(41)
    odd = spoiled(old, new, 2 if protocol in ("mundi", "resto-atom") else 1)
    pages = search(Replay(protocol, entries, faults=[odd]), page=page)
    (entry,) = [one for each in pages for one in each.quarantined]
    assert sorted([*names(pages), entry.name]) == names_of(entries)
    assert entry.reason.startswith("cannot be read: no ")
    assert path in entry.reason
    assert (entry.scene.kind, entry.scene.footprint) == (Kind.S1_GRD, None)
    assert f"{entry.scene.start:%Y%m%dT%H%M%S}" in entry.name


# XML has no null.
@pytest.mark.parametrize(
    "protocol", [one for one in PROTOCOLS if one not in ("mundi", "resto-atom")]
)
def test_an_entry_that_is_nothing_is_skipped_with_its_place(protocol: str) -> None:
    listed = {"stac": "features", "resto": "features", "wekeo": "features", "sobloo": "hits"}

    def empty(answer: Reply) -> Reply:
        content = json.loads(answer.body)
        content[listed.get(protocol, "value")][2] = None
        return Reply(json.dumps(content).encode(), answer.status, answer.headers)

    pages = search(Replay(protocol, made(5), faults=[empty]), page=50)
    assert len(names(pages)) == 4
    (skipped,) = [one for each in pages for one in each.skipped]
    assert "cannot be read: no object at" in skipped.reason
