"""The work list of a season: filtered, sorted, in pages and groups, with what is left to find."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict
from dias_cbm.seasons import Season
from dias_cbm.window.data import work_items, work_marks
from dias_cbm.window.data.remembered import Remembered
from dias_cbm.window.data.work_items import By, Items, Kind, Sort, Versions
from dias_cbm.window.data.work_marks import Marks

COLUMNS = (
    "kind", "scheme", "pid", "crop", "predicted", "holding", "tile", "area_ha", "rank", "wrong",
    "calibrated", "probability", "plausible", "observations", "longest_gap_days", "sentence",
    "remark", "decided", "finding", "true_crop", "decided_by", "decided_at", "decision",
    "assignee", "longitude", "latitude",
)  # fmt: skip
GROUP_COLUMNS = ("name", "items", "left", "area_ha", "expected_wrong_left")
Key = tuple[str, str, str]
#: Lists that are kept; those of runs that are not the newest any more are of no use.
_KEPT, _KEPT_S = 4, 3600.0


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items a list shows; None: all.

    :param kinds: why they are on the list.
    :param scheme: of the rules, or group of the quality sample.
    :param assigned: name of who works on it; empty: nobody.
    """

    kinds: frozenset[Kind] = frozenset()
    scheme: str | None = None
    crop: str | None = None
    holding: str | None = None
    tile: str | None = None
    decided: bool | None = None
    assigned: str | None = None


@dataclass(frozen=True, slots=True)
class WorkList:
    """A list at a moment."""

    items: Items
    marks: Marks

    def chosen(self, shown: Filter) -> NDArray[np.bool_]:
        """Which items a filter shows."""
        names, mask = self.items.names, np.ones(len(self.items), bool)
        if shown.kinds:
            mask &= np.logical_or.reduce([names["kind"].are(kind) for kind in shown.kinds])
        for name in ("scheme", "crop", "holding", "tile"):
            if (text := getattr(shown, name)) is not None:
                mask &= names[name].are(text)
        if shown.decided is not None:
            mask &= self.marks.decided == shown.decided
        if shown.assigned is not None:
            mask &= self.marks.assignees.are(shown.assigned)
        return mask

    def ordered(self, shown: Filter, sort: Sort, backwards: bool) -> _Ordered:
        """The items that a filter shows, in an order."""
        order = self.items.order(sort)
        order = order[::-1] if backwards else order
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return _Ordered(order[self.chosen(shown)[order]], places)

    def number(self, key: Key) -> int:
        """The number of an item.

        :raises StateConflict: the list does not have it any more.
        """
        found = self.items.numbers.get(key)
        if found is None:
            raise StateConflict(
                "is not on the list any more", subject=" ".join(key), hint="begin at its first page"
            )
        return found

    def summary(self, shown: Filter) -> dict[str, Any]:
        """Items, those left, and how many of the declarations left are expected to be wrong."""
        mask = self.chosen(shown)
        left = mask & ~self.marks.decided
        expected = round(float(np.nansum(self.items.wrong[left])), 1)
        return {
            "items": int(mask.sum()),
            "left": int(left.sum()),
            "expected_wrong_left": expected,
            "calibrated": self.items.calibrated,
            "sentence": _sentence(int(mask.sum()), int(left.sum()), expected, self.items),
            **asdict(self.items.versions),
        }


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Items in an order.

    :param numbers: of the items shown.
    :param places: int64[n], place in the order of every item, shown or not.
    """

    numbers: NDArray[np.int64]
    places: NDArray[np.int64]

    def behind(self, item: int) -> int:
        """How many of the items shown come up to an item, itself included."""
        return int(np.searchsorted(self.places[self.numbers], self.places[item], "right"))

    def before(self, item: int) -> int:
        """How many of the items shown come before an item."""
        return int(np.searchsorted(self.places[self.numbers], self.places[item], "left"))


class WorkLists:
    """The lists of all seasons that were looked at lately; safe in threads."""

    def __init__(self) -> None:
        self._items: Remembered[Items] = Remembered(_KEPT_S, _KEPT)
        self._marks: Remembered[Marks] = Remembered(_KEPT_S, _KEPT)
        self._newest: OrderedDict[int, Marks] = OrderedDict()
        self._lock = Lock()

    def get(self, connection: Connection, season: Season) -> WorkList:
        """The list of a season as it is now."""
        values = {"season": season.id}
        row = connection.execute(query("window/work_versions"), values).fetchone()
        if row is None:
            raise RuntimeError("a season without a row")
        now = row._asdict()
        decision, assignment = now.pop("decision") or 0, now.pop("assignment") or 0
        rows = now.pop("decisions")
        versions = Versions(**now)
        items = self._items.get(
            (season.id, versions), lambda: work_items.read(connection, season, versions)
        )

        def read() -> Marks:
            with self._lock:
                known = self._newest.get(season.id)
            made = work_marks.read(connection, season, items, decision, rows, assignment, known)
            with self._lock:
                self._newest[season.id] = made
                self._newest.move_to_end(season.id)
                while len(self._newest) > _KEPT:
                    self._newest.popitem(last=False)
            return made

        key = (season.id, versions, decision, rows, assignment)
        return WorkList(items, self._marks.get(key, read))


def page(
    connection: Connection,
    season: Season,
    found: WorkList,
    shown: Filter,
    *,
    sort: Sort = Sort.LIST,
    backwards: bool = False,
    after: Key | None = None,
    limit: int | None = 100,
) -> list[dict[str, Any]]:
    """Rows of a list.

    :param after: the last item of the page before.
    :param limit: None for all.
    """
    ordered = found.ordered(shown, sort, backwards)
    first = 0 if after is None else ordered.behind(found.number(after))
    last = None if limit is None else first + limit
    return rows(connection, season, found, ordered.numbers[first:last].tolist())


def around(
    connection: Connection,
    season: Season,
    found: WorkList,
    shown: Filter,
    item: Key,
    *,
    sort: Sort = Sort.LIST,
    backwards: bool = False,
    limit: int = 100,
) -> dict[str, Any]:
    """The items before and after one, which the filter itself need not show.

    :param limit: items of a page of the list.
    :returns: ``position`` from 1, or None if the filter does not show it; ``of``, how many it does;
        ``page_after``, key of the item before the page that it is on, None on the first one; and
        ``sample``, the number of the quality sample.
    """
    ordered, number = found.ordered(shown, sort, backwards), found.number(item)
    before, behind = ordered.before(number), ordered.behind(number)
    first = min(before, max(len(ordered.numbers) - 1, 0)) // limit * limit
    beside = {
        "previous": ordered.numbers[before - 1 : before] if before else ordered.numbers[:0],
        "next": ordered.numbers[behind : behind + 1],
        "item": np.array([number]),
    }
    neighbours = {
        name: next(iter(rows(connection, season, found, numbers.tolist())), None)
        for name, numbers in beside.items()
    }
    position = behind if behind > before else None
    return {
        **neighbours,
        "position": position,
        "of": len(ordered.numbers),
        "page_after": found.items.key(int(ordered.numbers[first - 1])) if first else None,
        "sample": found.items.versions.sample,
    }


def groups(
    found: WorkList,
    shown: Filter,
    by: By,
    *,
    after: tuple[int, str] | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Items by holding, crop ..., those with most left first.

    :param after: ``left`` and ``name`` of the last group of the page before.
    """
    names = found.marks.assignees if by is By.ASSIGNEE else found.items.names[by]
    mask, size = found.chosen(shown), len(names.texts)
    left = mask & ~found.marks.decided
    items = np.bincount(names.numbers[mask], minlength=size)
    open_items = np.bincount(names.numbers[left], minlength=size)
    area = np.bincount(
        names.numbers[mask], np.nan_to_num(found.items.area_ha[mask]), minlength=size
    )
    wrong = np.bincount(names.numbers[left], np.nan_to_num(found.items.wrong[left]), minlength=size)
    # Texts are sorted: the number of a text is its place in the alphabet.
    order = np.lexsort((np.arange(size), -open_items))
    order = order[items[order] > 0]
    if after is not None:
        first = [(-after[0], after[1]) < (-int(open_items[n]), names.texts[n]) for n in order]
        order = order[np.array(first, bool)] if first else order
    return [
        {
            "name": names.texts[n] or None,
            "items": int(items[n]),
            "left": int(open_items[n]),
            "area_ha": round(float(area[n]), 2),
            "expected_wrong_left": round(float(wrong[n]), 2),
        }
        for n in order[:limit].tolist()
    ]


def rows(
    connection: Connection, season: Season, found: WorkList, numbers: Sequence[int]
) -> list[dict[str, Any]]:
    """Items with their sentences, decisions and places, in this order."""
    items, marks = found.items, found.marks
    keys = [items.key(number) for number in numbers]
    values = {
        "season": season.id,
        "kinds": [kind for kind, _, _ in keys],
        "schemes": [scheme for _, scheme, _ in keys],
        "pids": [pid for _, _, pid in keys],
        "outlier_run": items.versions.outlier_run,
        "scheme_run": items.versions.scheme_run,
    }
    details = connection.execute(query("window/work_details"), values).fetchall() if keys else []
    return [
        _row(items, marks, number, detail._asdict())
        for number, detail in zip(numbers, details, strict=True)
    ]


def _row(items: Items, marks: Marks, number: int, detail: dict[str, Any]) -> dict[str, Any]:
    del detail["number"]
    kind, scheme, pid = items.key(number)
    decision = marks.decisions.get(pid)
    wrong = float(items.wrong[number])
    area = float(items.area_ha[number])
    quality = kind == Kind.QUALITY
    return {
        "kind": kind,
        "scheme": scheme or None,
        "pid": pid,
        **{name: items.names[name][number] or None for name in ("crop", "holding", "tile")},
        "predicted": items.predicted[number],
        "area_ha": None if np.isnan(area) else area,
        "rank": items.ranks[number],
        "wrong": None if np.isnan(wrong) else wrong,
        "calibrated": items.calibrated if kind == Kind.OUTLIER else None,
        **detail,
        "decided": bool(marks.decided[number]),
        "finding": items.findings[number] if quality else decision and decision.finding,
        "true_crop": decision and decision.true_crop,
        "decided_by": decision and decision.decided_by,
        "decided_at": decision and decision.made_at,
        "decision": decision and decision.id,
        "assignee": marks.assignees[number] or None,
    }


def _sentence(items: int, left: int, expected: float, found: Items) -> str:
    if not items:
        return "There is nothing on the list."
    text = f"{left:,} of {items:,} are left"
    if np.isnan(found.wrong).all():
        return f"{text}."
    bound = "" if found.calibrated else "at least "
    return f"{text}; {bound}{expected:,.0f} of the declarations left are expected to be wrong."
