"""The items of a season's work list: outliers, reds and yellows, and a quality sample, in memory.

560,000 parcels with 56,000 outliers take some 20 MB. Rows of runs never change, so that any filter
and any order is a matter of milliseconds once they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season

#: Texts that every item has.
NAMED = ("kind", "scheme", "crop", "holding", "tile")


class Kind(StrEnum):
    """Why something is on the list, in the order in which it shows them."""

    OUTLIER = "outlier"
    RED = "red"
    YELLOW = "yellow"
    QUALITY = "quality"


class Sort(StrEnum):
    """What a list is sorted by; ``LIST``: by kind, and each kind by its rank."""

    LIST = "list"
    WRONG = "wrong"
    AREA = "area"
    PID = "pid"
    CROP = "crop"
    HOLDING = "holding"
    TILE = "tile"


class By(StrEnum):
    """What a list is grouped by."""

    KIND = "kind"
    SCHEME = "scheme"
    CROP = "crop"
    HOLDING = "holding"
    TILE = "tile"
    ASSIGNEE = "assignee"


@dataclass(frozen=True, slots=True)
class Versions:
    """What the list of a season depends on; each is None if there is none yet."""

    parcels: str | None
    outlier_run: int | None
    scheme_run: int | None
    sample: int | None
    finding: int | None


@dataclass(frozen=True, slots=True)
class Names:
    """One text for each item, as numbers of a sorted list of texts.

    :param texts: sorted, each once; ``""`` stands for none.
    :param numbers: int32[n].
    """

    texts: Sequence[str]
    numbers: NDArray[np.int32]

    @classmethod
    def of(cls, values: Iterable[str | None]) -> Names:
        """The texts of items."""
        given = [value or "" for value in values]
        texts = sorted(set(given))
        number = {text: place for place, text in enumerate(texts)}
        return cls(texts, np.array([number[text] for text in given], np.int32))

    def are(self, text: str) -> NDArray[np.bool_]:
        """Which items have a text."""
        known = text in self.texts
        return self.numbers == (self.texts.index(text) if known else -1)

    def __getitem__(self, item: int) -> str:
        return self.texts[self.numbers[item]]


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a list; n of them.

    :param names: by name of :data:`NAMED`.
    :param wrong: float64[n], P(wrong) or its lower bound; NaN for what is not an outlier.
    :param calibrated: whether P(wrong) is calibrated by inspections.
    :param findings: of items of the quality sample.
    :param numbers: of items by kind, scheme and parcel.
    :param of_parcel: the items of each parcel.
    :param found: bool[n], of the quality sample and with a finding.
    """

    versions: Versions
    pids: Sequence[str]
    names: dict[str, Names]
    area_ha: NDArray[np.float64]
    wrong: NDArray[np.float64]
    ranks: Sequence[int | None]
    predicted: Sequence[str | None]
    findings: Sequence[str | None]
    calibrated: bool
    numbers: dict[tuple[str, str, str], int]
    of_parcel: dict[str, list[int]]
    found: NDArray[np.bool_]
    _orders: dict[Sort, NDArray[np.int64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pids)

    def key(self, item: int) -> tuple[str, str, str]:
        """Kind, scheme and parcel of an item."""
        return self.names["kind"][item], self.names["scheme"][item], self.pids[item]

    def order(self, sort: Sort) -> NDArray[np.int64]:
        """The items in an order; equal ones in that of the list."""
        if sort not in self._orders:
            self._orders[sort] = _ORDERS[sort](self)
        return self._orders[sort]


def read(connection: Connection, season: Season, versions: Versions) -> Items:
    """Read the items of a season; some seconds for a national one."""
    values = {
        "season": season.id,
        "holding": settings().outliers.holding_attribute,
    }
    rows: list[Any] = []
    for name, key, of in (
        ("window/work_outliers", "run", versions.outlier_run),
        ("window/work_verdicts", "run", versions.scheme_run),
        ("window/work_quality", "sample", versions.sample),
    ):
        if of is not None:
            rows += connection.execute(query(name), values | {key: of})
    names = {name: Names.of(getattr(row, name) for row in rows) for name in NAMED}
    pids = [row.pid for row in rows]
    of_parcel: dict[str, list[int]] = {}
    for number, pid in enumerate(pids):
        of_parcel.setdefault(pid, []).append(number)
    keys = [(row.kind, row.scheme, row.pid) for row in rows]
    return Items(
        versions=versions,
        pids=pids,
        names=names,
        area_ha=_numbers(row.area_ha for row in rows),
        wrong=_numbers(row.wrong for row in rows),
        ranks=[row.rank for row in rows],
        predicted=[row.predicted for row in rows],
        findings=[row.finding for row in rows],
        calibrated=any(row.calibrated for row in rows),
        numbers={key: number for number, key in enumerate(keys)},
        of_parcel=of_parcel,
        found=np.array([row.finding is not None for row in rows], bool),
    )


def _numbers(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _falling(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The largest first, those without a value last."""
    return np.argsort(np.where(np.isnan(values), np.inf, -values), kind="stable")


def _by(name: str) -> Callable[[Items], NDArray[np.int64]]:
    return lambda items: np.argsort(items.names[name].numbers, kind="stable")


_ORDERS: dict[Sort, Callable[[Items], NDArray[np.int64]]] = {
    Sort.LIST: lambda items: np.arange(len(items)),
    Sort.WRONG: lambda items: _falling(items.wrong),
    Sort.AREA: lambda items: _falling(items.area_ha),
    Sort.PID: lambda items: np.array(
        sorted(range(len(items)), key=items.pids.__getitem__), np.int64
    ),
    Sort.CROP: _by("crop"),
    Sort.HOLDING: _by("holding"),
    Sort.TILE: _by("tile"),
}
