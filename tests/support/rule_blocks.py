"""Blocks of parcels with looks and events, as the markers would store them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from dias_cbm.markers.events import Events, States, Status
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import day_number
from dias_cbm.markers.store import Answer, Input, StoredBlock

YEAR = 2018


def day(text: str) -> int:
    """Days since 1970-01-01 of a day of 2018, such as ``06-15``, or of a whole date."""
    return day_number(date.fromisoformat(text if len(text) > 5 else f"{YEAR}-{text}"))


def every(step: int, first: str = "01-03", last: str = "12-31") -> list[int]:
    """A look every so many days."""
    return list(range(day(first), day(last) + 1, step))


def events_of(rows: Sequence[tuple[Any, ...]], kind: str) -> Events:
    """Events from rows of parcel, start, end, confidence and perhaps kind and provisional."""
    if not rows:
        return Events.none()
    full = [(*row, *(kind, False)[len(row) - 4 :]) for row in rows]
    parcel, start, end, sure, kinds, provisional = zip(*full, strict=True)
    first, last = np.array(start, np.int32), np.array(end, np.int32)
    return Events(
        parcel=np.array(parcel, np.int32),
        kind=np.array(kinds),
        start=first,
        end=last,
        best=((first + last) // 2).astype(np.int32),
        confidence=np.array(sure, np.float32),
        before=np.ones(len(full), np.int32),
        after=np.ones(len(full), np.int32),
        evidence=np.zeros((len(full), 0), np.int32),
        values={"provisional": np.array(provisional), "witnessed": ~np.array(provisional)},
    ).sort()


def unbroken(events: Events, parcels: int, first: int, last: int) -> Events:
    """The stretches of mowing without an event, as the marker would tell them."""
    rows = []
    for parcel in range(parcels):
        begin = first
        for one in np.flatnonzero(events.parcel == parcel).tolist():
            rows.append((parcel, begin, int(events.start[one]), 0.9))
            begin = int(events.end[one])
        rows.append((parcel, begin, last, 0.9))
    found = events_of([row for row in rows if row[1] < row[2]], "unbroken")
    return Events.concat([events, replace(found, values={})]).sort()


def answer(
    events: Events,
    parcels: int,
    *,
    until: str | None = None,
    window: tuple[str, str] = ("01-01", "2019-01-01"),
    values: dict[str, Any] | None = None,
) -> Answer:
    """An answer with these events; OK where a parcel has one."""
    states = States.blank(parcels)
    for parcel, sure in zip(events.parcel, events.confidence, strict=True):
        states.status[parcel] = Status.OK
        states.confidence[parcel] = max(sure, np.nan_to_num(states.confidence[parcel]))
    states.values.update(values or {})  # type: ignore[attr-defined]
    first, last = map(day, window)
    if not len(events) or "mowing" in events.kind:
        events = unbroken(events, parcels, first - 60, last + 60)
    bounds = Window(first, last, None if until is None else day(until))
    nothing = Input(np.empty(0, np.int32), np.empty((parcels, 0), bool), ())
    return Answer(7, "1", bounds, states, events, nothing)


def block(
    looks: Sequence[Sequence[int]],
    answers: dict[str, Answer],
    *,
    crops: Sequence[str] | None = None,
    attributes: Sequence[dict[str, Any]] | None = None,
    missing: Sequence[dict[str, str]] = (),
) -> StoredBlock:
    """A block; each parcel has looks on these days, and all its markers have read them."""
    n = len(looks)
    days = np.array(sorted({one for days in looks for one in days}), np.int32)
    seen = np.array([np.isin(days, one) for one in looks]).reshape(n, len(days))
    source = Input(days, seen, missing)
    return StoredBlock(
        blk=1,
        pids=[f"p{number}" for number in range(n)],
        crops=np.array(crops or ["grass_permanent"] * n),
        area_m2=np.full(n, 10_000.0),
        attributes=attributes or [{} for _ in range(n)],
        place=np.arange(n),
        answers={name: replace(one, input=source) for name, one in answers.items()},
    )
