"""Checks on the planted cuts, ploughing, second crop and clouds: markers and rules found them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.markers import registry, store
from dias_cbm.markers.events import Reason, Status
from dias_cbm.markers.store import StoredBlock
from dias_cbm_lab.demo.check import Check, equal
from dias_cbm_lab.season import rule_file

#: A cut shows between two clear looks at most so many days apart. This share of those must be
#: found: on thin grass the loss may be too small for the rule.
SHOWS_DAYS, LEAST_FOUND = 10, 0.8

Truth = Mapping[str, Sequence[Mapping[str, Any]]]
Findings = Mapping[str, Any]


def gather(connection: Connection, season: int) -> dict[str, Any]:
    """The newest answers of a season's markers, and the colours of its last run of rules.

    :returns: ``answers``: parcels by marker; ``parcels``: by id, the days of their ``looks``, the
        ``states`` by marker, and the ``events``; ``colours``: by scheme, then by parcel.
    """
    answers: Counter[str] = Counter()
    parcels: dict[str, Any] = {}
    for block in store.read(connection, season):
        for marker in block.answers:
            answers[marker] += len(block.pids)
        parcels |= _parcels(block)
    colours: dict[str, dict[str, str]] = {}
    for row in connection.execute(query("lab/verdicts"), {"season": season}):
        colours.setdefault(row.scheme, {})[row.pid] = row.colour
    return {"answers": dict(answers), "parcels": parcels, "colours": colours}


def _parcels(block: StoredBlock) -> dict[str, dict[str, Any]]:
    newest = max(block.answers.values(), key=lambda one: one.run).input
    days = [_date(day) for day in newest.days.tolist()]
    found: dict[str, dict[str, Any]] = {
        pid: {
            "looks": [days[column] for column in np.flatnonzero(newest.looks[row])],
            "states": {},
            "events": [],
        }
        for row, pid in enumerate(block.pids)
    }
    for marker, answer in block.answers.items():
        states, events = answer.states, answer.events
        for row, pid in enumerate(block.pids):
            status, reason = Status(int(states.status[row])), Reason(int(states.reason[row]))
            found[pid]["states"][marker] = status.name, reason.name.lower()
        for row, kind, start, end in zip(
            events.parcel.tolist(),
            events.kind.tolist(),
            events.start.tolist(),
            events.end.tolist(),
            strict=True,
        ):
            one = {"marker": marker, "kind": kind, "start": _date(start), "end": _date(end)}
            found[block.pids[row]]["events"].append(one)
    return found


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


@dataclass(frozen=True, slots=True)
class Cuts:
    """The planted cuts.

    :param shown: two clear looks at most ten days apart are before and after so many of them.
    :param found: so many of these lie in the interval of an event of mowing.
    :param hidden: so many are hidden by clouds.
    :param invented: events of mowing on meadows that were not mown.
    """

    shown: int
    found: int
    hidden: int
    invented: int

    @classmethod
    def of(cls, parcels: Findings, truth: Truth) -> Cuts:
        """The cuts of meadows whose every cut is known."""
        shown = found = hidden = invented = 0
        for meadow in truth["mown"]:
            parcel = parcels[str(meadow["pid"])]
            events = _events(parcel, "mowing")
            invented += 0 if meadow["days"] else len(events)
            for day in map(date.fromisoformat, meadow["days"]):
                shows = _shows(day, parcel["looks"])
                shown += shows
                hidden += not shows
                found += shows and any(one["start"] <= day <= one["end"] for one in events)
        return cls(shown, found, hidden, invented)


def _shows(day: date, looks: Sequence[date]) -> bool:
    before = [look for look in looks if look < day]
    after = [look for look in looks if look >= day]
    return bool(before and after) and (after[0] - before[-1]).days <= SHOWS_DAYS


def _events(parcel: Findings, kind: str) -> list[Mapping[str, Any]]:
    return [one for one in parcel["events"] if one["kind"] == kind]


def checks(found: Findings, truth: Truth, parcels: int) -> list[Check]:
    """Planted against found.

    :param found: of :func:`gather`.
    :param parcels: of the season.
    """
    return [
        *_answered(found, parcels),
        *_cuts(found["parcels"], truth),
        *_grounds(found["parcels"], truth),
        *_colours(found, truth),
    ]


def _answered(found: Findings, parcels: int) -> list[Check]:
    """Every marker that is installed has an answer for every parcel."""
    answers = {name: found["answers"].get(name, 0) for name in registry.names()}
    short = {name: number for name, number in answers.items() if number != parcels}
    return [equal("markers without an answer for every parcel", {}, short)]


def _cuts(parcels: Findings, truth: Truth) -> list[Check]:
    if absent := _absent(parcels, [meadow["pid"] for meadow in truth["mown"]]):
        return [equal("planted meadows without an answer", [], absent)]
    cuts = Cuts.of(parcels, truth)
    needed = max(1, math.ceil(LEAST_FOUND * cuts.shown))
    return [
        Check(
            f"planted cuts found on their day, of {cuts.shown} that two looks could show"
            f" ({cuts.hidden} hidden by clouds)",
            f"{needed} or more",
            cuts.found,
            cuts.found >= needed,
        ),
        equal("cuts found on meadows that were not mown", 0, cuts.invented),
    ]


def _absent(parcels: Findings, pids: Sequence[int]) -> list[int]:
    return [pid for pid in pids if str(pid) not in parcels]


def _grounds(parcels: Findings, truth: Truth) -> list[Check]:
    """The ploughed meadow and the mixed parcel."""
    result = []
    for one in truth["ploughed"]:
        parcel, day = parcels.get(str(one["pid"])), date.fromisoformat(one["day"])
        events = [] if parcel is None else _events(parcel, "ploughing")
        seen = [f"{event['start']} to {event['end']}" for event in events]
        ok = any(event["start"] < day <= event["end"] for event in events)
        result.append(Check(f"meadow ploughed on {day}: between", day, ", ".join(seen), ok))
    for one in truth["mixed"]:
        status = _state(parcels.get(str(one["pid"])), "homogeneity")
        name = f"parcel of {' and '.join(one['crops'])}: homogeneity"
        result.append(equal(name, "NOT_VALID, heterogeneous", ", ".join(status)))
    return result


def _state(parcel: Findings | None, marker: str) -> tuple[str, str]:
    nothing = ("no answer", "")
    return nothing if parcel is None else parcel["states"].get(marker, nothing)


def _colours(found: Findings, truth: Truth) -> list[Check]:
    """The colours of what was planted; and no red where nothing was looked at."""
    mown = found["colours"].get(rule_file.MOWN, {})
    ploughed = found["colours"].get(rule_file.NOT_PLOUGHED, {})
    one_crop = found["colours"].get(rule_file.ONE_CROP, {})
    unmown = [str(one["pid"]) for one in truth["mown"] if not one["days"]]
    hidden = [str(one["pid"]) for one in truth["clouded"]]
    blind = _unseen(found["parcels"], truth)
    return [
        equal("schemes judged", sorted(rule_file.SCHEMES), sorted(found["colours"])),
        # Red takes two looks after the ploughing, which a short season need not have.
        _doubted("ploughed meadow: must not be ploughed", _of(ploughed, truth["ploughed"])),
        # A spread of values alone proves nothing, so it makes no red.
        equal("parcel of two crops: must hold one crop", ["yellow"], _of(one_crop, truth["mixed"])),
        equal(
            "meadow mown under clouds: must be mown",
            ["yellow"] * len(hidden),
            _of(mown, truth["clouded"]),
        ),
        equal("meadows not mown that are green", [], _with(mown, unmown, "green")),
        equal("meadows mown that are red", [], _with(mown, _mown_in_time(truth), "red")),
        equal(
            f"meadows that are red without a look: of {len(blind & mown.keys())}",
            [],
            _with(mown, blind, "red"),
        ),
    ]


def _doubted(name: str, colours: Sequence[str]) -> Check:
    """Yellow or red."""
    ok = bool(colours) and set(colours) <= {"yellow", "red"}
    return Check(name, "yellow or red", ", ".join(colours), ok)


def _of(colours: Mapping[str, str], planted: Sequence[Mapping[str, Any]]) -> list[str]:
    return [colours.get(str(one["pid"]), "no verdict") for one in planted]


def _with(colours: Mapping[str, str], pids: Collection[str], colour: str) -> list[str]:
    return sorted(pid for pid in pids if colours.get(pid) == colour)


def _mown_in_time(truth: Truth) -> list[str]:
    """Meadows mown within the window of the scheme, those under clouds included."""
    window = truth["window"][0]
    return [
        str(one["pid"])
        for one in truth["mown"]
        if any(window["from"] <= day <= window["to"] for day in one["days"])
    ]


def _unseen(parcels: Findings, truth: Truth) -> set[str]:
    """Parcels without a clear look while the planted clouds stood."""
    first, last = (
        min(date.fromisoformat(one[edge]) for one in truth["clouded"]) for edge in ("from", "to")
    )
    return {
        pid
        for pid, parcel in parcels.items()
        if not any(first <= look <= last for look in parcel["looks"])
    }


def numbers(found: Findings, truth: Truth) -> dict[str, Any]:
    """For the report: cuts planted and found, and parcels by scheme and colour."""
    absent = _absent(found["parcels"], [meadow["pid"] for meadow in truth["mown"]])
    cuts = None if absent else Cuts.of(found["parcels"], truth)
    return {
        "cuts_shown": cuts.shown if cuts else 0,
        "cuts_found": cuts.found if cuts else 0,
        "cuts_hidden": cuts.hidden if cuts else 0,
        "mixed_found": sum(
            _state(parcel, "homogeneity")[1] == "heterogeneous"
            for parcel in found["parcels"].values()
        ),
        "ploughed_found": sum(
            bool(_events(parcel, "ploughing")) for parcel in found["parcels"].values()
        ),
        "colours": {
            scheme: dict(sorted(Counter(colours.values()).items()))
            for scheme, colours in found["colours"].items()
        },
    }
