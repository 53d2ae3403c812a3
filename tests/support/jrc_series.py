"""JRC's own statistics of five real grassland parcels, 2020, as signatures."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from blocks import add_scene, add_signatures

from dias_cbm.db.connection import Connection
from dias_cbm.ledger import LedgerScene
from dias_cbm.scenes import Kind, Status

PIDS = ["1", "2", "3", "4", "5"]
SERIES = {
    "s1_bs": Kind.CARD_BS,
    "s1_bsidx": Kind.CARD_BS,
    "s1_coh6": Kind.CARD_COH6,
    "s2": Kind.S2_L2A,
    "s2_idx": Kind.S2_L2A,
}
_STATISTICS = {
    "count": "count",
    "mean": "MEAN",
    "std": "STD.DEV",
    "min": "MIN",
    "max": "MAX",
    "p25": "P25",
    "p50": "P50",
    "p75": "P75",
}


@dataclass
class Observation:
    """One date of one series: band -> pid -> statistic -> value.

    ``direction`` is known for single passes only: the parcels see ascending passes in the afternoon
    and descending ones in the morning.
    """

    series: str
    kind: Kind
    start: datetime
    direction: str | None
    bands: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)


def read(real_data: Path, series: str) -> list[Observation]:
    """A series of all five parcels: ``s1_bs`` and ``s1_coh6`` are weekly composites, ``s1_bsidx``
    has every pass, ``s2`` and ``s2_idx`` every date."""
    found: dict[datetime, Observation] = {}
    for pid, row in _rows(real_data, series):
        start = _time(row["date"])
        observation = found.setdefault(
            start, Observation(series, SERIES[series], start, _direction(series, start))
        )
        band = row["band"].removeprefix(f"{series}_")
        values = {
            name: float(row[column]) for name, column in _STATISTICS.items() if row[column] != "NA"
        }
        observation.bands.setdefault(band, {})[pid] = values
    return [found[start] for start in sorted(found)]


def weeks(real_data: Path, series: str) -> set[int]:
    """The weeks that a weekly series has, by JRC's own numbers."""
    return {int(row["week"]) for _, row in _rows(real_data, series)}


def insert(
    connection: Connection, season: int, observation: Observation, blk: int = 1
) -> LedgerScene:
    """An observation as an extracted scene with signatures in the block of the five parcels."""
    scene = add_scene(
        connection,
        f"{observation.series}-{observation.start:%Y%m%dT%H%M%S}",
        observation.start,
        observation.kind,
        direction=observation.direction,
        status=Status.EXTRACTED,
    )
    for band, parcels in observation.bands.items():
        columns: dict[str, list[float]] = defaultdict(list)
        for pid in PIDS:
            values = parcels.get(pid, {})
            for name in _STATISTICS:
                columns[name].append(values.get(name, float("nan")))
        add_signatures(connection, season, scene, blk, band, **columns)
    return scene


def _rows(real_data: Path, series: str) -> Iterator[tuple[str, dict[str, str]]]:
    for pid in PIDS:
        file = real_data / "parcel_series" / "jrc_salms" / "tsdir" / f"{pid}_{series}_ts.csv"
        with file.open() as text:
            for row in csv.DictReader(text):
                yield pid, row


def _time(text: str) -> datetime:
    if "T" in text:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _direction(series: str, start: datetime) -> str | None:
    if series != "s1_bsidx":
        return None
    return "A" if start.hour >= 12 else "D"
