"""No scene is lost or doubled, whatever the size of page and window."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.catalogue.base import Page, Quarantined, Query, Skipped
from dias_cbm.catalogue.query_windows import SMALLEST, Seen, complete
from dias_cbm.errors import BadQuery, TooManyResults
from dias_cbm.scenes import Kind, Scene

START = datetime(2018, 5, 1, tzinfo=UTC)
WINDOW = timedelta(days=30)


def scene(number: int, offset: timedelta) -> Scene:
    start = START + offset
    return Scene("local", f"id-{number}", f"scene {number}", Kind.S1_GRD, "S1A", start, start)


def question(length: timedelta = WINDOW) -> Query:
    return Query((Kind.S1_GRD,), None, START, START + length)


def catalogue(
    scenes: list[Scene], page: int, limit: int, asked: list[Query] | None = None
) -> Callable[[Query], Iterator[Page]]:
    """Lists at most ``limit`` scenes of a window, in pages, and then raises."""

    def read(query: Query) -> Iterator[Page]:
        if asked is not None:
            asked.append(query)
        found = [one for one in scenes if query.start <= one.start < query.end]
        for first in range(0, min(len(found), limit), page):
            yield Page(found[first : min(first + page, limit)])
        if len(found) > limit:
            raise TooManyResults("too many")

    return read


offsets = st.timedeltas(timedelta(), WINDOW - timedelta(microseconds=1))


@given(st.lists(offsets, max_size=60, unique=True), st.integers(1, 9), st.integers(1, 20))
def test_every_scene_comes_once(moments: list[timedelta], page: int, limit: int) -> None:
    scenes = [scene(number, moment) for number, moment in enumerate(moments)]
    crowded = Counter(int(moment / SMALLEST * 2) for moment in moments)
    try:
        pages = list(complete(catalogue(scenes, page, limit), question()))
    except TooManyResults:
        # Only where more than the limit lie within a window that is not halved any more.
        assert max(a + crowded[slot + 1] + crowded[slot - 1] for slot, a in crowded.items()) > limit
        return
    got = [one.product_id for page in pages for one in page.scenes]
    assert Counter(got) == Counter(one.product_id for one in scenes)


@given(st.timedeltas(timedelta(microseconds=2), WINDOW))
def test_halves_meet_without_gap_or_overlap(length: timedelta) -> None:
    whole = question(length)
    earlier, later = whole.halves()
    assert (earlier.start, earlier.end, later.end) == (whole.start, later.start, whole.end)
    assert whole.start < later.start < whole.end


def test_windows_are_halved_only_where_it_is_crowded() -> None:
    scenes = [scene(number, timedelta(minutes=number)) for number in range(8)]
    asked: list[Query] = []
    list(complete(catalogue(scenes, 4, 4, asked), question()))
    assert asked[0] == question()
    late = [query for query in asked if query.start >= START + timedelta(days=1)]
    assert all(query.end - query.start > timedelta(hours=12) for query in late)
    assert asked[-1].end == START + WINDOW


def test_more_at_one_moment_than_the_catalogue_lists_is_an_error() -> None:
    scenes = [scene(number, timedelta()) for number in range(3)]
    with pytest.raises(TooManyResults):
        list(complete(catalogue(scenes, 2, 2), question()))


def test_repeated_entries_of_every_sort_are_dropped() -> None:
    one = scene(1, timedelta())
    other = scene(2, timedelta())
    page = Page([one, one], [Quarantined("q", "no footprint", other)], [Skipped("s", "x", "AUX")])

    def read(_: Query) -> Iterator[Page]:
        yield page
        yield page

    first, second = complete(read, question())
    assert first == Page([one], page.quarantined, page.skipped)
    assert second == Page()


def test_what_one_search_skips_another_may_list() -> None:
    one = scene(1, timedelta())
    seen = Seen()
    assert seen.fresh(Page(skipped=[Skipped(one.product_id, one.name, "CARD-BS")])).skipped
    assert seen.fresh(Page([one])).scenes == [one]


@pytest.mark.parametrize(
    "window",
    [
        (START, START),
        (START, START - WINDOW),
        (START.replace(tzinfo=None), START + WINDOW),
    ],
)
def test_a_window_must_be_one(window: tuple[datetime, datetime]) -> None:
    with pytest.raises(BadQuery):
        Query((Kind.S1_GRD,), None, *window)


def test_a_query_asks_for_something() -> None:
    with pytest.raises(BadQuery, match="no kind"):
        Query((), None, START, START + WINDOW)
