"""Targets of a quality sample: how many rows of each group of interventions to draw."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from dias_cbm.errors import SampleError
from dias_cbm.quality.csv_files import rows_of, text_of

#: A lot of this many rows or more has the full target.
LARGE_LOT = 6000
FULL_TARGET = 300

# The table of the Union Level Methodology 2024: largest lot, target. Up to 50 rows all are drawn.
# As in QUASSA v2.10 (ec-jrc/cbm iacs_qa, BSD-3), whose neighbouring steps with one target are one
# here.
_TABLE = (
    (200, 50), (300, 55), (400, 110), (500, 115), (700, 170), (800, 175), (1200, 230),
)  # fmt: skip


class Rule(StrEnum):
    """Targets where no file gives them."""

    #: Five per cent of a lot of fewer than 6,000 rows, rounded up; else 300.
    SHARE = "share"
    #: The older table by lot size.
    TABLE = "table"


def default_target(lot: int, rule: Rule = Rule.SHARE) -> int:
    """Rows to draw from a lot.

    :param lot: rows of the group in the list.
    """
    if rule is Rule.SHARE:
        return FULL_TARGET if lot >= LARGE_LOT else -(-lot // 20)
    if lot <= 50:
        return lot
    return next((target for largest, target in _TABLE if lot <= largest), FULL_TARGET)


def default_targets(groups: Mapping[str, int], rule: Rule = Rule.SHARE) -> dict[str, int]:
    """Targets of all groups, in the order of the list."""
    return {group: default_target(lot, rule) for group, lot in groups.items()}


def read(path: Path, groups: Mapping[str, int]) -> dict[str, int]:
    """Targets from a CSV file with the columns ``ua_grp_id`` and ``target``.

    The file's order is the order of the groups in the sample.

    :param groups: of the list; the file must name exactly these.
    :raises SampleError: the file cannot be used; the subject names the row.
    """
    _, rows = rows_of(text_of(path), path, ("ua_grp_id", "target"))
    targets: dict[str, int] = {}
    for number, cell in enumerate(rows, 1):
        group, target = cell["ua_grp_id"], cell["target"]
        where = f"{path} row {number}"
        if group in targets:
            raise SampleError(f"group {group} has two targets", subject=where)
        if group not in groups:
            raise SampleError(f"the list has no group {group!r}", subject=where)
        if not target.isdecimal():
            raise SampleError(f"target is {target!r}, not a whole number", subject=where)
        targets[group] = int(target)
    for group in groups:
        if group not in targets:
            raise SampleError(f"group {group} of the list has no target", subject=path)
    return targets
