"""The vocabulary of scenes: entries of a catalogue, their names, orbits and states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dias_cbm.cards import KIND_OF_CARD, PAIR_OF_CARD, REPEAT_CYCLE, SOURCE_OF_CARD, Card, Kind

if TYPE_CHECKING:
    from shapely import MultiPolygon

# Cards and kinds belong to scenes too; they are defined in cards.py.
__all__ = [
    "KIND_OF_CARD",
    "REPEAT_CYCLE",
    "SOURCE_OF_CARD",
    "Card",
    "Cause",
    "Kind",
    "Scene",
    "Status",
    "direction_by_sun",
    "kind_of_name",
    "parse_name",
    "parse_time",
    "relative_orbit",
    "stem",
]


class Status(StrEnum):
    """The state of a scene in the ledger."""

    INGESTED = "ingested"
    ORDERED = "ordered"
    READY = "ready"
    INPROGRESS = "inprogress"
    EXTRACTED = "extracted"
    NO_PARCELS = "no_parcels"
    SUPERSEDED = "superseded"
    FAILED = "failed"


class Cause(StrEnum):
    """Why a scene, a unit of extraction or an expected pass has no signatures.

    The last three occur only in the ledger; a gap of such a scene has the cause :attr:`of_gap`.
    """

    NOT_PLANNED = "not_planned"
    NOT_ACQUIRED = "not_acquired"
    NOT_PUBLISHED = "not_published"
    NOT_INDEXED = "not_indexed"
    CARD_FAILED = "card_failed"
    ORBIT_UNREADABLE = "orbit_unreadable"
    KNOWN_BAD = "known_bad"
    UNSYNCHRONISED = "unsynchronised"
    FETCH_FAILED = "fetch_failed"
    CORRUPT = "corrupt"
    CLOUDY = "cloudy"
    NO_PARCELS = "no_parcels"
    EXTRACTION_FAILED = "extraction_failed"
    PENDING = "pending"
    QUARANTINED = "quarantined"
    DELETED = "deleted"
    PAUSED = "paused"

    @property
    def of_gap(self) -> Cause:
        """The cause of the gap that a scene with this cause leaves."""
        return _OF_GAP.get(self, self)


_OF_GAP = {
    Cause.QUARANTINED: Cause.NOT_INDEXED,
    Cause.DELETED: Cause.NOT_INDEXED,
    Cause.PAUSED: Cause.PENDING,
}


def explained(cause: Cause | None, reason: str | None) -> str:
    """Cause and reason for people, e.g. ``corrupt: ends early``; empty without either."""
    return ": ".join(text for text in (cause, reason) if text)


@dataclass(frozen=True, slots=True)
class Scene:
    """One catalogue entry, in this system's terms. All times are aware UTC.

    :param platform: the catalogue that listed it, e.g. ``cdse``.
    :param product_id: the platform's own identifier; unique with the platform.
    :param name: the product's name without ``.SAFE`` or ``.zip``.
    :param footprint: in EPSG:4326, longitude first; None if the platform gave none.
    :param direction: ``A`` ascending, ``D`` descending.
    :param datatake: the mission's datatake identifier; of Sentinel-1 in decimal.
    :param baseline: of Sentinel-2 with a dot, ``05.09``.
    :param location: in the store, e.g. ``/eodata/Sentinel-1/...``.
    :param size: bytes.
    :param checksum: ``algorithm:hex``, e.g. ``md5:5bf9...``.
    """

    platform: str
    product_id: str
    name: str
    kind: Kind
    satellite: str
    start: datetime
    end: datetime
    published: datetime | None = None
    footprint: MultiPolygon | None = None
    abs_orbit: int | None = None
    rel_orbit: int | None = None
    direction: str | None = None
    datatake: str | None = None
    slice: int | None = None
    tile: str | None = None
    baseline: str | None = None
    timeliness: str | None = None
    location: str | None = None
    online: bool | None = None
    size: int | None = None
    checksum: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


# Relative orbit = (absolute - offset) % cycle + 1. S1C was moved within its orbit in June 2026, so
# its offset changes at absolute orbit 8019.
_ORBIT_OFFSET = {"S1A": 73, "S1B": 27, "S1C": 172, "S1D": 42, "S2A": -2, "S2B": 27}
_S1C_MOVED = (8019, 99)
_ORBITS_PER_CYCLE = {"S1": 175, "S2": 143}


def relative_orbit(satellite: str, abs_orbit: int) -> int | None:
    """Relative orbit number of an absolute orbit; a check on catalogue values, not their source.

    :param satellite: e.g. ``S1A``.
    :returns: None for a satellite whose offset is not known.
    """
    offset = _ORBIT_OFFSET.get(satellite)
    if offset is None:
        return None
    if satellite == "S1C" and abs_orbit >= _S1C_MOVED[0]:
        offset = _S1C_MOVED[1]
    return (abs_orbit - offset) % _ORBITS_PER_CYCLE[satellite[:2]] + 1


# Sentinel-1 crosses the equator northwards at 18:00 local mean solar time (ESA, Sentinel-1 orbit).
_ASCENDS = 18.0
# Near the orbit's turning point at 81.8 degrees of latitude both halves pass at the same hour.
_TOO_FAR_NORTH = 75.0


def direction_by_sun(start: datetime, longitude: float, latitude: float) -> str | None:
    """The orbit direction of Sentinel-1, from the local mean solar time.

    :param start: of sensing, aware UTC.
    :param longitude: of the scene's middle, degrees east, and its latitude.
    :returns: ``A``, ``D``, or None near the poles.
    """
    if abs(latitude) > _TOO_FAR_NORTH:
        return None
    utc = start.astimezone(UTC)
    hour = utc.hour + utc.minute / 60.0 + longitude / 15.0
    return "A" if abs((hour - _ASCENDS + 12.0) % 24.0 - 12.0) < 6.0 else "D"


_TIME = r"\d{8}T\d{6}"
_S1_NAME = re.compile(
    rf"(?P<satellite>S1[A-Z])_(?P<mode>[A-Z0-9]{{2}})_(?P<product>GRD|SLC|RAW|OCN)"
    rf"(?P<resolution>[A-Z_])_(?P<level>[012])(?P<class>[A-Z])(?P<polarisation>[SD][HV])"
    rf"_(?P<start>{_TIME})_(?P<end>{_TIME})_(?P<abs_orbit>\d{{6}})_(?P<datatake>[0-9A-F]{{6}})"
    rf"_(?P<crc>[0-9A-F]{{4}})(?P<suffix>_CARD_BS|_COG)?"
)
_S2_NAME = re.compile(
    rf"(?P<satellite>S2[A-Z])_(?P<level>MSIL1C|MSIL2A)_(?P<start>{_TIME})_N(?P<baseline>\d{{4}})"
    rf"_R(?P<rel_orbit>\d{{3}})_T(?P<tile>\d{{2}}[A-Z]{{3}})_(?P<discriminator>{_TIME})"
)
# Days of a coherence pair, as the names of products have them -> kind.
_KIND_OF_DAYS = {str(pair.days): KIND_OF_CARD[card] for card, pair in PAIR_OF_CARD.items()}
# No platform documents the names of coherence products; all known ones have this in common.
_COHERENCE_NAME = re.compile(
    r"(?P<satellite>S1[A-Z])_(?:.*?_)??(?P<first>\d{8})(?!\d)(?:.*?_(?P<second>\d{8})(?!\d))?"
    rf".*CARD[-_]COH(?P<days>{'|'.join(_KIND_OF_DAYS)})(?!\d).*"
)
_EXTENSIONS = re.compile(r"(\.(SAFE|SEN3|zip|tiff?))+$", re.IGNORECASE)


def stem(name: str) -> str:
    """A product name without ``.SAFE``, ``.zip`` and the like, as :attr:`Scene.name` has it."""
    return _EXTENSIONS.sub("", name)


def parse_time(text: str) -> datetime:
    """An aware UTC time from a product name's ``YYYYMMDDTHHMMSS``."""
    return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def parse_name(name: str) -> dict[str, str]:
    """The fields that a Sentinel product name carries, as text; unknown names give an empty dict.

    Accepts names with or without ``.SAFE``, ``.zip`` or ``.tif``, any satellite letter, and the
    tolerant form of CARD-COH names: ``first`` and ``second`` are the dates of the pair. A name with
    a time that does not exist is unknown.
    """
    for pattern in (_S1_NAME, _S2_NAME, _COHERENCE_NAME):
        if match := pattern.fullmatch(stem(name)):
            fields = {key: value for key, value in match.groupdict().items() if value is not None}
            return fields if _has_times(fields) else {}
    return {}


def _has_times(fields: Mapping[str, str]) -> bool:
    """Whether the times in a name exist: there is no 30 February."""
    try:
        for key in ("start", "end", "first", "second"):
            if text := fields.get(key):
                datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def kind_of_name(name: str) -> Kind | None:
    """The kind of product that a name stands for; None if it is not one that we process.

    Of Sentinel-1 only the interferometric wide swath is processed, ground range in high resolution.
    """
    fields = parse_name(name)
    if "days" in fields:
        return _KIND_OF_DAYS[fields["days"]]
    if "tile" in fields:
        return {"MSIL1C": Kind.S2_L1C, "MSIL2A": Kind.S2_L2A}[fields["level"]]
    if fields.get("mode") != "IW" or fields["class"] != "S" or fields.get("suffix") == "_COG":
        return None
    if fields.get("suffix") == "_CARD_BS":
        return Kind.CARD_BS
    return {"GRDH": Kind.S1_GRD, "SLC_": Kind.S1_SLC}.get(fields["product"] + fields["resolution"])
