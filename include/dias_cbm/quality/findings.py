"""Findings of inspectors on the items of a sample, and the replacement of items.

Findings are only ever added. The latest finding on an item counts; an item on which nobody can tell
is replaced by the next row of its group in the ranking, with the reason kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from dias_cbm.csv_cells import cell
from dias_cbm.errors import SampleError
from dias_cbm.quality.csv_files import rows_of
from dias_cbm.quality.draw import Covered
from dias_cbm.quality.drawn import Drawn
from dias_cbm.quality.ranked_list import COLOURS, Row

COLUMNS = (
    "bucket_id", "gsa_par_id", "finding", "reason", "colour", "inspector", "found_at",
    "replaced_by",
)  # fmt: skip
_NEEDED = ("bucket_id", "gsa_par_id", "finding")
Key = tuple[str, str]


class Finding(StrEnum):
    """What an inspector found on the spot or in imagery."""

    COMPLIANT = "compliant"
    NOT_COMPLIANT = "not_compliant"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding.

    :param colour: of the monitoring at that time; empty: as in the list.
    :param replaced_by: parcel that takes the item's place; empty if none does.
    """

    group: str
    parcel: str
    finding: Finding
    reason: str
    colour: str
    inspector: str
    found_at: date
    replaced_by: str = ""

    @property
    def key(self) -> Key:
        """Group and parcel, which name the item."""
        return self.group, self.parcel


@dataclass(frozen=True, slots=True)
class Judged:
    """An item of the sample, and what is known of it.

    :param finding: None if nobody has looked yet.
    :param colour: green, red, yellow, open, or empty if not known.
    """

    row: Row
    finding: Finding | None
    colour: str


def parse(text: str, name: str, inspector: str, today: date) -> list[Found]:
    """New findings from the text of a CSV file.

    :param inspector: who found it, where the file has no column ``inspector``.
    :param today: day of the finding, where the file has no column ``found_at``.
    :raises SampleError: the text cannot be used; the subject names the row.
    """
    _, rows = rows_of(text, name, _NEEDED)
    found: dict[Key, Found] = {}
    for number, given in enumerate(rows, 1):
        where = f"{name} row {number}"
        one = _found(given, inspector, today, where)
        if one.found_at > today:
            raise SampleError(f"found_at is {one.found_at}, which is to come", subject=where)
        if one.key in found:
            raise SampleError(f"parcel {one.parcel} has two findings here", subject=where)
        found[one.key] = replace(one, replaced_by="")
    if not found:
        raise SampleError("there is no finding in it", subject=name)
    return list(found.values())


def parse_kept(text: str, name: str) -> list[Found]:
    """Findings from the text of a file that :func:`findings_csv` made.

    :raises SampleError: the text cannot be used; the subject names the row.
    """
    _, rows = rows_of(text, name, COLUMNS)
    return [
        _found(given, "", date.min, f"{name} row {number}") for number, given in enumerate(rows, 1)
    ]


def findings_csv(findings: Iterable[Found]) -> str:
    """Findings as CSV, oldest first."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in findings:
        values = (
            one.group, one.parcel, one.finding.value, one.reason, one.colour, one.inspector,
            one.found_at.isoformat(), one.replaced_by,
        )  # fmt: skip
        # Names of groups and parcels are kept to the letter: they are keys.
        writer.writerow((*values[:2], *map(cell, values[2:7]), values[7]))
    return stream.getvalue()


def accept(drawn: Drawn, known: Sequence[Found], new: Sequence[Found]) -> list[Found]:
    """Check new findings against the sample, and choose the replacements.

    :returns: the new findings, with ``replaced_by`` where nobody could tell and a row is left.
    :raises SampleError: a finding on something that is not, or no longer, in the sample.
    """
    items = {row_key(row) for row in current(drawn, known)}
    replaced = {one.key: one.replaced_by for one in known if one.replaced_by}
    used = {row_key(one.row) for one in drawn.sample.items}
    used |= {(one.group, one.replaced_by) for one in known if one.replaced_by}
    done = []
    for one in new:
        if one.key in replaced:
            message = f"parcel {one.parcel} was replaced by {replaced[one.key]}"
            raise SampleError(message, subject=f"group {one.group}")
        if one.key not in items:
            message = f"parcel {one.parcel} is not in the sample"
            raise SampleError(message, subject=f"group {one.group}")
        if one.finding is Finding.CANNOT_TELL:
            following = _next(drawn, one, used)
            if following is not None:
                used.add(row_key(following))
                one = replace(one, replaced_by=following.parcel)
        done.append(one)
    return done


def current(drawn: Drawn, findings: Sequence[Found]) -> list[Row]:
    """Rows of the sample after all replacements, bucket by bucket."""
    rows = {row_key(row): row for row in drawn.ranked.rows}
    following = {one.key: (one.group, one.replaced_by) for one in findings if one.replaced_by}
    kept = []
    for item in drawn.sample.items:
        key = row_key(item.row)
        while key in following:
            key = following[key]
        kept.append(rows[key])
    return kept


def judged(drawn: Drawn, findings: Sequence[Found]) -> list[Judged]:
    """The items of the sample after all replacements, each with its latest finding."""
    latest = {one.key: one for one in findings}
    return [_judged(row, latest.get(row_key(row))) for row in current(drawn, findings)]


def row_key(row: Row) -> Key:
    """Group and parcel of a row."""
    return row.group, row.parcel


def _judged(row: Row, found: Found | None) -> Judged:
    if found is None:
        return Judged(row, None, row.colour)
    return Judged(row, found.finding, found.colour or row.colour)


def _next(drawn: Drawn, one: Found, used: set[Key]) -> Row | None:
    """The highest-ranked row of the group that was not used yet."""
    only = drawn.options.covered is Covered.ONLY
    left = [
        row
        for row in drawn.ranked.rows
        if row.group == one.group and (row.covered or not only) and row_key(row) not in used
    ]
    return min(left, key=lambda row: row.ranking, default=None)


def _found(given: Mapping[str, str], inspector: str, today: date, where: str) -> Found:
    text = {name: given.get(name, "") for name in COLUMNS}
    empty = [name for name in _NEEDED if not text[name]]
    if empty:
        raise SampleError(f"{empty[0]} is empty", subject=where)
    try:
        finding = Finding(text["finding"])
    except ValueError:
        known = ", ".join(Finding)
        message = f"finding is {text['finding']!r}, not one of {known}"
        raise SampleError(message, subject=where) from None
    if finding is Finding.CANNOT_TELL and not text["reason"]:
        raise SampleError("cannot_tell needs a reason", subject=where)
    if text["colour"] and text["colour"] not in COLOURS:
        message = f"colour is {text['colour']!r}, not one of {', '.join(COLOURS)}"
        raise SampleError(message, subject=where)
    who = text["inspector"] or inspector
    return Found(
        text["bucket_id"], text["gsa_par_id"], finding, text["reason"], text["colour"], who,
        day_of(text["found_at"], where) if text["found_at"] else today, text["replaced_by"],
    )  # fmt: skip


def day_of(text: str, where: str) -> date:
    """A day such as 2026-05-31.

    :raises SampleError: it is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SampleError(f"{text!r} is not a day like 2026-05-31", subject=where) from None
