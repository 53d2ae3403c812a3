"""Simulated passes: real tracks over Jutland, in their real order.

The tracks, hours and absolute orbits are those of the summer of 2018. A season at another time
moves the whole pattern, so that it always ends with the same passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dias_cbm.scenes import REPEAT_CYCLE

#: The last day of the season whose orbit numbers are written below.
_REFERENCE_END = date(2018, 6, 21)
_ORBITS_PER_CYCLE = {"S1": 175, "S2": 143}
_SLICE = timedelta(seconds=25)


@dataclass(frozen=True, slots=True)
class Track:
    """One relative orbit, flown in turn by two satellites half a repeat cycle apart.

    :param hour: time of day (UTC) at which it crosses the area.
    :param last: days from its last pass to the season's last day.
    :param orbits: satellite and absolute orbit of its last pass and of the pass before it.
    """

    rel_orbit: int
    direction: str
    hour: time
    last: int
    orbits: tuple[tuple[str, int], tuple[str, int]]

    @property
    def sensor(self) -> str:
        """``S1`` or ``S2``."""
        return self.orbits[0][0][:2]

    @property
    def step(self) -> timedelta:
        """Time between two passes of the track, by either satellite."""
        return REPEAT_CYCLE[self.sensor] / 2


ASCENDING = Track(44, "A", time(17, 2, 11), 2, (("S1B", 11445), ("S1A", 22341)))
DESCENDING = Track(139, "D", time(5, 40, 3), 1, (("S1A", 22436), ("S1B", 11365)))
OPTICAL = Track(108, "D", time(10, 30, 21), 2, (("S2B", 6712), ("S2A", 15549)))


@dataclass(frozen=True, slots=True)
class Pass:
    """One crossing of the area."""

    satellite: str
    rel_orbit: int
    direction: str
    abs_orbit: int
    start: datetime

    @property
    def end(self) -> datetime:
        """End of the slice."""
        return self.start + _SLICE

    @property
    def datatake(self) -> int:
        """Datatake number; grows with the orbits about as the missions' do."""
        return 3_000 + 7 * self.abs_orbit


def passes(track: Track, starts: date, ends: date) -> list[Pass]:
    """All passes of a track from the season's first day to its last, in order of time."""
    last = datetime.combine(ends - timedelta(days=track.last), track.hour, UTC)
    moved = round((ends - _REFERENCE_END) / REPEAT_CYCLE[track.sensor])
    found = []
    back = 0
    while (start := last - back * track.step).date() >= starts:
        satellite, orbit = track.orbits[back % 2]
        orbit += (moved - back // 2) * _ORBITS_PER_CYCLE[track.sensor]
        # The time of day of a real pass varies by seconds.
        start += timedelta(milliseconds=37 * orbit % 1_900)
        found.append(Pass(satellite, track.rel_orbit, track.direction, orbit, start))
        back += 1
    return found[::-1]
