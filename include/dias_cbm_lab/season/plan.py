"""The plan of the simulated season: every catalogue entry, and the faults planted in it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from dias_cbm.days import midnight
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Card, Kind
from dias_cbm_lab.season.passes import ASCENDING, DESCENDING, OPTICAL, Pass, Track, passes
from dias_cbm_lab.season.place import TILE, Grid, Place

#: In a shorter season not every fault would have a good pass of the same satellite and orbit.
FEWEST_DAYS = 21
DEFAULT_START = date(2018, 5, 11)

_LATENCY = {
    Kind.S1_GRD: timedelta(hours=1.5),
    Kind.S1_SLC: timedelta(hours=2.5),
    Kind.CARD_COH6: timedelta(hours=30),
    Kind.S2_L1C: timedelta(hours=5),
    Kind.S2_L2A: timedelta(hours=8),
}
#: Number of the slice that covers the area, and of its neighbour to the north.
_SLICE, NORTHERN_SLICE = 4, 3
_BACKSCATTER_TAKES = timedelta(hours=20.5)
_TWIN_LATER, _TWIN_SHIFT = timedelta(hours=3.3), timedelta(seconds=2.6)
_LATE = timedelta(days=2)
_BASELINES = {Kind.S2_L1C: "0206", Kind.S2_L2A: "0207"}
REPROCESSED_BASELINE = "0500"
#: Share of cloud that leaves one small hole; the rest is cirrus.
OVERCAST = 0.99


@dataclass(frozen=True, slots=True)
class Entry:
    """One catalogue entry; one that is ``stored`` has a product in the store.

    :param held: a level-1 product that the store holds, because CARD is to be made of it.
    :param earlier: of a coherence pair, the earlier pass; ``of`` is the later one.
    :param cloud: share of the optical scene under cloud, 0 to 1.
    :param wedge: the raster has a corner without data.
    :param truncated: one of its files is shorter than it should be.
    """

    kind: Kind
    name: str
    of: Pass
    start: datetime
    end: datetime
    published: datetime
    grid: Grid
    slice: int = 0
    timeliness: str = ""
    baseline: str = ""
    sources: tuple[str, ...] = ()
    earlier: Pass | None = None
    cloud: float = 0.0
    wedge: bool = False
    truncated: bool = False
    held: bool = False

    @property
    def stored(self) -> bool:
        """Whether the store holds the product; all other level-1 data are listed as offline."""
        return self.held or self.kind.card is not None


@dataclass(frozen=True, slots=True)
class Lacking:
    """A CARD product that the platform lacks, to make here from level-1 products that it holds.

    :param of: the pass; for a coherence pair the later one.
    :param sources: names of the level-1 products; for a pair the later one first.
    """

    card: Card
    of: Pass
    sources: tuple[str, ...]

    @property
    def is_pair(self) -> bool:
        """Whether it takes two acquisitions."""
        return len(self.sources) == 2


@dataclass(frozen=True, slots=True)
class Faults:
    """The planted faults, each with its pass."""

    failed_orbit: Pass
    late: Pass
    twin: Pass
    truncated: Pass
    no_parcels: Pass
    reprocessed: Pass
    cloudy: Pass


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole season.

    :param starts: first day; ``ends`` is the last.
    :param expected: the passes that should have been seen, by card.
    :param unpublished: passes whose CARD product the platform never makes, by card.
    """

    starts: date
    ends: date
    seed: int
    place: Place
    faults: Faults
    expected: dict[Card, list[Pass]]
    unpublished: dict[Card, list[Pass]]
    entries: list[Entry] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)

    def writing(self) -> list[list[Entry]]:
        """The entries whose products to write; the two of a pair are written together."""
        entry_of = {entry.name: entry for entry in self.entries}
        pairs = [[entry_of[name] for name in one.sources] for one in self.lacking if one.is_pair]
        paired = [entry.name for pair in pairs for entry in pair]
        alone = [e for e in self.entries if e.stored and e.name not in paired]
        return [*pairs, *([entry] for entry in alone)]

    @property
    def season_end(self) -> datetime:
        """Initial time of the local DIAS' clock: the midnight that ends the season."""
        return midnight(self.ends) + timedelta(days=1)

    @property
    def afterwards(self) -> datetime:
        """A later time, by which everything late has been published."""
        return self.season_end + timedelta(days=3)


def compose(starts: date, days: int, seed: int, place: Place) -> Plan:
    """Plan a season: the passes, the faults, and the entries that follow from both.

    :raises SettingsError: too few days to plant every fault and still let it be seen as one.
    """
    if days < FEWEST_DAYS:
        raise SettingsError(
            f"a demo season needs at least {FEWEST_DAYS} days", subject=f"days={days}"
        )
    ends = starts + timedelta(days=days - 1)
    ascending, descending, optical = (
        passes(track, starts, ends) for track in (ASCENDING, DESCENDING, OPTICAL)
    )
    faults = Faults(
        failed_orbit=ascending[len(ascending) // 2],
        late=descending[-1],
        twin=ascending[1],
        truncated=descending[-2],
        no_parcels=descending[1],
        reprocessed=optical[1],
        cloudy=optical[len(optical) // 2],
    )
    radar = sorted(ascending + descending, key=_start)
    expected = {Card.BS: radar, Card.C6: radar, Card.S2: optical}
    # The earlier acquisitions of these pairs belong to the season too, so a search finds them.
    unpublished = {Card.BS: [ascending[0], descending[0]], Card.C6: [ascending[1], descending[1]]}
    plan = Plan(starts, ends, seed, place, faults, expected, unpublished)
    plan.entries.extend(sorted(_entries(plan), key=lambda entry: (entry.published, entry.name)))
    return plan


def generator(seed: int, *words: object) -> np.random.Generator:
    """Random numbers that depend on the seed and on their use, not on the order of calls."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, words)).encode())])


def _entries(plan: Plan) -> Iterator[Entry]:
    for track in (ASCENDING, DESCENDING):
        yield from _radar(plan, track)
    yield from _optical(plan)


def _radar(plan: Plan, track: Track) -> Iterator[Entry]:
    # The archive reaches back one pass, so that the season's first pass has its coherence partner.
    flown = passes(track, plan.starts - track.step, plan.ends)
    made = plan.unpublished[Card.C6]
    earlier_slc: tuple[Pass, str] | None = None
    for one, following in zip(flown, [*flown[1:], None], strict=True):
        if one == plan.faults.failed_orbit:
            earlier_slc = None
            continue
        slc = _level1(plan, one, Kind.S1_SLC, "Fast-24h", held=one in made or following in made)
        yield slc
        if one.start.date() >= plan.starts:
            yield from _backscatter(plan, one)
            if one in made and earlier_slc:
                plan.lacking.append(Lacking(Card.C6, one, (slc.name, earlier_slc[1])))
            elif earlier_slc:
                yield _coherence(plan, one, slc.name, *earlier_slc)
        earlier_slc = one, slc.name


def _backscatter(plan: Plan, one: Pass) -> Iterator[Entry]:
    faults = plan.faults
    if one in plan.unpublished[Card.BS]:
        grd = _level1(plan, one, Kind.S1_GRD, "Fast-24h", held=True)
        plan.lacking.append(Lacking(Card.BS, one, (grd.name,)))
        yield grd
        return
    delay = _LATE if one == faults.late else timedelta()
    yield from _grd_and_card(plan, one, "Fast-24h", delay=delay, truncated=one == faults.truncated)
    if one == faults.twin:
        yield from _grd_and_card(plan, one, "NRT-3h", shift=-_TWIN_SHIFT)
    if one == faults.no_parcels:
        yield from _grd_and_card(
            plan, one, "Fast-24h", shift=one.start - one.end, slice_number=NORTHERN_SLICE
        )


def _grd_and_card(
    plan: Plan,
    one: Pass,
    timeliness: str,
    *,
    shift: timedelta = timedelta(),
    slice_number: int = _SLICE,
    delay: timedelta = timedelta(),
    truncated: bool = False,
) -> Iterator[Entry]:
    grd = _level1(plan, one, Kind.S1_GRD, timeliness, shift=shift, slice_number=slice_number)
    yield grd
    name = f"{grd.name.removesuffix('.SAFE')}_CARD_BS"
    yield Entry(
        Kind.CARD_BS,
        name,
        one,
        grd.start,
        grd.end,
        grd.published + _BACKSCATTER_TAKES + delay,
        grd.grid,
        slice=slice_number,
        timeliness=timeliness,
        sources=(grd.name,),
        wedge=zlib.crc32(name.encode()) % 3 == 0,
        truncated=truncated,
    )


def _level1(
    plan: Plan,
    one: Pass,
    kind: Kind,
    timeliness: str,
    *,
    shift: timedelta = timedelta(),
    slice_number: int = _SLICE,
    held: bool = False,
) -> Entry:
    start, end = one.start + shift, one.end + shift
    product = "GRDH" if kind is Kind.S1_GRD else "SLC_"
    stem = (
        f"{one.satellite}_IW_{product}_1SDV_{start:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}"
        f"_{one.abs_orbit:06d}_{one.datatake:06X}"
    )
    name = f"{stem}_{_check_digits(plan.seed, stem)}.SAFE"
    rng = generator(plan.seed, "grid", stem)
    grid = plan.place.northern_grid if slice_number == NORTHERN_SLICE else plan.place.scene_grid
    published = _published(kind, end, name)
    if one == plan.faults.twin and timeliness == "Fast-24h":
        published += _TWIN_LATER
    return Entry(
        kind,
        name,
        one,
        start,
        end,
        published,
        grid(10.0, rng),
        slice=slice_number,
        timeliness=timeliness,
        held=held,
    )


def _coherence(plan: Plan, one: Pass, slc: str, earlier: Pass, earlier_slc: str) -> Entry:
    stem = (
        f"{one.satellite}_{one.start:%Y%m%dT%H%M%S}_{earlier.start:%Y%m%dT%H%M%S}"
        f"_{one.abs_orbit:06d}_{earlier.abs_orbit:06d}"
    )
    name = f"{stem}_{_check_digits(plan.seed, stem)}_CARD-COH6"
    return Entry(
        Kind.CARD_COH6,
        name,
        one,
        one.start,
        one.end,
        _published(Kind.CARD_COH6, one.end, name),
        plan.place.scene_grid(20.0, generator(plan.seed, "grid", stem)),
        slice=_SLICE,
        timeliness="Fast-24h",
        sources=(slc, earlier_slc),
        earlier=earlier,
    )


def _optical(plan: Plan) -> Iterator[Entry]:
    for one in plan.expected[Card.S2]:
        share = generator(plan.seed, "cloud", one.start.date()).uniform(0.02, 0.35)
        cloud = OVERCAST if one == plan.faults.cloudy else float(share)
        l1c = _tile(plan, one, Kind.S2_L1C, _BASELINES[Kind.S2_L1C], cloud)
        yield l1c
        yield _tile(plan, one, Kind.S2_L2A, _BASELINES[Kind.S2_L2A], cloud, l1c.name)
        if one == plan.faults.reprocessed:
            published = plan.season_end + timedelta(days=1, hours=12)
            yield _tile(
                plan, one, Kind.S2_L2A, REPROCESSED_BASELINE, cloud, l1c.name, published=published
            )


def _tile(
    plan: Plan,
    one: Pass,
    kind: Kind,
    baseline: str,
    cloud: float,
    *sources: str,
    published: datetime | None = None,
) -> Entry:
    level = "MSIL1C" if kind is Kind.S2_L1C else "MSIL2A"
    stem = f"{one.satellite}_{level}_{one.start:%Y%m%dT%H%M%S}_N{baseline}"
    published = published or _published(kind, one.start, stem)
    name = (
        f"{stem}_R{one.rel_orbit:03d}_T{TILE}_{published - timedelta(hours=1):%Y%m%dT%H%M%S}.SAFE"
    )
    return Entry(
        kind,
        name,
        one,
        one.start,
        one.start,
        published,
        plan.place.tile_grid(10.0),
        baseline=baseline,
        sources=sources,
        cloud=cloud,
    )


def _published(kind: Kind, sensed: datetime, name: str) -> datetime:
    return sensed + _LATENCY[kind] + timedelta(milliseconds=zlib.crc32(name.encode()) % 1_200_000)


def _check_digits(seed: int, stem: str) -> str:
    return f"{zlib.crc32(f'{seed}/{stem}'.encode()) & 0xFFFF:04X}"


def _start(one: Pass) -> datetime:
    return one.start
