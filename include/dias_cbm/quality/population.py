"""Lists of claims made from what is known already: parcels and verdicts, or JRC's input tables."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SampleError
from dias_cbm.quality import tables
from dias_cbm.quality.ranked_list import EXTRA, RankedList, Row, area_of, rank
from dias_cbm.quality.verdicts import Verdict
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of parcel attributes that hold what a list needs.

    :param holding: the holding's number.
    :param groups: groups of interventions claimed, with commas or semicolons between; None: the
        schemes of the verdicts.
    :param covered: 1 where imagery covers the parcel; None: nowhere.
    :param area: claimed area in hectares; None: the parcel's own area.
    """

    holding: str
    groups: str | None = None
    covered: str | None = None
    area: str | None = None


def of_season(
    connection: Connection,
    season: Season,
    columns: Columns,
    verdicts: Iterable[Verdict],
    seed: int,
) -> RankedList:
    """The list of a season's claims, ranked by a seed.

    :raises SampleError: a parcel lacks what the list needs; the subject names it.
    """
    by_parcel: dict[str, dict[str, str]] = {}
    for one in verdicts:
        by_parcel.setdefault(one.pid, {})[one.scheme] = one.colour
    names = {
        "holding": columns.holding, "groups": columns.groups, "covered": columns.covered,
        "area": columns.area,
    }  # fmt: skip
    found = connection.execute(query("quality/population"), names | {"season": season.id})
    rows: list[Row] = []
    known: set[str] = set()
    for parcel in found:
        known.add(parcel.pid)
        colours = by_parcel.get(parcel.pid, {})
        groups = list(colours) if columns.groups is None else _split(parcel.groups)
        if groups:
            where = f"season {season.name}, parcel {parcel.pid}"
            rows += _rows(parcel, columns, groups, colours, where)
    stranger = next((pid for pid in by_parcel if pid not in known), None)
    if stranger is not None:
        message = f"a verdict is about parcel {stranger}, which the season does not have"
        raise SampleError(message, subject=season.name)
    if not rows:
        hint = "name the attribute with the groups, run the rules, or give a file of verdicts"
        raise SampleError("no parcel has a group of interventions", subject=season.name, hint=hint)
    return rank(RankedList(rows, EXTRA), seed)


def _rows(
    parcel: tuple[str | None, ...],
    columns: Columns,
    groups: Sequence[str],
    colours: Mapping[str, str],
    where: str,
) -> list[Row]:
    pid, holding, covered, _, claimed, own = parcel
    if not holding:
        raise SampleError(f"it has no attribute {columns.holding!r}", subject=where)
    if columns.area is not None and not claimed:
        raise SampleError(f"it has no attribute {columns.area!r}", subject=where)
    flag = "0" if columns.covered is None else (covered or "").lower()
    if flag not in ("0", "1", "false", "true"):
        raise SampleError(f"its {columns.covered} is {covered!r}, not 0 or 1", subject=where)
    area = area_of(str(claimed if columns.area is not None else own), where)
    return [
        Row(str(pid), holding, group, flag in ("1", "true"), 0, area, colours.get(group, ""))
        for group in groups
    ]


def _split(text: str | None) -> list[str]:
    """Group names in an attribute: a JSON list, or a text with commas or semicolons between."""
    if not text:
        return []
    names: list[str]
    if text.startswith("["):
        names = [str(one) for one in json.loads(text)]
    else:
        names = re.split(r"[,;]", text)
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def of_tables(folder: Path, seed: int) -> RankedList:
    """The list of claims in the tables gsa, interventions and ua_claimed of a folder.

    A row's area is the sum of what was claimed for the units of its group on the parcel. A column
    ``covered`` of gsa is used if it is there.

    :raises SampleError: a table is missing, or has a problem; the subject names the row.
    """
    read = tables.read(folder)
    for name in ("gsa", "interventions", "ua_claimed"):
        if name not in read:
            raise SampleError(f"there is no {name}.csv", subject=folder)
    found = tables.problems(read)
    if found:
        hint = "`cbm quality check` lists all problems"
        raise SampleError(f"{found[0]}: {len(found)} problems", subject=folder, hint=hint)
    parcels = {row["gsa_par_id"]: row for row in read["gsa"][1]}
    group_of = {row["ua"]: row["ua_grp"] for row in read["interventions"][1]}
    areas: dict[tuple[str, str], list[float]] = {}
    for row in read["ua_claimed"][1]:
        key = row["gsa_par_id"], group_of[row["ua"]]
        areas.setdefault(key, []).append(float(row["claim_area"]))
    rows = [
        Row(
            pid,
            parcels[pid]["gsa_hol_id"],
            group,
            parcels[pid].get("covered", "") in ("1", "true"),
            0,
            round(math.fsum(claimed), 4),
        )
        for (pid, group), claimed in areas.items()
    ]
    return rank(RankedList(rows, ("claim_area",)), seed)
