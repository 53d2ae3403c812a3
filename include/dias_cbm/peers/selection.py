"""Selection of peers: which of the parcels near by are alike enough, nearest first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dias_cbm.errors import SettingsError

#: No peer is farther away, in metres; as in JRC's parcelPeers.
FARTHEST_M = 5_000.0

#: No more peers than this can be asked for.
MOST_PEERS = 1_000

#: A relative orbit and its direction, ``A`` or ``D``.
Orbit = tuple[int, str]


class Likeness(StrEnum):
    """Parcels whose crops make them peers."""

    CROP = "crop"
    GROUP = "group"


class LeftOut(StrEnum):
    """Why a parcel of the crop that is near enough was not taken."""

    TOO_SMALL = "too few pixels"
    UNLIKE_SIZE = "another size"
    OTHER_ORBITS = "seen by other orbits"
    OUTLIER = "outlier itself"
    ENOUGH = "farther than those taken"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What makes a parcel a peer.

    :param distance: in metres between the outlines, at most 5,000.
    :param nearest: take so many, however far within 5,000 m, in place of a distance.
    :param same: the crop, or its group in the table of crop groups.
    :param size_factor: area at most so many times smaller or larger; None: any.
    :param same_orbits: only parcels that the same relative orbits of Sentinel-1 see.
    :param without_outliers: leave out the outliers of the newest run.
    :param pixels: fewest pixels of 10 m; JRC's parcelPeers has 30 (3,000 m2).
    :param most: at most so many, the nearest.
    :raises SettingsError: a value is out of its range.
    """

    distance: float = 1_000.0
    nearest: int | None = None
    same: Likeness = Likeness.CROP
    size_factor: float | None = None
    same_orbits: bool = False
    without_outliers: bool = False
    pixels: float = 30.0
    most: int = 100

    def __post_init__(self) -> None:
        factor = self.size_factor
        for name, value, good, allowed in (
            ("distance", self.distance, 0 < self.distance <= FARTHEST_M, "up to 5,000 m"),
            (
                "nearest",
                self.nearest,
                self.nearest is None or 1 <= self.nearest <= MOST_PEERS,
                f"1 to {MOST_PEERS:,}",
            ),
            ("size factor", factor, factor is None or 1 <= factor <= 1e6, "1 or more"),
            ("pixels", self.pixels, 0 <= self.pixels <= 1e9, "0 or more"),
            ("most", self.most, 1 <= self.most <= MOST_PEERS, f"1 to {MOST_PEERS:,}"),
        ):
            if not good:
                raise SettingsError(f"{value} is out of range", subject=name, hint=allowed)

    @property
    def wanted(self) -> int:
        """The greatest number of peers."""
        return self.most if self.nearest is None else self.nearest


@dataclass(frozen=True, slots=True)
class Peer:
    """A parcel near by.

    :param distance: in metres between the outlines, to the millimetre; 0 if they touch or overlap.
    :param pixels: of 10 m, by its area, or what the extraction's rule leaves of it.
    :param outlier: whether the newest outlier run has it as an outlier.
    :param orbits: relative orbits of Sentinel-1 that see it; empty where nobody asked.
    """

    pid: str
    crop: str
    distance: float
    area_m2: float
    pixels: float
    outlier: bool = False
    orbits: frozenset[Orbit] = frozenset()


def select(
    candidates: Iterable[Peer], area_m2: float, orbits: frozenset[Orbit], criteria: Criteria
) -> tuple[tuple[Peer, ...], Mapping[LeftOut, int]]:
    """The peers among parcels that are near enough.

    :param candidates: parcels of the crop or group, without the parcel itself.
    :param area_m2: of the parcel whose peers they are.
    :param orbits: that see it.
    :returns: by distance, those at one distance by pid; and how many were left out, and why.
    """
    chosen: list[Peer] = []
    left_out: Counter[LeftOut] = Counter()
    for one in sorted(candidates, key=lambda peer: (peer.distance, peer.pid)):
        reason = _reason_against(one, area_m2, orbits, criteria)
        if reason is None and len(chosen) == criteria.wanted:
            reason = LeftOut.ENOUGH
        if reason is None:
            chosen.append(one)
        else:
            left_out[reason] += 1
    return tuple(chosen), dict(sorted(left_out.items()))


def _reason_against(
    peer: Peer, area_m2: float, orbits: frozenset[Orbit], criteria: Criteria
) -> LeftOut | None:
    factor = criteria.size_factor
    if peer.pixels < criteria.pixels:
        return LeftOut.TOO_SMALL
    if factor is not None and not area_m2 / factor <= peer.area_m2 <= area_m2 * factor:
        return LeftOut.UNLIKE_SIZE
    if criteria.same_orbits and peer.orbits != orbits:
        return LeftOut.OTHER_ORBITS
    if criteria.without_outliers and peer.outlier:
        return LeftOut.OUTLIER
    return None
