"""Numbers of seasons for a monitoring system, in Prometheus' text format."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from dias_cbm import __version__, seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season
from dias_cbm.window.data.memory import Memory

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Name -> what it says; all of them are gauges.
METRICS: Mapping[str, str] = {
    "cbm_info": "1, with the version of the library.",
    "cbm_season_parcels": "Parcels of the season.",
    "cbm_season_last_day_timestamp_seconds": "Begin of the last day of observation that is closed.",
    "cbm_passes_expected": "Passes over tiles that should be there by now.",
    "cbm_passes": "These passes by their state: found, cloudy, confirmed or open.",
    "cbm_gaps": "Open gaps by cause and state.",
    "cbm_gap_oldest_timestamp_seconds": "When the pass of the oldest open gap was expected.",
    "cbm_units": "Units of extraction (a scene over a tile) by state.",
    "cbm_records": "Records of signatures that were extracted.",
    "cbm_queue_age_seconds": "How long the oldest unit has waited, or has been worked on.",
}
_STATES = ("found", "cloudy", "confirmed", "open")
_WAITING = ("ready", "inprogress")


@dataclass
class Samples:
    """Numbers by metric and labels."""

    found: dict[str, list[tuple[Mapping[str, str], float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, metric: str, value: float, **labels: Any) -> None:
        """Add a number."""
        self.found[metric].append(({name: str(one) for name, one in labels.items()}, value))

    def text(self) -> str:
        """The text that Prometheus reads."""
        lines: list[str] = []
        for metric, meaning in METRICS.items():
            if samples := self.found.get(metric):
                lines += [f"# HELP {metric} {meaning}", f"# TYPE {metric} gauge"]
                lines += [f"{metric}{_labels(labels)} {value:.15g}" for labels, value in samples]
        return "\n".join(lines) + "\n"


def of_seasons(connection: Connection, seen: Callable[[str], bool], memory: Memory) -> str:
    """The state of the seasons in Prometheus' text format; passes are some seconds old at most.

    :param seen: whether the reader may see the season of this name.
    """
    samples = Samples()
    samples.add("cbm_info", 1, version=__version__)
    for row in connection.execute(query("window/seasons")).fetchall():
        if not seen(row.name):
            continue
        season = seasons.get(connection, row.name)
        samples.add("cbm_season_parcels", row.parcels, season=row.name)
        if row.last_day is not None:
            day = datetime.combine(row.last_day, time(), UTC).timestamp()
            samples.add("cbm_season_last_day_timestamp_seconds", day, season=row.name)
        _passes(samples, connection, season, memory)
        _units(samples, connection, season)
    return samples.text()


def _passes(samples: Samples, connection: Connection, season: Season, memory: Memory) -> None:
    found = memory.passes(connection, season)
    expected: Counter[str] = Counter()
    states: Counter[tuple[str, str]] = Counter()
    for month in found.progress.months:
        expected[month.card] += month.expected
        for state in _STATES:
            states[month.card, state] += getattr(month, state)
    for card, number in sorted(expected.items()):
        samples.add("cbm_passes_expected", number, season=season.name, card=card)
    for (card, state), number in sorted(states.items()):
        samples.add("cbm_passes", number, season=season.name, card=card, state=state)
    still = [gap for gap in found.gaps if gap.state.is_open]
    causes = Counter((str(gap.card), str(gap.cause), str(gap.state)) for gap in still)
    for (card, cause, state), number in sorted(causes.items()):
        samples.add("cbm_gaps", number, season=season.name, card=card, cause=cause, state=state)
    if still:
        oldest = min(gap.expected_at for gap in still).timestamp()
        samples.add("cbm_gap_oldest_timestamp_seconds", oldest, season=season.name)


def _units(samples: Samples, connection: Connection, season: Season) -> None:
    values = {"season": season.id, "now": datetime.now(UTC)}
    records: Counter[str] = Counter()
    rows: Sequence[Any] = connection.execute(query("window/queue"), values).fetchall()
    for row in rows:
        labels = {"season": season.name, "card": row.card, "status": row.status}
        samples.add("cbm_units", row.units, **labels)
        records[row.card] += row.records
        if row.status in _WAITING:
            samples.add("cbm_queue_age_seconds", max(row.oldest_s, 0.0), **labels)
    for card, number in sorted(records.items()):
        samples.add("cbm_records", number, season=season.name, card=card)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escapes = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
    return (
        "{" + ",".join(f'{name}="{one.translate(escapes)}"' for name, one in labels.items()) + "}"
    )
