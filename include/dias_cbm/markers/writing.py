"""Writing of answers: states and values as arrays of a block, events as rows, all by COPY."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from dias_cbm import __version__
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.db.queries import query
from dias_cbm.markers.due import BlockInput, MarkerWork, Plan
from dias_cbm.markers.event_values import texts
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.series import Days, day_of

_STATES = {
    "run": "integer", "season": "smallint", "blk": "integer", "input": "integer",
    "status": "smallint[]", "reason": "smallint[]", "confidence": "real[]",
    "gap_confidence": "real[]", "longest_gap_days": "smallint[]", "observations": "smallint[]",
}  # fmt: skip
_VALUES = {
    "run": "integer", "season": "smallint", "blk": "integer", "name": "text", "value": "real[]",
}  # fmt: skip
_EVENTS = {
    "run": "integer", "season": "smallint", "blk": "integer", "pos": "smallint",
    "number": "smallint", "kind": "text", "start_date": "date", "end_date": "date",
    "best_date": "date", "confidence": "real", "before": "integer", "after": "integer",
    "evidence": "integer[]", "values": "jsonb",
}  # fmt: skip

# Events and answers of parcels held in memory before they are written.
_MANY = 200_000
_LONGEST = np.iinfo(np.int16).max


def add_run(connection: Connection, plan: Plan, work: MarkerWork) -> int:
    """Enter a run of one marker; returns its id."""
    values = {
        "season": plan.season.id,
        "marker": work.marker.name,
        "version": work.marker.version,
        "parameters": Jsonb(work.recorded),
        "inputs_hash": work.inputs_hash(plan.inputs),
        "code": __version__,
        "until": day_of(plan.window.end if plan.window.until is None else plan.window.until),
        "window_start": day_of(plan.window.start),
        "window_end": day_of(plan.window.end),
    }
    row = connection.execute(query("markers/run_add"), values).fetchone()
    if row is None:
        raise AssertionError("an insert with returning gives a row")
    return int(row.id)


def add_input(
    connection: Connection,
    season: int,
    block: BlockInput,
    days: Days,
    looks: NDArray[np.bool_],
    place: NDArray[np.int64],
) -> int:
    """Enter what was read of a block, unless it is there; returns its id.

    :param looks: bool[n, D], clear looks of its parcels.
    :param place: int64[n], positions of the parcels in the block, from 0.
    """
    key = {"season": season, "blk": block.blk, "hash": block.hash}
    row = connection.execute(query("markers/input_find"), key).fetchone()
    if row is None:
        every = np.zeros((int(place.max()) + 1, len(days)), bool)
        every[place] = looks
        values = key | {
            "days": days.tolist(),
            "looks": np.packbits(every, axis=1).tobytes(),
            "missing": Jsonb([asdict(one) for one in block.missing]),
        }
        row = connection.execute(query("markers/input_add"), values).fetchone()
    if row is None:
        raise AssertionError("an insert with returning gives a row")
    return int(row.id)


class Writer:
    """Collects answers, and writes them when there are many; call :meth:`flush` at the end."""

    def __init__(self, connection: Connection, season: int) -> None:
        self._connection = connection
        self._season = season
        self._states: list[tuple[Any, ...]] = []
        self._values: list[tuple[Any, ...]] = []
        self._events: list[tuple[int, int, NDArray[np.int64], Events]] = []
        self._pending = 0

    def add(
        self,
        run: int,
        blk: int,
        source: int,
        place: NDArray[np.int64],
        states: States,
        events: Events,
    ) -> None:
        """Add the answers of one marker for one block.

        :param run: id in ``marker_run``.
        :param source: id in ``marker_input``.
        :param place: int64[n], position of each parcel in the block, from 0.
        """
        size = int(place.max()) + 1
        self._states.append(
            (
                run,
                self._season,
                blk,
                source,
                _placed(states.status, place, size, 0, np.int16),
                _placed(states.reason, place, size, 0, np.int16),
                _placed(states.confidence, place, size, np.nan, np.float32),
                _placed(states.gap_confidence, place, size, np.nan, np.float32),
                _placed(np.minimum(states.longest_gap, _LONGEST), place, size, 0, np.int16),
                _placed(states.observations, place, size, 0, np.int16),
            )
        )
        for name, values in states.values.items():
            value = _placed(values, place, size, np.nan, np.float32)
            self._values.append((run, self._season, blk, name, value))
        if len(events):
            self._events.append((run, blk, place, events.sort()))
        self._pending += len(events) + len(states)
        if self._pending > _MANY:
            self.flush()

    def flush(self) -> None:
        """Write what was collected; does not commit."""
        copy_rows(self._connection, "marker_state_block", _STATES, self._states)
        copy_rows(self._connection, "marker_value_block", _VALUES, self._values)
        copy_rows(self._connection, "marker_event_slot", _EVENTS, self._rows())
        self._states, self._values, self._events = [], [], []
        self._pending = 0

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        for run, blk, place, events in self._events:
            pos = place[events.parcel] + 1
            for event in zip(
                pos.tolist(),
                _numbers(events.parcel).tolist(),
                events.kind.tolist(),
                events.start.tolist(),
                events.end.tolist(),
                events.best.tolist(),
                events.confidence.tolist(),
                (scene or None for scene in events.before.tolist()),
                (scene or None for scene in events.after.tolist()),
                (row[row > 0] for row in events.evidence),
                texts(events.values, len(events)),
                strict=True,
            ):
                yield run, self._season, blk, *event


def _placed(
    values: NDArray[Any], place: NDArray[np.int64], size: int, blank: float, kind: Any
) -> NDArray[Any]:
    placed = np.full(size, blank, kind)
    placed[place] = values
    return placed


def _numbers(parcel: NDArray[np.int32]) -> NDArray[np.int64]:
    """1, 2, ... within each parcel, of events that are sorted by parcel."""
    first = np.flatnonzero(np.diff(parcel, prepend=-1))
    return np.arange(len(parcel)) - np.repeat(first, np.diff(first, append=len(parcel))) + 1


def counts(states: States) -> dict[tuple[str, str | None], int]:
    """Parcels by status and reason."""
    pairs = states.status.astype(np.int64) * 100 + states.reason
    found, number = np.unique(pairs, return_counts=True)
    return {
        (Status(pair // 100).name, Reason(pair % 100).name.lower() if pair % 100 else None): many
        for pair, many in zip(found.tolist(), number.tolist(), strict=True)
    }
