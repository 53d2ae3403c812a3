"""One run of a rule file over a season: every parcel gets a verdict of every scheme."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from dias_cbm import __version__
from dias_cbm.db.connection import Connection, compute_within
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query
from dias_cbm.db.read_ahead import read_ahead
from dias_cbm.errors import NotEnoughData, RuleError
from dias_cbm.markers import registry, store
from dias_cbm.markers.answers import cards_of
from dias_cbm.markers.store import StoredBlock
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.holdings import HeldParcel, HoldingRule, judge_holding
from dias_cbm.rules.language import RuleFile
from dias_cbm.rules.memory import Memory
from dias_cbm.rules.rotation import LastSeason, last_of
from dias_cbm.rules.schemes import Verdicts, judge
from dias_cbm.seasons import Season

Progress = Callable[[int], None]

_VERDICTS = {
    "run": "integer", "season": "smallint", "blk": "integer", "scheme": "text",
    "colour": "smallint[]", "reason": "smallint[]", "sentences": "text",
    "marker_runs": "integer[]",
}  # fmt: skip

#: A little less, so that a run of today does not put off that of tomorrow.
_A_DAY = timedelta(hours=23)

#: Crops that a note names.
_NAMED = 5

_COLOURS = [colour.name.lower() for colour in sorted(Colour)]

#: Blocks that are read before they are judged.
_TOGETHER = 16


@dataclass(slots=True)
class RuleReport:
    """Result of a run.

    :param run: id in ``scheme_run``.
    :param repeated: nothing had changed since that run, so it was not done again.
    :param schemes: parcels by scheme, then by colour.
    :param notes: sentences on what a reader should know.
    """

    season: str
    run: int
    file_hash: str
    repeated: bool = False
    parcels: int = 0
    schemes: dict[str, dict[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Held(NamedTuple):
    """The verdict of a rule on holdings on one parcel.

    :param pos: its position in the block, from 1.
    """

    pid: str
    blk: int
    pos: int
    colour: Colour
    sentence: str


@dataclass(slots=True)
class _Met:
    """What of a rule file has been met in the season's parcels."""

    crops: Counter[str] = field(default_factory=Counter)
    ruled: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    meant: set[str] = field(default_factory=set)


def year_of(season: Season) -> int:
    """The declaration year: that of the middle of the season."""
    return (season.starts + timedelta(days=(season.ends - season.starts).days // 2)).year


def run(
    connection: Connection,
    season: Season,
    rules: RuleFile,
    *,
    everything: bool = False,
    progress: Progress | None = None,
) -> RuleReport:
    """Judge every parcel, and store the verdicts; commits.

    Run again with the same file and the same answers of markers, it does nothing. Killed at any
    point, it leaves nothing.

    :param everything: also if nothing has changed.
    :param progress: called with the number of blocks done.
    :raises RuleError: a scheme reads an attribute that no parcel has; nothing is stored.
    :raises NotEnoughData: none of the markers has been run.
    """
    began = time.monotonic()
    with connection.transaction():
        compute_within(connection)
        # A run of markers that is at work ends first, so that all blocks are of one time.
        hold(connection, Lock.MARKERS, season.id)
        inputs = _inputs(connection, season, rules)
        inputs_hash = _hash(rules, inputs)
        latest = connection.execute(query("rules/latest"), {"season": season.id}).fetchone()
        same = latest is not None and latest.inputs_hash == inputs_hash
        # Rules on holdings also read parcels and outliers, which the hash does not know.
        if latest is not None and same and not everything and not rules.holdings:
            report = RuleReport(season.name, latest.id, rules.hash, repeated=True)
            report.schemes = colours_of(connection, latest.id)
        else:
            report = _judge(connection, season, rules, inputs_hash, progress)
            report.notes += _unanswered(rules, inputs)
    connection.commit()
    report.seconds = round(time.monotonic() - began, 2)
    return report


def is_due(connection: Connection, season: Season, rules: RuleFile) -> bool:
    """Whether a run would judge anew: the file or the markers' answers have changed.

    Rules on holdings also read parcels and outliers: their last run must not be a day old.
    """
    try:
        inputs = _inputs(connection, season, rules)
    except NotEnoughData:
        return False
    latest = connection.execute(query("rules/latest"), {"season": season.id}).fetchone()
    if latest is None or latest.inputs_hash != _hash(rules, inputs):
        return True
    return bool(rules.holdings) and datetime.now(UTC) - latest.made_at > _A_DAY


def blocks(
    connection: Connection, season: Season, rules: Iterable[RuleFile]
) -> Iterator[StoredBlock]:
    """The newest answers of the markers that some rule files ask."""
    rules = list(rules)
    names = {name for one in rules for name in one.markers()}
    attributes = any(scheme.attributes for one in rules for scheme in one.schemes)
    return store.read(connection, season.id, markers=names, attributes=attributes, evidence=False)


def cards(rules: RuleFile) -> Mapping[str, set[str]]:
    """Of each marker that is installed, the cards whose missing scenes matter to it."""
    known = set(registry.names())
    return {name: cards_of(registry.get(name).needs) for name in rules.markers() if name in known}


def colours_of(connection: Connection, run: int) -> dict[str, dict[str, int]]:
    """Parcels of a run by scheme, then by colour."""
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query("rules/summary"), {"run": run}):
        counts = found.setdefault(row.scheme, {})
        counts[row.colour] = counts.get(row.colour, 0) + row.parcels
    return found


def _hash(rules: RuleFile, inputs: Any) -> str:
    key = f"{rules.hash} {inputs.hash} {__version__}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _inputs(connection: Connection, season: Season, rules: RuleFile) -> Any:
    values = {"season": season.id, "markers": rules.markers()}
    row = connection.execute(query("rules/inputs"), values).fetchone()
    if row is None or (rules.schemes and not row.markers):
        raise NotEnoughData(
            "none of the markers that the rules ask has been run",
            subject=season.name,
            hint=f"cbm markers run {season.name}",
        )
    return row


def _judge(
    connection: Connection,
    season: Season,
    rules: RuleFile,
    inputs_hash: str,
    progress: Progress | None,
) -> RuleReport:
    values = {
        "season": season.id,
        "file_name": rules.name,
        "file_hash": rules.hash,
        "file": rules.text,
        "inputs_hash": inputs_hash,
        "code": __version__,
    }
    row = connection.execute(query("rules/run_add"), values).fetchone()
    if row is None:
        raise AssertionError("an insert with returning gives a row")
    report = RuleReport(season.name, int(row.id), rules.hash)
    counts: dict[str, Counter[str]] = {scheme.name: Counter() for scheme in rules.schemes}
    met, memory = _Met(), Memory()
    year, needed = year_of(season), cards(rules)
    # The lock of the markers keeps their answers as they are.
    stored = read_ahead(
        connection, lambda own: blocks(own, season, [rules]), application="cbm rules"
    )
    done = 0

    def rows(group: list[StoredBlock]) -> Iterator[tuple[Any, ...]]:
        for block in group:
            verdicts = judge(rules.schemes, block, year, needed, memory)
            yield from _rows(season.id, report.run, block, verdicts)
            _meet(met, block, verdicts)
            for one in verdicts:
                counts[one.scheme.name].update(_counted(one))

    # The database stores verdicts while the next ones are judged.
    while group := list(islice(stored, _TOGETHER)):
        copy_rows(connection, "verdict_block", _VERDICTS, rows(group))
        done += len(group)
        report.parcels += sum(len(block.pids) for block in group)
        if progress is not None:
            progress(done)
    for rule in rules.holdings:
        counts[rule.name] = _judge_holdings(connection, season, report.run, rule)
    _check_attributes(rules, met)
    report.schemes = {name: dict(sorted(count.items())) for name, count in counts.items()}
    report.notes = _notes(rules, met, year)
    return report


def _rows(
    season: int, run: int, block: StoredBlock, verdicts: list[Verdicts]
) -> Iterator[tuple[Any, ...]]:
    size = int(block.place.max()) + 1
    for one in verdicts:
        colour, why = np.zeros(size, np.int16), np.zeros(size, np.int16)
        colour[block.place], why[block.place] = one.colour, one.why
        lines = np.full(size, "", object)
        lines[block.place] = one.sentences
        runs = {
            block.answers[condition.marker].run
            for condition in one.scheme.group.conditions()
            if condition.marker in block.answers
        }
        decided = np.array(sorted(runs), np.int32)
        name = one.scheme.name
        yield run, season, block.blk, name, colour, why, "\n".join(lines), decided


def _counted(verdicts: Verdicts) -> dict[str, int]:
    """Parcels by colour."""
    number = np.bincount(verdicts.colour, minlength=len(_COLOURS) + 1)[1:].tolist()
    return {name: n for name, n in zip(_COLOURS, number, strict=True) if n}


def held(connection: Connection, season: Season, rule: HoldingRule) -> list[Held]:
    """The colour and sentence of each parcel by a rule on holdings, by block and position.

    :raises RuleError: no parcel has the attribute that names the holding.
    """
    values = {"season": season.id, "holding": rule.holding}
    parcels = connection.execute(query("rules/holdings"), values).fetchall()
    last = last_season(connection, season, rule) if rule.rotates else {}
    nothing_known = LastSeason()
    holdings: dict[str, list[HeldParcel]] = {}
    for row in parcels:
        if row.holding is not None:
            own = last.get(row.pid, nothing_known)
            one = HeldParcel(row.crop, row.area_m2, row.predicted, own)
            holdings.setdefault(row.holding, []).append(one)
    if not holdings:
        fault = (
            f"Holding rule {rule.name} reads the attribute {rule.holding}, which no parcel of the"
            " season has."
        )
        known = [
            row.name for row in connection.execute(query("rules/attributes"), {"season": season.id})
        ]
        near = get_close_matches(rule.holding, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"attributes: {', '.join(known) or 'none'}"
        raise RuleError(fault, subject=season.name, hint=hint, faults=(fault,))
    verdicts = {name: judge_holding(rule, name, own) for name, own in holdings.items()}
    nothing = Colour.NONE, ""
    return [Held(row.pid, row.blk, row.pos, *verdicts.get(row.holding, nothing)) for row in parcels]


def last_season(connection: Connection, season: Season, rule: HoldingRule) -> dict[str, LastSeason]:
    """Last year's crop of each parcel's land; empty if there is no season of last year."""
    before = connection.execute(query("rules/last_season"), {"season": season.id}).fetchone()
    if before is None:
        return {}
    least = rule.same_land_at_least
    values = {"season": season.id, "before": before.id, "srid": before.srid, "least": least}
    return {
        row.pid: last_of(
            before.name, row.id_crop, row.id_overlap, row.crops or (), row.overlaps or (), least
        )
        for row in connection.execute(query("rules/last_crops"), values)
    }


def _judge_holdings(
    connection: Connection, season: Season, run: int, rule: HoldingRule
) -> Counter[str]:
    """Judge every holding, and give each of its parcels the holding's colour."""
    counts: Counter[str] = Counter()
    rows = []
    for blk, group in groupby(held(connection, season, rule), attrgetter("blk")):
        own = list(group)
        size = own[-1].pos
        colour, lines = np.zeros(size, np.int16), [""] * size
        for one in own:
            colour[one.pos - 1], lines[one.pos - 1] = one.colour, " ".join(one.sentence.split())
            counts[one.colour.name.lower()] += 1
        why, runs = np.zeros(size, np.int16), np.empty(0, np.int32)
        rows.append((run, season.id, blk, rule.name, colour, why, "\n".join(lines), runs))
    copy_rows(connection, "verdict_block", _VERDICTS, rows)
    return counts


def _meet(met: _Met, block: StoredBlock, verdicts: list[Verdicts]) -> None:
    for one in verdicts:
        meant = one.colour != Colour.NONE
        if meant.any():
            met.meant.add(one.scheme.name)
            met.ruled.update(block.crops[meant].tolist())
    met.crops.update(block.crops.tolist())
    for attributes in block.attributes:
        met.attributes.update(attributes or ())


def _check_attributes(rules: RuleFile, met: _Met) -> None:
    faults = [
        f"Scheme {scheme.name} reads the attribute {name}, which no parcel of the season has."
        for scheme in rules.schemes
        for name in scheme.attributes
        if name not in met.attributes
    ]
    if faults:
        known = ", ".join(sorted(met.attributes)) or "none"
        raise RuleError(
            " ".join(faults),
            subject=rules.name,
            hint=f"attributes: {known}",
            faults=tuple(faults),
        )


def _notes(rules: RuleFile, met: _Met, year: int) -> list[str]:
    notes = [
        f"Scheme {scheme.name} is meant for no parcel of the season."
        if scheme.holds_in(year)
        else f"Scheme {scheme.name} does not hold in {year}."
        for scheme in rules.schemes
        if scheme.name not in met.meant
    ]
    without = {crop: number for crop, number in met.crops.most_common() if crop not in met.ruled}
    if without:
        named = ", ".join(crop or "(none declared)" for crop in list(without)[:_NAMED])
        more = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
        parcels = f"{sum(without.values()):,} parcels"
        notes.append(f"No scheme is meant for these crops ({parcels}): {named}{more}.")
    return notes


def _unanswered(rules: RuleFile, inputs: Any) -> list[str]:
    missing = [name for name in rules.markers() if name not in inputs.markers]
    notes = [f"The marker {name} has not been run: what asks it is yellow." for name in missing]
    left = inputs.parcels - inputs.answered
    if left and rules.schemes:
        notes.append(f"{left:,} parcels have no verdict: no marker has answered for them.")
    return notes
