"""The constellation: when each satellite observes, and which two form six-day pairs."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dias_cbm.days import midnight
from dias_cbm.errors import SettingsError

FILE = Path(__file__).with_name("constellation.toml")

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Phase:
    """A period that a satellite spends in one orbit slot, half-open.

    :param relied_on: whether its missing passes count as gaps.
    :param note: a description of the phase, or of what ended it.
    """

    satellite: str
    starts: datetime = _BEGINNING
    ends: datetime = _NEVER
    relied_on: bool = True
    note: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether a time lies in the phase."""
        return self.starts <= at < self.ends


@dataclass(frozen=True, slots=True)
class Pair:
    """Two satellites six days apart on the same relative orbits, half-open."""

    satellites: frozenset[str]
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Constellation:
    """All phases and pairs.

    :param phases: in order of time; one satellite's do not overlap.
    """

    phases: Sequence[Phase] = ()
    pairs: Sequence[Pair] = ()

    def of(self, satellite: str) -> Sequence[Phase]:
        """The phases of a satellite; for one that is not in the file, a single endless phase."""
        known = [phase for phase in self.phases if phase.satellite == satellite]
        return known or [Phase(satellite)]

    def after(self, phase: Phase) -> datetime:
        """The start of the satellite's next phase, or the end of time."""
        later = [other.starts for other in self.of(phase.satellite) if other.starts >= phase.ends]
        return min(later, default=_NEVER)

    def six_days(self, satellite: str, earlier: datetime) -> bool:
        """Whether an acquisition may have a partner six days before it.

        :param earlier: when that partner would have been sensed.
        """
        return any(
            satellite in pair.satellites and pair.starts <= earlier < pair.ends
            for pair in self.pairs
        )


@functools.cache
def constellation(file: Path = FILE) -> Constellation:
    """Read the constellation from a file.

    :raises SettingsError: the file is invalid, or two phases of one satellite overlap.
    """
    try:
        tables = tomllib.loads(file.read_text())
        phases = sorted(map(_phase, tables.get("phase", [])), key=lambda phase: phase.starts)
        pairs = [
            Pair(frozenset(table["satellites"]), *_window(table))
            for table in tables.get("pair", [])
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SettingsError(f"not a file of phases: {error!r}", subject=file) from error
    for number, phase in enumerate(phases):
        for other in phases[:number]:
            if other.satellite == phase.satellite and phase.starts < other.ends:
                raise SettingsError(f"phases of {phase.satellite} overlap", subject=file)
    return Constellation(phases, pairs)


def _phase(table: Mapping[str, Any]) -> Phase:
    unknown = set(table) - {"satellite", "starts", "ends", "relied_on", "note", "source"}
    if unknown or not table["source"]:
        raise KeyError(*unknown or {"source"})
    starts, ends = _window(table)
    return Phase(
        table["satellite"], starts, ends, table.get("relied_on", True), table.get("note", "")
    )


def _window(table: Mapping[str, Any]) -> tuple[datetime, datetime]:
    ends = table.get("ends")
    return midnight(table["starts"]), _NEVER if ends is None else midnight(ends)
