"""Stored answers of a season, a block at a time, as markers gave them: for rules and exports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.by_block import ByBlock, rows_by_block
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.markers.events import Events, States
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import Days, day_number

_FETCH = 50


@dataclass(frozen=True, slots=True)
class Input:
    """What a marker's answer in one block of n parcels was read from.

    :param days: int32[D], days since 1970-01-01 with optical observations.
    :param looks: bool[n, D], which of them were clear: see :mod:`dias_cbm.markers.gaps`.
    :param missing: scenes that were still expected: ``card``, ``day``, ``name``, ``cause``.
    """

    days: Days
    looks: NDArray[np.bool_]
    missing: Sequence[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The newest answer of one marker in one block.

    :param run: id in ``marker_run``.
    :param window: the days it answers for.
    :param input: what this marker has read; another one may have run again later, and read more.
    """

    run: int
    version: str
    window: Window
    states: States
    events: Events
    input: Input


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """The newest answers in one block of n parcels.

    :param place: int64[n], positions in the block's arrays, from 0.
    """

    blk: int
    pids: Sequence[str]
    crops: NDArray[np.str_]
    area_m2: NDArray[np.float64]
    attributes: Sequence[dict[str, Any]]
    place: NDArray[np.int64]
    answers: dict[str, Answer]


def read(
    connection: Connection,
    season: int,
    *,
    markers: Iterable[str] | None = None,
    blocks: Iterable[int] | None = None,
    attributes: bool = False,
    evidence: bool = True,
) -> Iterator[StoredBlock]:
    """The newest answers of a season, in order of the blocks; those without any are left out.

    :param season: id of the season.
    :param markers: names; all if None.
    :param blocks: numbers; all if None.
    :param attributes: also read the parcels' attributes.
    :param evidence: also read the events' likeliest day, scenes and further values. Without, which
        is much faster, they have only ``witnessed`` and ``provisional``.
    """
    values: dict[str, Any] = {
        "season": season,
        "markers": None if markers is None else list(markers),
        "blocks": None if blocks is None else list(blocks),
    }
    with ExitStack() as stack:
        states, named, events, inputs = (
            rows_by_block(stack, connection, name, values, _FETCH)
            for name in (
                "markers/stored_blocks",
                "markers/stored_values",
                "markers/stored_events" if evidence else "markers/stored_marks",
                "markers/stored_inputs",
            )
        )
        for blk, group in states:
            rows = list(group)
            parcels = connection.execute(
                query("markers/parcels"),
                {"season": season, "blocks": [blk], "attributes": attributes},
            ).fetchone()
            if parcels is None:
                continue
            place = np.array(parcels.pos, np.int64) - 1
            further = _by_marker(_of(named, blk))
            found = {row.marker: row for row in _of(events, blk)}
            sources = {row.id: _input(row, place) for row in _of(inputs, blk)}
            yield StoredBlock(
                blk=blk,
                pids=parcels.pids,
                crops=np.array(parcels.crops, dtype=np.str_),
                area_m2=np.array(parcels.area_m2, float),
                attributes=parcels.attributes or [{} for _ in parcels.pids],
                place=place,
                answers={
                    row.marker: Answer(
                        run=row.run,
                        version=row.version,
                        window=Window(
                            day_number(row.window_start),
                            day_number(row.window_end),
                            day_number(row.until),
                        ),
                        states=_states(row, further.get(row.marker, {}), place),
                        events=(_events if evidence else _marks)(found.get(row.marker), place),
                        input=sources[row.input],
                    )
                    for row in rows
                },
            )


def _of(groups: ByBlock, blk: int) -> list[Any]:
    return list(groups.of(blk))


def _by_marker(rows: Iterable[Any]) -> dict[str, dict[str, NDArray[np.float32]]]:
    found: dict[str, dict[str, NDArray[np.float32]]] = {}
    for row in rows:
        found.setdefault(row.marker, {})[row.name] = row.value
    return found


def _input(row: Any, place: NDArray[np.int64]) -> Input:
    none = np.empty((len(place), 0), bool)
    looks = _looks(bytes.fromhex(row.looks), len(row.days))[place] if row.days else none
    return Input(np.array(row.days, np.int32), looks, row.missing)


def _looks(packed: bytes, days: int) -> NDArray[np.bool_]:
    width = -(-days // 8)
    bits = np.frombuffer(packed, np.uint8).reshape(-1, width)
    return np.unpackbits(bits, axis=1, count=days).astype(bool)


def _states(row: Any, values: dict[str, NDArray[np.float32]], place: NDArray[np.int64]) -> States:
    return States(
        status=row.status[place].astype(np.int8),
        reason=row.reason[place].astype(np.int8),
        confidence=row.confidence[place].astype(np.float32),
        gap_confidence=row.gap_confidence[place].astype(np.float32),
        longest_gap=row.longest_gap_days[place].astype(np.int32),
        observations=row.observations[place].astype(np.int32),
        values={name: array[place].astype(np.float32) for name, array in values.items()},
    )


def _events(row: Any, place: NDArray[np.int64]) -> Events:
    """Events from a row of arrays; scenes and values of each are as they were given."""
    if row is None:
        return Events.none()
    lists = [[int(number) for number in text.split()] for text in row.evidence]
    evidence = np.zeros((len(lists), max(map(len, lists))), np.int32)
    for line, numbers in zip(evidence, lists, strict=True):
        line[: len(numbers)] = numbers
    return Events(
        parcel=_parcels(np.array(row.pos), place),
        kind=np.array(row.kind, dtype=np.str_),
        start=np.array(row.start_day, np.int32),
        end=np.array(row.end_day, np.int32),
        best=np.array(row.best_day, np.int32),
        confidence=np.array(row.confidence, np.float32),
        before=np.array(row.before, np.int32),
        after=np.array(row.after, np.int32),
        evidence=evidence,
        values=_event_values([json.loads(text) for text in row.values]),
    )


def _marks(row: Any, place: NDArray[np.int64]) -> Events:
    """Events without their scenes, from a row of arrays."""
    if row is None:
        return Events.none()
    parcel, start, end = _parcels(row.pos, place), row.start_day, row.end_day
    kinds = row.kind.split("\n")
    # Numbers are sorted much faster than texts.
    number = {kind: n for n, kind in enumerate(sorted(set(kinds)))}
    kind = np.fromiter(map(number.__getitem__, kinds), np.int32, len(kinds))
    order = np.lexsort((kind, end, start, parcel))
    nothing = np.zeros(len(order), np.int32)
    return Events(
        parcel=parcel[order],
        kind=np.array(list(number), dtype=np.str_)[kind[order]],
        start=start[order].astype(np.int32),
        end=end[order].astype(np.int32),
        best=end[order].astype(np.int32),
        confidence=row.confidence[order].astype(np.float32),
        before=nothing,
        after=nothing,
        evidence=np.empty((len(order), 0), np.int32),
        values={
            "witnessed": row.witnessed[order] > 0,
            "provisional": row.provisional[order] > 0,
        },
    )


def _parcels(pos: NDArray[Any], place: NDArray[np.int64]) -> NDArray[np.int32]:
    """The index of the parcel at each position, from 1."""
    index = np.full(int(place.max()) + 1, -1, np.int32)
    index[place] = np.arange(len(place), dtype=np.int32)
    return index[pos.astype(np.int64) - 1]


def _event_values(rows: list[dict[str, Any]]) -> dict[str, NDArray[Any]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(values: list[Any]) -> NDArray[Any]:
    known = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in known):
        return np.array([bool(value) for value in values])
    if all(isinstance(value, (int, float)) for value in known):
        return np.array([np.nan if value is None else value for value in values], np.float32)
    return np.array(["" if value is None else str(value) for value in values])
