"""The report of a quality sample: decision table, alpha and beta, errors in hectares."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dias_cbm.quality.areas import Areas, areas
from dias_cbm.quality.draw import Covered
from dias_cbm.quality.drawn import Drawn
from dias_cbm.quality.findings import Finding, Found, judged
from dias_cbm.quality.ranked_list import cells
from dias_cbm.quality.rates import COLOURS, Rate, Table, is_judged, rates, table, wrong_by_group

#: Seed of the bootstrap where none is given.
SEED = 20260215
ITEM_COLUMNS = (
    "bucket_id", "gsa_par_id", "gsa_hol_id", "ranking", "covered", "claim_area", "colour",
    "finding", "weight",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What the sample says.

    :param groups: share of wrong verdicts per group.
    :param by_group: all rates of each group.
    :param replaced: items replaced, by reason.
    """

    table: Table
    rates: Sequence[Rate]
    groups: Sequence[Rate]
    by_group: Mapping[str, Sequence[Rate]]
    areas: Areas
    replaced: Mapping[str, int]

    def values(self) -> dict[str, Any]:
        """The report, ready for JSON."""
        return {
            "table": {
                colour or "unknown": {one.value: self.table.of(colour, one) for one in Finding}
                for colour in COLOURS
            },
            "waiting": self.table.waiting,
            "replaced": dict(self.replaced),
            "rates": [dataclasses.asdict(one) for one in self.rates],
            "groups": [dataclasses.asdict(one) for one in self.groups],
            "by_group": {
                group: [dataclasses.asdict(one) for one in found]
                for group, found in self.by_group.items()
            },
            "areas": dataclasses.asdict(self.areas),
        }

    def lines(self) -> list[str]:
        """The report as text."""
        return [*self._table(), *self._rates(), *self._areas()]

    def _table(self) -> Iterator[str]:
        yield f"{'colour':<10}" + "".join(f"{one.value:>15}" for one in Finding)
        for colour in COLOURS:
            counts = [self.table.of(colour, one) for one in Finding]
            if colour or any(counts):
                yield f"{colour or 'unknown':<10}" + "".join(f"{count:>15}" for count in counts)
        yield f"without a finding: {self.table.waiting}"
        for reason, number in self.replaced.items():
            yield f"replaced because {reason}: {number}"

    def _rates(self) -> Iterator[str]:
        yield ""
        yield (
            "judged: found compliant or not, and green, red or yellow; 95 % intervals, two-sided,"
            " Clopper-Pearson"
        )
        for one in self.rates:
            yield f"{one.name}: {_share(one)}: {one.definition}"
        yield ""
        yield "wrong verdicts by group (false green and false red / judged)"
        for one in self.groups:
            yield f"{one.name}: {_share(one)}: {one.method}"

    def _areas(self) -> Iterator[str]:
        found = self.areas
        yield ""
        if not found.errors:
            yield "hectares: no judged item has a claimed area"
            return
        yield (
            f"hectares: {found.items} items of {found.holdings} holdings, weights rows / judged by"
            f" group; {found.rounds} bootstrap rounds, seed {found.seed}"
        )
        known = "" if found.known is None else f"; added up from the list: {found.known:.2f} ha"
        yield f"claimed area, estimated: {found.claimed:.2f} ha{known}"
        if found.without_area:
            yield f"judged items without a claimed area, left out: {found.without_area}"
        if found.unseen:
            yield f"groups without a judged item, not spoken for: {', '.join(found.unseen)}"
        for one in found.errors:
            yield (
                f"{one.name}: {one.hectares:.2f} ha, {one.share:.2%}"
                f" ({one.low:.2%} to {one.high:.2%}): {one.definition};"
                f" {one.method}"
            )


def report(drawn: Drawn, findings: Sequence[Found], seed: int = SEED) -> Report:
    """Judge a sample by its findings.

    :param seed: of the bootstrap.
    """
    items = judged(drawn, findings)
    lots, counted = drawn.lots, table(items)
    replaced: dict[str, int] = {}
    for one in findings:
        if one.replaced_by:
            replaced[one.reason] = replaced.get(one.reason, 0) + 1
    return Report(
        counted,
        rates(counted),
        wrong_by_group(items, lots),
        {group: rates(table([one for one in items if one.row.group == group])) for group in lots},
        areas(items, lots, _claimed(drawn), seed),
        replaced,
    )


def items_csv(drawn: Drawn, findings: Sequence[Found]) -> str:
    """The items of the sample with colour, finding, claimed area and the rows each stands for."""
    items, lots = judged(drawn, findings), drawn.lots
    counts = Counter(one.row.group for one in items if is_judged(one))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(ITEM_COLUMNS)
    for one in items:
        parcel, holding, group, covered, ranking = cells(one.row)
        area = "" if math.isnan(one.row.area) else f"{one.row.area:.4f}"
        weight = f"{lots[group] / counts[group]:.4f}" if is_judged(one) else ""
        finding = one.finding.value if one.finding else ""
        writer.writerow(
            (group, parcel, holding, ranking, covered, area, one.colour, finding, weight)
        )
    return stream.getvalue()


def _claimed(drawn: Drawn) -> float | None:
    """Claimed area of all rows that could be drawn; None if a row has none."""
    only = drawn.options.covered is Covered.ONLY
    total = math.fsum(row.area for row in drawn.ranked.rows if row.covered or not only)
    return None if math.isnan(total) else total


def _share(rate: Rate) -> str:
    if rate.share is None:
        return "nothing judged"
    return f"{rate.wrong} / {rate.judged} = {rate.share:.2%} ({rate.low:.1%} to {rate.high:.1%})"
