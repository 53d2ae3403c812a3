"""Expected passes of a season, learnt from the repeat cycles of the passes seen.

A satellite crosses the same ground on the same relative orbit once per repeat cycle, to the second.
One sighting of a pass therefore predicts all others of the season, before and after it.
"""

from __future__ import annotations

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from dias_cbm.cards import PAIR_OF_CARD
from dias_cbm.completeness.scene_tiles import TOLERANCE, Sighting, bounds, load
from dias_cbm.constellation import Constellation, Phase, constellation
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import KIND_OF_CARD, REPEAT_CYCLE, SOURCE_OF_CARD, Card
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)

#: Time between the two acquisitions of a coherence pair.
PAIR = PAIR_OF_CARD

# Phases are counted from here; any fixed time would do.
_ORIGIN = datetime(2014, 1, 1, tzinfo=UTC)

# A block that this share of an orbit's other passes reach belongs to its ground. So a slice that is
# lost once or twice is still noticed, and the shifting edge of a swath is not expected.
_USUAL_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class ExpectedPass:
    """One crossing of one tile by one satellite on one relative orbit.

    :param at: sensing start of its first scene over the tile; for a coherence product that of the
        later acquisition.
    :param blocks: blocks of the tile's parcels that any pass of this orbit has covered.
    :param usual: of these, the blocks that products of its other passes usually cover.
    :param unplanned: why the satellite is not observing then; None when it is.
    """

    card: Card
    satellite: str
    rel_orbit: int
    direction: str | None
    tile: str
    at: datetime
    blocks: frozenset[int] = frozenset()
    usual: frozenset[int] = frozenset()
    unplanned: str | None = None


def learn(
    connection: Connection, season: Season, now: datetime | None = None
) -> list[ExpectedPass]:
    """The passes that a season should have had by now, for every card in its ledger.

    :param now: instead of the present; aware UTC.
    """
    start, end = bounds(season)
    return expected_passes(load(connection, season).rows, start, min(end, now or datetime.now(UTC)))


def expected_passes(
    sightings: Iterable[Sighting],
    start: datetime,
    end: datetime,
    phases: Constellation | None = None,
) -> list[ExpectedPass]:
    """The passes within ``[start, end)`` that sightings predict, in order of time.

    A satellite first seen more than two whole cycles after ``start`` is expected from then on; one
    seen earlier is expected from ``start``, so that a lost first pass is noticed. A satellite that
    is no longer seen stays expected, unless its phase is over: such passes are marked as unplanned
    until its next phase begins.

    :param sightings: level-1 and CARD scenes alike, superseded and failed ones too.
    :param phases: instead of those of ``constellation.toml``.
    """
    placed = [row for row in sightings if row.tile is not None]
    learning = _Learning(phases or constellation(), start, end)
    passes = [found for card in Card for found in learning.of_card(card, _evidence(card, placed))]
    alone = _without_needless_pairs(passes)
    return sorted(alone, key=lambda found: (found.at, found.card, found.satellite, found.tile))


def _without_needless_pairs(passes: Sequence[ExpectedPass]) -> Iterator[ExpectedPass]:
    """The passes, without twelve-day pairs whose acquisitions also make a six-day pair."""
    six_days: dict[tuple[str, int, str], list[datetime]] = defaultdict(list)
    for one in passes:
        if one.card is Card.C6:
            six_days[one.satellite, one.rel_orbit, one.tile].append(one.at)
    for one in passes:
        rivals = six_days[one.satellite, one.rel_orbit, one.tile] if one.card is Card.C12 else ()
        if all(abs(one.at - at) > TOLERANCE for at in rivals):
            yield one


def _evidence(card: Card, sightings: Sequence[Sighting]) -> list[Sighting]:
    """The sightings that predict a card's passes."""
    own = [row for row in sightings if row.kind == KIND_OF_CARD[card]]
    source = [row for row in sightings if row.kind == SOURCE_OF_CARD[card]]
    return own + (list(_paired(source)) if card is Card.C6 else source)


def _paired(acquisitions: Sequence[Sighting]) -> Iterator[Sighting]:
    """Acquisitions with another satellite's pass six days before them on the same orbit."""
    cycle = REPEAT_CYCLE["S1"]
    for rows in _grouped(acquisitions, "rel_orbit", "tile"):
        clusters = _clusters(rows, cycle)
        phases = [_phase(cluster[0], cycle) for cluster in clusters]
        for cluster, phase in zip(clusters, phases, strict=True):
            if any(_apart(phase - PAIR[Card.C6], other, cycle) <= TOLERANCE for other in phases):
                yield from cluster


@dataclass(frozen=True, slots=True)
class _Learning:
    """The inputs from which the passes of a window of time are learnt."""

    phases: Constellation
    start: datetime
    end: datetime

    def of_card(self, card: Card, evidence: Sequence[Sighting]) -> Iterator[ExpectedPass]:
        """The passes of one card, phase by phase of each satellite."""
        first_seen: dict[str, datetime] = {}
        for row in evidence:
            first_seen[row.satellite] = min(row.obstime, first_seen.get(row.satellite, row.obstime))
        first_pair = _first_partners(card, evidence)
        for rows in _grouped(evidence, "satellite", "rel_orbit", "tile"):
            satellite, orbit = rows[0].satellite, rows[0].rel_orbit
            cycle = REPEAT_CYCLE[satellite[:2]]
            joined = first_seen[satellite]
            begin = self.start if joined < self.start + 2 * cycle else joined - TOLERANCE
            if card in PAIR:
                begin = max(begin, first_pair[orbit] + PAIR[card] - TOLERANCE)
            for phase in self.phases.of(satellite):
                seen = [row for row in rows if phase.holds(row.obstime)]
                for cluster in _clusters(seen, cycle) if seen else []:
                    if not _never_touches(cluster):
                        yield from self._of_cluster(card, cluster, cycle, phase, begin)

    def _of_cluster(
        self,
        card: Card,
        cluster: Sequence[Sighting],
        cycle: timedelta,
        phase: Phase,
        begin: datetime,
    ) -> Iterator[ExpectedPass]:
        until = min(self.end, self.phases.after(phase))
        coverage = _Coverage(card, cluster, cycle)
        own = any(row.kind == KIND_OF_CARD[card] for row in cluster)
        for expected in _repetitions(card, cluster, cycle, max(begin, phase.starts), until):
            if card in PAIR and not self._has_pair(expected, own):
                continue
            if not phase.relied_on and not coverage.seen(expected.at):
                continue
            over = expected.at >= phase.ends
            if over and card in PAIR and not own:
                continue
            yield replace(
                expected,
                usual=coverage.usual(expected.at),
                unplanned=_pause(phase, until if until < self.end else None) if over else None,
            )

    def _has_pair(self, expected: ExpectedPass, own: bool) -> bool:
        """Whether a pass should have a coherence product of this interval.

        Six days where the constellation flies such pairs, else twelve. In a six-day phase, twelve
        days are expected on an orbit that one satellite flies alone if such products were seen.
        """
        six = self.phases.six_days(expected.satellite, expected.at - PAIR[Card.C6])
        return six if expected.card is Card.C6 else own or not six


class _Coverage:
    """Which blocks the products of one orbit's passes have covered, pass by pass."""

    def __init__(self, card: Card, cluster: Sequence[Sighting], cycle: timedelta) -> None:
        self._cycle = cycle
        self._anchor = min(row.obstime for row in cluster)
        self._passes = {self._number(row.obstime) for row in cluster}
        self._covered: dict[int, frozenset[int]] = {}
        for row in cluster:
            if row.card is card:
                number = self._number(row.obstime)
                self._covered[number] = self._covered.get(number, frozenset()) | row.blocks
        self._counts = Counter(block for blocks in self._covered.values() for block in blocks)
        # Most passes of an orbit cover the same blocks.
        self._usual: dict[tuple[frozenset[int], int], frozenset[int]] = {}

    def seen(self, at: datetime) -> bool:
        """Whether anything was seen of the pass at a time."""
        return self._number(at) in self._passes

    def usual(self, at: datetime) -> frozenset[int]:
        """The blocks that the other passes usually cover; with one other pass, its blocks."""
        own = self._covered.get(self._number(at), frozenset())
        others = len(self._covered) - (self._number(at) in self._covered)
        if (own, others) not in self._usual:
            least = max(_USUAL_SHARE * others, 1)
            self._usual[own, others] = frozenset(
                block for block, count in self._counts.items() if count - (block in own) >= least
            )
        return self._usual[own, others]

    def _number(self, at: datetime) -> int:
        return round((at - self._anchor) / self._cycle)


def _pause(phase: Phase, resumes: datetime | None) -> str:
    """Why a satellite does not observe after a phase."""
    text = f"{phase.satellite} has not observed since {phase.ends:%Y-%m-%d}"
    if resumes is not None:
        text = f"{phase.satellite} did not observe from {phase.ends:%Y-%m-%d} to {resumes:%Y-%m-%d}"
    return f"{text}: {phase.note}" if phase.note else text


def _first_partners(card: Card, evidence: Sequence[Sighting]) -> dict[int, datetime]:
    """The first known acquisition per relative orbit: no pair can begin before it."""
    first: dict[int, datetime] = {}
    for row in evidence:
        begins = row.obstime - PAIR[card] if row.card in PAIR else row.obstime
        first[row.rel_orbit] = min(begins, first.get(row.rel_orbit, begins))
    return first


def _repetitions(
    card: Card, cluster: Sequence[Sighting], cycle: timedelta, begin: datetime, end: datetime
) -> Iterator[ExpectedPass]:
    anchor = min(cluster, key=lambda row: row.obstime)
    blocks = frozenset[int]().union(*(row.blocks for row in cluster))
    direction = next((row.direction for row in cluster if row.direction), None)
    at = anchor.obstime + math.ceil((begin - anchor.obstime) / cycle) * cycle
    while at < end:
        yield ExpectedPass(
            card, anchor.satellite, anchor.rel_orbit, direction, str(anchor.tile), at, blocks
        )
        at += cycle


def _never_touches(cluster: Sequence[Sighting]) -> bool:
    """Whether a pass only grazes the tile: two or more products, none with data over parcels."""
    touched = {row.obstime: row.touched for row in cluster if row.touched is not None}
    never = len(touched) > 1 and not any(row.touched for row in cluster)
    if never:
        log.info(
            "%s orbit %d never has data over parcels of tile %s: not expected there",
            cluster[0].satellite,
            cluster[0].rel_orbit,
            cluster[0].tile,
        )
    return never


def _grouped(sightings: Sequence[Sighting], *names: str) -> Iterator[list[Sighting]]:
    groups: dict[tuple[object, ...], list[Sighting]] = defaultdict(list)
    for row in sightings:
        groups[tuple(getattr(row, name) for name in names)].append(row)
    yield from groups.values()


def _phase(sighting: Sighting, cycle: timedelta) -> timedelta:
    return (sighting.obstime - _ORIGIN) % cycle


def _apart(one: timedelta, other: timedelta, cycle: timedelta) -> timedelta:
    """Distance between two phases on the circle of the repeat cycle."""
    return min((one - other) % cycle, (other - one) % cycle)


def _clusters(rows: Sequence[Sighting], cycle: timedelta) -> list[list[Sighting]]:
    """Sightings grouped by pass over all cycles: neighbours on the circle of phases."""
    ordered = sorted(rows, key=lambda row: _phase(row, cycle))
    clusters = [[ordered[0]]]
    for before, row in pairwise(ordered):
        if _phase(row, cycle) - _phase(before, cycle) <= TOLERANCE:
            clusters[-1].append(row)
        else:
            clusters.append([row])
    wraps = _apart(_phase(ordered[0], cycle), _phase(ordered[-1], cycle), cycle) <= TOLERANCE
    if len(clusters) > 1 and wraps:
        clusters[0] = clusters.pop() + clusters[0]
    return clusters
