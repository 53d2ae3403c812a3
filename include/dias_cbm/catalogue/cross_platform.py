"""Copies of one product on several platforms: select the ledger row that is processed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dias_cbm.scenes import Kind, Status

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Progress of a row. Finished work is not repeated because another platform lists the product.
_PROGRESS = {Status.EXTRACTED: 0, Status.NO_PARCELS: 0, Status.INPROGRESS: 1, Status.READY: 2}
_UNTOUCHED = 3


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of a ledger row that matter here.

    :param name: of the product; the same on every platform.
    """

    id: int
    platform: str
    name: str
    kind: Kind
    status: Status
    published: datetime | None = None


def copies(rows: Iterable[Row], platforms: Sequence[str]) -> list[tuple[Row, Row]]:
    """Pairs (loser, winner) among rows of one product on different platforms.

    The row that has progressed furthest wins, then the one of the platform that comes first; a
    failed row loses to any other. Rows of the same platform are left to
    :func:`dias_cbm.catalogue.duplicates.superseded`.

    :param platforms: in the order in which they are searched; others come last.
    """
    groups: dict[tuple[Kind, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.kind, row.name].append(row)

    def merit(row: Row) -> tuple[bool, int, int, float, int]:
        known = row.platform in platforms
        return (
            row.status is Status.FAILED,
            _PROGRESS.get(row.status, _UNTOUCHED),
            platforms.index(row.platform) if known else len(platforms),
            -(row.published or _LONG_AGO).timestamp(),
            row.id,
        )

    pairs = []
    for group in groups.values():
        best = min(group, key=merit)
        pairs += [(row, best) for row in group if row.platform != best.platform]
    return pairs
