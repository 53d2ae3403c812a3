"""Comparison of two rule files: the parcels that change colour, and why; nothing is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from dias_cbm.db.connection import Connection
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.language import RuleFile
from dias_cbm.rules.memory import Memory
from dias_cbm.rules.run import Held, blocks, cards, held, year_of
from dias_cbm.rules.schemes import Verdicts, judge
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class Change:
    """One parcel that changes colour.

    :param because: the second file's sentence; empty where it has none.
    """

    pid: str
    scheme: str
    before: str
    after: str
    was: str
    because: str


@dataclass(slots=True)
class Comparison:
    """Two rule files on the same answers.

    :param parcels: that change the colour of any scheme.
    :param counts: of changes by scheme, colour before and colour after.
    :param changes: the first of them, in order of blocks and schemes.
    """

    compared: int = 0
    parcels: int = 0
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)


def compare(
    connection: Connection, season: Season, first: RuleFile, second: RuleFile, limit: int
) -> Comparison:
    """Judge every parcel by both files; a scheme that a file does not have is ``none`` there.

    :param limit: of changes that are listed; all are counted.
    :raises RuleError: a rule on holdings reads an attribute that no parcel has.
    """
    found = Comparison()
    changed: set[str] = set()
    year, memory = year_of(season), Memory()
    needed = {**cards(first), **cards(second)}
    for block in blocks(connection, season, [first, second]):
        one, other = (
            {v.scheme.name: v for v in judge(rules.schemes, block, year, needed, memory)}
            for rules in (first, second)
        )
        n = len(block.pids)
        for name in dict.fromkeys([*one, *other]):
            before, after = _colours(one.get(name), n), _colours(other.get(name), n)
            rows = np.flatnonzero(before != after)
            changed.update(block.pids[row] for row in rows.tolist())
            for row in rows.tolist():
                old, new = (Colour(shade[row]).name.lower() for shade in (before, after))
                found.counts[name, old, new] += 1
                if len(found.changes) < limit:
                    was, because = (_said(x.get(name), row) for x in (one, other))
                    found.changes.append(Change(block.pids[row], name, old, new, was, because))
        found.compared += n
    found.compared = max(
        found.compared, _holdings(connection, season, (first, second), found, limit, changed)
    )
    found.parcels = len(changed)
    return found


def _holdings(
    connection: Connection,
    season: Season,
    files: tuple[RuleFile, RuleFile],
    found: Comparison,
    limit: int,
    changed: set[str],
) -> int:
    """Add the changes by rules on holdings; returns how many parcels were compared."""
    one, other = ({rule.name: rule for rule in file.holdings} for file in files)
    compared = 0
    for name in dict.fromkeys([*one, *other]):
        before, after = (
            {row.pid: row for row in held(connection, season, rules[name])} if name in rules else {}
            for rules in (one, other)
        )
        pids = list(dict.fromkeys([*before, *after]))
        compared = max(compared, len(pids))
        for pid in pids:
            nothing = Held(pid, 0, 0, Colour.NONE, "")
            was, now = before.get(pid, nothing), after.get(pid, nothing)
            if was.colour == now.colour:
                continue
            changed.add(pid)
            old, new = was.colour.name.lower(), now.colour.name.lower()
            found.counts[name, old, new] += 1
            if len(found.changes) < limit:
                found.changes.append(Change(pid, name, old, new, was.sentence, now.sentence))
    return compared


def _colours(verdicts: Verdicts | None, n: int) -> np.ndarray:
    return np.full(n, Colour.NONE, np.int8) if verdicts is None else verdicts.colour


def _said(verdicts: Verdicts | None, row: int) -> str:
    return "" if verdicts is None else verdicts.sentences[row]
