"""The draw of a quality sample, with the results of JRC's QUASSA v2.10.

Written from a description of the procedure (ec-jrc/cbm c4bc350b ``iacs_qa``, BSD-3): the rows of a
list are offered to one bucket per group of interventions, in the order of their random rank.

- The first row of a holding that is met offers all rows of the holding, parcel by parcel, and each
  bucket takes at most three of them. A later row offers the rows of its own parcel only, and no
  such bound holds.
- When a bucket is full its rows leave the list, and the walk begins again at the top.
- With a limit of holdings, the walk goes on with the rows of the chosen holdings alone as soon as
  the limit is reached. For each bucket that is then still empty, the first holding outside that
  has such a row gives all it has, up to the target.
- When covered parcels come first, the uncovered ones are walked only if a bucket is not full:
  those of chosen holdings, then, without a limit of holdings, all others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from dias_cbm.errors import SampleError
from dias_cbm.quality.ranked_list import RankedList, Row

#: Rows that one holding gives to one bucket when it is met.
MOST_PER_HOLDING = 3
#: Share of the holdings that the limit leaves.
SHARE_OF_HOLDINGS = 0.03


class Covered(IntEnum):
    """Use of the column ``covered``; the numbers are those of QUASSA."""

    IGNORED = 0
    FIRST = 1
    ONLY = 2


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of a draw.

    :param limit_holdings: draw from at most 3 % of the holdings.
    :param covered: whether covered parcels come first, or alone.
    :param keep_first: the highest-ranked row of each holding stays in the list when its bucket is
        full, so that the holding is still met there (QUASSA: retain non-contributing parcels).
    """

    limit_holdings: bool = False
    covered: Covered = Covered.IGNORED
    keep_first: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the sample.

    :param order: its place in the order in which rows were added, from 1.
    """

    row: Row
    order: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn.

    :param targets: rows wanted per group, in the order of the buckets.
    :param buckets: rows drawn per group, in the order in which they were added.
    :param limit: the most holdings that the walk may choose; None without a limit.
    """

    targets: Mapping[str, int]
    buckets: Mapping[str, Sequence[Item]]
    limit: int | None

    @property
    def items(self) -> list[Item]:
        """All rows, bucket by bucket."""
        return [item for bucket in self.buckets.values() for item in bucket]


def draw(ranked: RankedList, targets: Mapping[str, int], options: Options) -> Sample:
    """Draw a sample.

    :param targets: for exactly the groups of the list; their order is that of the buckets.
    :raises SampleError: the targets are not those of the list's groups.
    """
    if set(targets) != set(ranked.groups):
        odd = sorted(set(targets) ^ set(ranked.groups))
        raise SampleError(f"targets and list do not name the same groups: {', '.join(odd)}")
    limit = int(ranked.holdings * SHARE_OF_HOLDINGS) if options.limit_holdings else None
    walk = _Draw(_by_rank(ranked, options.covered), targets, limit, options)
    walk.run()
    return Sample(dict(targets), walk.buckets, limit)


def _by_rank(ranked: RankedList, covered: Covered) -> list[Row]:
    rows = [row for row in ranked.rows if row.covered or covered is not Covered.ONLY]
    return sorted(rows, key=lambda row: row.ranking)


class _Draw:
    """State of a draw. Rows are named by their place in the list by rank."""

    def __init__(
        self, rows: list[Row], targets: Mapping[str, int], limit: int | None, options: Options
    ) -> None:
        self._rows = rows
        self._targets = targets
        self._limit = limit
        self._options = options
        self.buckets: dict[str, list[Item]] = {group: [] for group in targets}
        self._full = {group for group, target in targets.items() if target == 0}
        self._removed: list[str] = []  # full buckets whose rows have left the list
        self._added: set[int] = set()
        self._chosen: set[str] = set()  # holdings
        self._taken: Counter[tuple[str, str]] = Counter()  # rows per holding and bucket
        self._outside: list[int] | None = None  # what the limit cut off; None until it is reached
        self._of_holding: dict[str, list[int]] = defaultdict(list)
        self._of_parcel: dict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            self._of_holding[row.holding].append(number)
            self._of_parcel[row.parcel].append(number)
        self._kept = (
            {numbers[0] for numbers in self._of_holding.values()} if options.keep_first else set()
        )

    def run(self) -> None:
        """Fill the buckets."""
        first = self._options.covered is Covered.FIRST
        everything = range(len(self._rows))
        self._walk([n for n in everything if self._rows[n].covered or not first], set())
        others: list[int] = []
        if first and self._some_open():
            uncovered = [n for n in everything if not self._rows[n].covered]
            others = self._walk_uncovered(uncovered)
        if self._outside is not None:
            for rows in (self._outside, others):
                if self._some_empty():
                    self._fill_empty(rows)

    def _walk_uncovered(self, rows: list[int]) -> list[int]:
        """Walk the uncovered rows; returns those of holdings that were not chosen before."""
        for group in self._removed:
            rows = self._without(rows, group)
        known, others = self._split(rows)
        met: set[str] = set()
        self._walk(known, met)
        if self._some_open() and self._limit is None:
            self._walk(others, met)
        return others

    def _walk(self, rows: list[int], met: set[str]) -> None:
        """Offer rows by rank, again from the top whenever the list got shorter.

        :param met: holdings met before; grows.
        """
        while self._some_open():
            if not self._offer_until_news(rows, met):
                return
            news = [group for group in self.buckets if group in self._full - set(self._removed)]
            if news:
                self._removed.append(news[0])
                rows = self._without(rows, news[0])
            if self._limit_reached():
                rows, self._outside = self._split(rows)

    def _offer_until_news(self, rows: list[int], met: set[str]) -> bool:
        """Offer rows until a bucket is full or the limit is reached; False at the list's end."""
        listed = set(rows)
        for number in rows:
            if not self._some_open():
                return False
            row = self._rows[number]
            if row.holding in met:
                self._offer([n for n in self._of_parcel[row.parcel] if n in listed], None)
            else:
                met.add(row.holding)
                self._offer_holding(row.holding, listed)
            if len(self._full) != len(self._removed) or self._limit_reached():
                return True
        return False

    def _offer_holding(self, holding: str, listed: set[int]) -> None:
        """Offer the rows of a holding, parcel by parcel; a bucket takes at most three."""
        counts: Counter[str] = Counter()
        if self._options.covered is Covered.FIRST:
            counts.update({group: self._taken[holding, group] for group in self.buckets})
        rows = [number for number in self._of_holding[holding] if number in listed]
        parcels: dict[str, list[int]] = defaultdict(list)
        for number in rows:
            parcels[self._rows[number].parcel].append(number)
        for numbers in parcels.values():
            self._offer(numbers, counts)

    def _offer(self, numbers: Sequence[int], counts: Counter[str] | None) -> None:
        for number in numbers:
            row = self._rows[number]
            if row.group in self._full or number in self._added:
                continue
            if counts is not None:
                if counts[row.group] >= MOST_PER_HOLDING:
                    continue
                counts[row.group] += 1
            self._add(number)
            self._chosen.add(row.holding)

    def _fill_empty(self, rows: list[int]) -> None:
        """For each empty bucket, all rows of the first holding that has one, up to the target."""
        for group, bucket in self.buckets.items():
            fitting = [n for n in rows if self._rows[n].group == group and n not in self._added]
            if bucket or not fitting:
                continue
            holding = self._rows[fitting[0]].holding
            for number in fitting:
                if self._rows[number].holding == holding and group not in self._full:
                    self._add(number)

    def _add(self, number: int) -> None:
        row = self._rows[number]
        bucket = self.buckets[row.group]
        self._added.add(number)
        bucket.append(Item(row, len(self._added)))
        self._taken[row.holding, row.group] += 1
        if len(bucket) >= self._targets[row.group]:
            self._full.add(row.group)

    def _limit_reached(self) -> bool:
        """Whether the limit has just been reached; never again once the list was cut."""
        if self._limit is None or self._outside is not None:
            return False
        return len(self._chosen) >= self._limit

    def _some_open(self) -> bool:
        return len(self._full) < len(self.buckets)

    def _some_empty(self) -> bool:
        return any(not bucket and self._targets[group] for group, bucket in self.buckets.items())

    def _without(self, rows: list[int], group: str) -> list[int]:
        return [n for n in rows if self._rows[n].group != group or n in self._kept]

    def _split(self, rows: list[int]) -> tuple[list[int], list[int]]:
        """Rows of the holdings chosen so far, and all others."""
        chosen = [self._rows[n].holding in self._chosen for n in rows]
        inside = [n for n, one in zip(rows, chosen, strict=True) if one]
        return inside, [n for n, one in zip(rows, chosen, strict=True) if not one]
